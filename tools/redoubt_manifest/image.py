# SPDX-License-Identifier: MIT
"""The kernel as linked: unpacked from vmlinuz, laid out in memory, with its relocations.

Linux, Documentation/arch/x86/boot.rst ("payload_offset"); arch/x86/boot/compressed/misc.c for what lies
behind the ELF file in the payload.
"""

from __future__ import annotations

import dataclasses
import struct
import subprocess

from redoubt_manifest.refused import Refused

LINK_BASE = 0xFFFFFFFF81000000
LOAD_PHYSICAL = 0x1000000
UNPACKERS = {
    b"\x28\xb5\x2f\xfd": ("zstd", "-dc"),
    b"\x02\x21\x4c\x18": ("lz4", "-dc"),
    b"\xfd7zXZ": ("xz", "-dc", "--single-stream"),
}
# The unpacked size, behind the compressed stream.
SIZE_BYTES = 4
PT_LOAD = 1
NOBITS = 8


@dataclasses.dataclass(frozen=True)
class Section:
    """offset: from _text; bytes: its size."""

    name: str
    offset: int
    bytes: int
    is_empty: bool

    @property
    def end(self) -> int:
        return self.offset + self.bytes


@dataclasses.dataclass(frozen=True)
class Image:
    """data: from _text to the end of what the file holds, by offset.

    relocated64, relocated32, inverse32: offsets of fields that the slide is added to or subtracted from.
    """

    data: bytes
    sections: dict[str, Section]
    relocated64: list[int]
    relocated32: list[int]
    inverse32: list[int]

    def u32(self, offset: int) -> int:
        return int.from_bytes(self.data[offset : offset + 4], "little")

    def s32(self, offset: int) -> int:
        return int.from_bytes(self.data[offset : offset + 4], "little", signed=True)

    def u64(self, offset: int) -> int:
        return int.from_bytes(self.data[offset : offset + 8], "little")

    def pointer(self, offset: int) -> int:
        """A pointer's target, as an offset; of NULL it is negative."""
        return self.u64(offset) - LINK_BASE

    def section(self, name: str) -> Section | None:
        return self.sections.get(name)

    def relative_list(self, name: str) -> list[int]:
        """Targets of a section of 32-bit distances, each from itself; those of 0 are left out."""
        section = self.section(name)
        if not section:
            return []
        words = struct.unpack_from(f"<{section.bytes // 4}i", self.data, section.offset)
        return [section.offset + 4 * number + word for number, word in enumerate(words) if word]


def unpack(name: str, vmlinuz: bytes) -> bytes:
    """The payload of a bzImage: the ELF file and what follows it."""
    try:
        setup_sectors = vmlinuz[0x1F1] or 4
        offset, length = struct.unpack_from("<II", vmlinuz, 0x248)
        is_boot_image = vmlinuz[0x202:0x206] == b"HdrS"
    except (IndexError, struct.error) as error:
        raise Refused(f"{name}: truncated") from error
    start = (setup_sectors + 1) * 512 + offset
    payload = vmlinuz[start : start + length]
    if not is_boot_image or len(payload) != length or length <= SIZE_BYTES:
        raise Refused(f"{name}: not a boot image, or truncated")
    command = next((command for magic, command in UNPACKERS.items() if payload.startswith(magic)), None)
    if not command:
        raise Refused(f"{name}: packed with a method that this tool does not know")
    unpacked = subprocess.run(command, input=payload[:-SIZE_BYTES], capture_output=True, check=False)
    if unpacked.returncode != 0 or len(unpacked.stdout) != int.from_bytes(payload[-SIZE_BYTES:], "little"):
        raise Refused(f"{name}: {command[0]} cannot unpack it")
    return unpacked.stdout


def _segments(payload: bytes) -> bytes:
    (table,) = struct.unpack_from("<Q", payload, 32)
    size, count = struct.unpack_from("<HH", payload, 54)
    data = bytearray()
    for number in range(count):
        kind, _, file_offset, _, physical, file_bytes, _, _ = struct.unpack_from("<IIQQQQQQ", payload, table + number * size)
        if kind == PT_LOAD:
            start = physical - LOAD_PHYSICAL
            data.extend(bytes(max(0, start + file_bytes - len(data))))
            data[start : start + file_bytes] = payload[file_offset : file_offset + file_bytes]
    return bytes(data)


def _sections(payload: bytes) -> dict[str, Section]:
    """By name: those with an address in the kernel's image."""
    (table,) = struct.unpack_from("<Q", payload, 40)
    size, count, names = struct.unpack_from("<HHH", payload, 58)
    rows = [struct.unpack_from("<IIQQQQ", payload, table + number * size) for number in range(count)]
    found = {}
    for name, kind, _, address, _, length in rows:
        start = rows[names][4] + name
        text = payload[start : payload.index(b"\0", start)].decode()
        if address >= LINK_BASE:
            found[text] = Section(text, address - LINK_BASE, length, kind == NOBITS)
    return found


def _relocations(payload: bytes) -> tuple[list[int], list[int], list[int]]:
    """64-bit, inverse 32-bit and 32-bit fields. Read from the end, as the decompressor does."""
    words = struct.unpack(f"<{len(payload) // 4}I", payload[: len(payload) // 4 * 4])
    lists, at = [], len(words) - 1
    for _ in range(3):
        end = at
        while words[at]:
            at -= 1
        lists.append(sorted(word - (LINK_BASE & 0xFFFFFFFF) for word in words[at + 1 : end + 1]))
        at -= 1
    return lists[2], lists[1], lists[0]


def parse(name: str, payload: bytes) -> Image:
    if payload[:6] != b"\x7fELF\x02\x01":
        raise Refused(f"{name}: what is packed in it is not a 64-bit ELF file")
    try:
        sections = _sections(payload)
        data = _segments(payload)
        relocated64, inverse32, relocated32 = _relocations(payload)
    except (struct.error, ValueError, IndexError) as error:
        raise Refused(f"{name}: its ELF file cannot be read") from error
    return Image(data, sections, relocated64, relocated32, inverse32)
