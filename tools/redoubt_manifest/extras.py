# SPDX-License-Identifier: MIT
"""Sections that VTL1's seal does not read: names for people; exports and keys for the admission of modules.

Linux, include/linux/export.h (struct kernel_symbol, relative), certs/system_certificates.S; RFC 5280, 4.1.
"""

from __future__ import annotations

import struct

from redoubt_manifest import wire
from redoubt_manifest.der import DerError, Element
from redoubt_manifest.image import LINK_BASE, Image
from redoubt_manifest.kallsyms import Symbols
from redoubt_manifest.refused import Refused

KERNEL_SYMBOL = struct.Struct("<iii")
# Padding before functions has names of its own.
UNNAMED = ("__pfx_", "__cfi_")
OID_RSA = bytes.fromhex("2a864886f70d010101")
OID_P384 = bytes.fromhex("2b81040022")
RSA_EXPONENT = 65537
DER_CONTEXT_0 = 0xA0


class _Strings:
    """Names behind records, each stored once."""

    def __init__(self, start: int) -> None:
        self._start = start
        self._places: dict[str, int] = {}
        self.data = bytearray()

    def place(self, name: str) -> int:
        if name not in self._places:
            self._places[name] = self._start + len(self.data)
            self.data += name.encode() + b"\0"
        return self._places[name]


def _section(form: struct.Struct, rows: list[tuple[int | str, ...]]) -> bytes:
    """Their number, the records, the names. A text in a row becomes a place."""
    strings = _Strings(4 + form.size * len(rows))
    packed = [form.pack(*(strings.place(part) if isinstance(part, str) else part for part in row)) for row in rows]
    return struct.pack("<I", len(rows)) + b"".join(packed) + bytes(strings.data)


def names(symbols: Symbols, end: int) -> bytes:
    """Of functions. @param end of the text"""
    named = [(offset, name) for name, offset in symbols.functions() if 0 <= offset < end and not name.startswith(UNNAMED)]
    return _section(wire.NAME, [*sorted(named)])


def read_names(section: bytes) -> list[tuple[int, str]]:
    (count,) = struct.unpack_from("<I", section)
    rows = wire.NAME.iter_unpack(section[4 : 4 + count * wire.NAME.size])
    return [(offset, section[place : section.index(b"\0", place)].decode()) for offset, place in rows]


def _text(image: Image, place: int) -> str:
    return image.data[place : image.data.index(b"\0", place)].decode()


def exports(image: Image, symbols: Symbols) -> bytes:
    rows: list[tuple[int | str, ...]] = []
    image_bytes = symbols.find("_end")
    for suffix, flags in (("", 0), ("_gpl", wire.EXPORT_GPL)):
        start, stop = (symbols.find(f"__{edge}___ksymtab{suffix}") for edge in ("start", "stop"))
        checksums = symbols.find(f"__start___kcrctab{suffix}")
        for number, place in enumerate(range(start, stop, KERNEL_SYMBOL.size)):
            value, name, namespace = KERNEL_SYMBOL.unpack_from(image.data, place)
            offset, outside = place + value, 0
            if not 0 <= offset < image_bytes:
                offset, outside = (LINK_BASE + offset) & 0xFFFFFFFF, wire.EXPORT_OUTSIDE
            home = _text(image, place + 8 + namespace) if namespace else ""
            rows.append((_text(image, place + 4 + name), home or 0, offset, image.u32(checksums + 4 * number), flags | outside))
    return _section(wire.EXPORT, sorted(rows, key=lambda row: str(row[0]).encode()))


def _module_key(certificate: Element) -> bytes:
    fields = certificate.children()[0].children()
    if fields[0].tag == DER_CONTEXT_0:
        fields = fields[1:]
    serial, issuer, key_info = fields[0], fields[2], fields[5]
    algorithm, bits = key_info.children()
    kinds = [part.value for part in algorithm.children()]
    if kinds[0] == OID_RSA:
        modulus, exponent = Element.parse(bits.value[1:]).children()
        if int.from_bytes(exponent.value, "big") != RSA_EXPONENT:
            raise Refused("a module key with an exponent other than 65537")
        kind, key = wire.MODULE_KEY_RSA, modulus.value.lstrip(b"\0")
    elif kinds[1:] == [OID_P384] and bits.value[:2] == b"\0\x04":
        kind, key = wire.MODULE_KEY_P384, bits.value[2:]
    else:
        raise Refused("a module key that is neither RSA nor P-384")
    body = issuer.whole + serial.value + key
    head = wire.MODULE_KEY.pack(kind, len(issuer.whole), len(serial.value), len(key))
    return head + body + bytes(-len(body) % 4)


def module_keys(image: Image, symbols: Symbols) -> bytes:
    """Of the certificates that are built in."""
    start = symbols.find("system_certificate_list")
    rest = image.data[start : start + image.u64(symbols.find("system_certificate_list_size"))]
    found = []
    try:
        while rest:
            certificate = Element.first(rest)
            found.append(_module_key(certificate))
            rest = rest[len(certificate.whole) :]
    except (DerError, IndexError, ValueError) as error:
        raise Refused("the kernel's list of certificates cannot be read") from error
    return b"".join(found)
