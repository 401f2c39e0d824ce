# SPDX-License-Identifier: MIT
"""The file: header page, sections at multiples of a page; writing and reading."""

from __future__ import annotations

import dataclasses
import hashlib
import struct
from pathlib import Path

from redoubt_manifest import wire
from redoubt_manifest.build import Content
from redoubt_manifest.image import LINK_BASE
from redoubt_manifest.refused import Refused



def digest(data: bytes) -> bytes:
    return hashlib.new("sha512_256", data).digest()


def unsigned(content: Content, minimum_modes: dict[int, int], driver_digest: bytes = b"") -> tuple[bytes, bytes]:
    """The header without its signature, and what follows the header's page."""
    modes = bytes(minimum_modes.get(policy, wire.MODE_OFF) for policy in range(wire.POLICY_COUNT))
    rows, body = [], bytearray()
    for kind, data in sorted(content.sections.items()):
        if not data:
            raise Refused(f"section {wire.SECTION_TITLES[kind]} would be empty")
        rows.append(wire.SECTION.pack(kind, len(data), wire.HEADER_BYTES + len(body), digest(data)))
        body += data + bytes(-len(data) % wire.PAGE)
    name = content.release.name.encode()
    if len(name) >= wire.RELEASE_BYTES or len(rows) > wire.SECTIONS_MAX:
        raise Refused("the release's name or the list of sections is too long")
    header = wire.HEADER.pack(wire.MAGIC, wire.FORMAT, content.release.version, LINK_BASE, content.image_bytes, len(rows),
                              name, modes, driver_digest) + b"".join(rows)
    return header + bytes(wire.SIGNED_BYTES - len(header)), bytes(body)


@dataclasses.dataclass(frozen=True)
class Manifest:
    """A file's parts as read. sections: by kind; signed, signature: of the header."""

    release: str
    version: int
    link_base: int
    image_bytes: int
    minimum_modes: bytes
    driver_digest: bytes
    sections: dict[int, bytes]
    signed: bytes
    signature: bytes

    def rows(self, kind: int, form: struct.Struct) -> list[tuple[int, ...]]:
        return list(form.iter_unpack(self.sections.get(kind, b"")))

    def words(self, kind: int) -> list[int]:
        return [word for (word,) in self.rows(kind, struct.Struct("<I"))]


def parse(name: str, data: bytes) -> Manifest:
    """Refuses what is no manifest, is truncated, or has a section that is not the header's."""
    if len(data) < wire.HEADER_BYTES:
        raise Refused(f"{name}: truncated")
    magic, form, version, link_base, image_bytes, count, release, modes, driver = wire.HEADER.unpack_from(data)
    if magic != wire.MAGIC or form != wire.FORMAT or not 0 < count <= wire.SECTIONS_MAX:
        raise Refused(f"{name}: not a manifest of format {wire.FORMAT}")
    sections = {}
    for number in range(count):
        kind, size, offset, expected = wire.SECTION.unpack_from(data, wire.HEADER.size + number * wire.SECTION.size)
        text = data[offset : offset + size]
        title = wire.SECTION_TITLES.get(kind, str(kind))
        if kind in sections or offset % wire.PAGE or not size or len(text) != size:
            raise Refused(f"{name}: truncated, or section {title} is out of place")
        if digest(text) != expected:
            raise Refused(f"{name}: section {title} is not what the header says")
        sections[kind] = text
    return Manifest(release.rstrip(b"\0").decode("ascii", "replace"), version, link_base, image_bytes, modes, driver, sections,
                    data[: wire.SIGNED_BYTES], data[wire.SIGNED_BYTES : wire.HEADER_BYTES])


def read(path: Path) -> Manifest:
    try:
        return parse(str(path), path.read_bytes())
    except OSError as error:
        raise Refused(f"{path}: {error.strerror}") from error
