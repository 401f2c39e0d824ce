# SPDX-License-Identifier: MIT
"""The kernel's own symbol table, found in its read-only data by the shape of its parts.

Linux, scripts/kallsyms.c (KALLSYMS_ALL, base-relative, per-CPU symbols absolute). Two orders exist:
6.1: offsets, base, count, names, markers, order by name, tokens, token index;
6.12: count, names, markers, tokens, token index, offsets, base, order by name.
"""

from __future__ import annotations

import bisect
import struct

from redoubt_manifest.image import LINK_BASE, Image
from redoubt_manifest.refused import Refused

TOKEN_COUNT = 256
SYMBOLS_PER_MARKER = 256
# Characters that every kernel's names contain keep the tokens of their own codes.
DIGITS = b"".join(bytes([code, 0]) for code in b"0123456789")
FIRST_DIGIT = ord("0")
# A name begins with its type, as nm(1) prints it.
TYPES = frozenset(bytes([code]) for code in b"AaBbDdRrTtUuVvWwNnGgSs")
FEWEST_SYMBOLS = 1000
MOST_SYMBOLS = 1 << 20


def _align(value: int, alignment: int = 8) -> int:
    return (value + alignment - 1) // alignment * alignment


class _Tables:
    """Where the parts lie, as offsets into the data."""

    def __init__(self, data: bytes, start: int, end: int) -> None:
        self.data = data
        self._find_tokens(start, end)
        self._find_names(start)

    def _find_tokens(self, start: int, end: int) -> None:
        at = start
        while (at := self.data.find(DIGITS, at, end)) >= 0:
            first = at
            for _ in range(FIRST_DIGIT):
                first = self.data.rfind(b"\0", start, first - 1) + 1
            tokens = self.data[first : first + 65536].split(b"\0", TOKEN_COUNT)[:TOKEN_COUNT]
            offsets = [0]
            for token in tokens:
                offsets.append(offsets[-1] + len(token) + 1)
            index = struct.pack(f"<{TOKEN_COUNT}H", *(offset & 0xFFFF for offset in offsets[:-1]))
            where = _align(first + offsets[-1])
            if self.data[where : where + len(index)] == index:
                self.tokens_start, self.tokens, self.index_end = first, tokens, where + len(index)
                return
            at += 1
        raise Refused("no table of symbol names")

    def length_at(self, at: int) -> tuple[int, int]:
        """Of a packed name: where it starts, and its length."""
        length = self.data[at]
        if length & 0x80:
            return at + 2, (length & 0x7F) | self.data[at + 1] << 7
        return at + 1, length

    def _names(self, at: int, count: int) -> list[int] | None:
        """Where each of so many packed names is; None if there are not so many here."""
        found = []
        for _ in range(count):
            found.append(at)
            start, length = self.length_at(at)
            if not length or start + length > self.tokens_start or self.tokens[self.data[start]][:1] not in TYPES:
                return None
            at = start + length
        markers = _align(at)
        expected = [position - found[0] for position in found[::SYMBOLS_PER_MARKER]]
        return found if list(struct.unpack_from(f"<{len(expected)}I", self.data, markers)) == expected else None

    def _find_names(self, start: int) -> None:
        words = struct.unpack_from(f"<{(self.tokens_start - start) // 8}Q", self.data, start)
        for number, count in enumerate(words):
            if FEWEST_SYMBOLS <= count < MOST_SYMBOLS:
                self.count_at = start + 8 * number
                self.positions = self._names(self.count_at + 8, count) or []
                if self.positions:
                    return
        raise Refused("no symbol names")

    def offsets_and_base(self) -> tuple[int, int]:
        """Where the offsets and the base they are relative to are, in either order."""
        bytes_of_offsets = _align(4 * len(self.positions))
        for offsets, base in (
            (self.index_end, self.index_end + bytes_of_offsets),
            (self.count_at - 8 - bytes_of_offsets, self.count_at - 8),
        ):
            value = int.from_bytes(self.data[base : base + 8], "little")
            if LINK_BASE <= value < LINK_BASE + len(self.data):
                return offsets, value - LINK_BASE
        raise Refused("no symbol values")


class Symbols:
    """Names and offsets of the kernel's symbols; those of per-CPU variables are left out."""

    def __init__(self, names: list[tuple[str, str, int]]) -> None:
        """@param names name, type letter as nm(1) gives it, offset from _text"""
        self.all = sorted(names, key=lambda symbol: symbol[2])
        self.offsets = [symbol[2] for symbol in self.all]
        self._by_name: dict[str, int] = {}
        for name, _, offset in names:
            self._by_name.setdefault(name, offset)

    def __contains__(self, name: str) -> bool:
        return name in self._by_name

    def find(self, name: str) -> int:
        if name not in self._by_name:
            raise Refused(f"the kernel has no symbol {name}")
        return self._by_name[name]

    def functions(self) -> list[tuple[str, int]]:
        return [(name, offset) for name, kind, offset in self.all if kind in "tTwW"]

    def at(self, offset: int) -> list[str]:
        """Names of exactly this offset."""
        first = bisect.bisect_left(self.offsets, offset)
        last = bisect.bisect_right(self.offsets, offset)
        return [self.all[number][0] for number in range(first, last)]

    def around(self, offset: int) -> str:
        """The symbol that an offset belongs to, for people."""
        number = bisect.bisect_right(self.offsets, offset) - 1
        if number < 0:
            return f"{offset:#x}"
        name, _, start = self.all[number]
        return f"{name}+{offset - start:#x}"


def decode(image: Image) -> Symbols:
    section = image.section(".rodata")
    if not section:
        raise Refused("the kernel has no .rodata")
    tables = _Tables(image.data, section.offset, section.end)
    offsets, base = tables.offsets_and_base()
    values = struct.unpack_from(f"<{len(tables.positions)}i", image.data, offsets)
    names = []
    for position, value in zip(tables.positions, values):
        if value >= 0:  # absolute: a per-CPU variable
            continue
        start, length = tables.length_at(position)
        text = b"".join(tables.tokens[code] for code in image.data[start : start + length]).decode("ascii", "replace")
        names.append((text[1:], text[0], base - 1 - value))
    return Symbols(names)
