# SPDX-License-Identifier: MIT
"""Refuses a linked image that is too large, or has a segment that is writable and executable."""

from __future__ import annotations

import argparse
import dataclasses
import struct
import sys
from pathlib import Path

PT_LOAD = 1
PF_X, PF_W = 1, 2


@dataclasses.dataclass(frozen=True)
class Segment:
    """A loadable segment of an ELF64 file."""

    flags: int
    file_bytes: int
    memory_bytes: int


def segments_of(elf: bytes) -> list[Segment]:
    if elf[:6] != b"\x7fELF\x02\x01":
        raise ValueError("not a little-endian ELF64 file")
    (table,) = struct.unpack_from("<Q", elf, 32)
    entry_bytes, count = struct.unpack_from("<HH", elf, 54)
    found = []
    for index in range(count):
        kind, flags, _, _, _, file_bytes, memory_bytes, _ = struct.unpack_from(
            "<IIQQQQQQ", elf, table + index * entry_bytes
        )
        if kind == PT_LOAD:
            found.append(Segment(flags, file_bytes, memory_bytes))
    return found


def image_bytes(elf: bytes) -> int:
    """What has to be carried into memory: the file's part of all loadable segments."""
    return sum(segment.file_bytes for segment in segments_of(elf))


def faults_of(elf: bytes, limit: int) -> list[str]:
    segments = segments_of(elf)
    faults = []
    if not segments:
        faults.append("no loadable segment")
    if image_bytes(elf) > limit:
        faults.append(f"{image_bytes(elf)} loadable bytes, more than {limit}")
    if any(segment.flags & PF_X and segment.flags & PF_W for segment in segments):
        faults.append("a segment is writable and executable")
    return faults


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--limit", type=int, required=True, help="bytes")
    parser.add_argument("image", type=Path)
    options = parser.parse_args()
    elf = options.image.read_bytes()
    for fault in (faults := faults_of(elf, options.limit)):
        print(f"{options.image}: {fault}", file=sys.stderr)
    if not faults:
        memory = sum(segment.memory_bytes for segment in segments_of(elf))
        print(f"  IMAGE   {options.image}: {image_bytes(elf)} bytes, {memory} in memory")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
