# SPDX-License-Identifier: MIT
"""A manifest's sections from a kernel image."""

from __future__ import annotations

import bisect
import dataclasses
import hashlib
import struct

from redoubt_manifest import extras, groups, guard, keys, merge, regions, release, sites, wire
from redoubt_manifest.image import Image
from redoubt_manifest.kallsyms import Symbols
from redoubt_manifest.refused import Refused
from redoubt_manifest.sites import ADDED, SUBTRACTED, Site, Value

ROLES = {
    wire.SYMBOL_ENTRY_SYSCALL_64: "entry_SYSCALL_64",
    wire.SYMBOL_ENTRY_SYSCALL_COMPAT: "entry_SYSCALL_compat",
    wire.SYMBOL_ENTRY_SYSENTER_COMPAT: "entry_SYSENTER_compat",
    wire.SYMBOL_IDT_TABLE: "idt_table",
    wire.SYMBOL_FTRACE_CALLER: "ftrace_caller",
    wire.SYMBOL_FTRACE_CALLER_OPS: "ftrace_caller_op_ptr",
    wire.SYMBOL_FTRACE_CALLER_CALL: "ftrace_call",
    wire.SYMBOL_FTRACE_CALLER_END: "ftrace_caller_end",
    wire.SYMBOL_FTRACE_REGS_CALLER: "ftrace_regs_caller",
    wire.SYMBOL_FTRACE_REGS_CALLER_OPS: "ftrace_regs_caller_op_ptr",
    wire.SYMBOL_FTRACE_REGS_CALLER_CALL: "ftrace_regs_call",
    wire.SYMBOL_FTRACE_REGS_CALLER_END: "ftrace_regs_caller_end",
    wire.SYMBOL_FTRACE_REGS_CALLER_JUMP: "ftrace_regs_caller_jmp",
}


@dataclasses.dataclass(frozen=True)
class Content:
    """What a manifest says: sections by kind, and what its header names."""

    release: release.Release
    image_bytes: int
    sections: dict[int, bytes]


class _Relocations:
    """The relocated fields of digested pages: in lists, or as sites where they lie across pages."""

    def __init__(self, image: Image, layout: regions.Layout, found: list[Site]) -> None:
        self._regions = [region for region in layout.regions if region.has_digests]
        self._starts = [region.offset for region in self._regions]
        self._masks = layout.masks
        self._sites = found
        self._site_starts = [site.offset for site in found]
        self.sites: list[Site] = []
        self.lists = {
            wire.SECTION_RELOC64: self._list(image, image.relocated64, 8, ADDED),
            wire.SECTION_RELOC32: self._list(image, image.relocated32, 4, ADDED),
            wire.SECTION_INVERSE32: self._list(image, image.inverse32, 4, SUBTRACTED),
        }

    def _is_digested(self, offset: int, length: int) -> bool:
        number = bisect.bisect_right(self._starts, offset) - 1
        if number < 0 or offset >= self._regions[number].end:
            return False
        inside = [offset < place + size and place < offset + length for place, size in self._masks]
        return not any(inside)

    def _refuse_overlap(self, offset: int, length: int) -> None:
        number = bisect.bisect_left(self._site_starts, offset + length) - 1
        if number >= 0 and self._sites[number].end > offset:
            raise Refused(f"the relocated field at {offset:#x} lies in a site")

    def _list(self, image: Image, fields: list[int], length: int, how: int) -> list[int]:
        found = []
        for offset in fields:
            if not self._is_digested(offset, length):
                continue
            self._refuse_overlap(offset, length)
            linked = image.data[offset : offset + length]
            if offset // wire.PAGE == (offset + length - 1) // wire.PAGE:
                found.append(offset)
            elif how == SUBTRACTED:
                values = frozenset({Value(linked, ((0, how),))})
                self.sites.append(Site(offset, length, wire.SITE_SLID_VALUES, values))
            else:
                self.sites.append(Site(offset, length, wire.SITE_RELOCATED, int.from_bytes(linked[:4], "little")))
        return found


class _Values:
    """The VALUES section; the same set of values is stored once."""

    def __init__(self) -> None:
        self.data = bytearray()
        self._known: dict[bytes, int] = {}

    def place(self, site: Site) -> tuple[int, int]:
        """Where a site's values are, and how many."""
        assert isinstance(site.target, frozenset)
        values = sorted(site.target)
        text = b"".join(self._record(value, site.kind) for value in values)
        if text not in self._known:
            self._known[text] = len(self.data)
            self.data += text
        return self._known[text], len(values)

    @staticmethod
    def _record(value: Value, kind: int) -> bytes:
        if kind == wire.SITE_VALUES:
            return value.code
        if len(value.fields) > wire.SLID_FIELDS:
            raise Refused("a value with too many relocated fields")
        padded = [*value.fields, *[(0, 0)] * (wire.SLID_FIELDS - len(value.fields))]
        return bytes(number for field in padded for number in field) + value.code


def _patched(image: Image, found: list[Site]) -> tuple[bytearray, list[Site]]:
    """The image with those sites filled in that have only one value, and the others."""
    data, others = bytearray(image.data), []
    for site in found:
        if site.kind == wire.SITE_VALUES and len(site.target) == 1:  # type: ignore[arg-type]
            (value,) = site.target  # type: ignore[misc]
            data[site.offset : site.end] = value.code
        else:
            others.append(site)
    return data, others


def _digests(data: bytearray, layout: regions.Layout, found: list[Site]) -> bytes:
    for offset, length in [*layout.masks, *((site.offset, site.length) for site in found)]:
        data[offset : offset + length] = bytes(length)
    pages = [
        hashlib.new("sha512_256", data[page : page + wire.PAGE]).digest()
        for region in layout.regions if region.has_digests
        for page in range(region.offset, region.end, wire.PAGE)
    ]
    return b"".join(pages)


def _regions(layout: regions.Layout) -> bytes:
    rows, digest = [], 0
    for region in layout.regions:
        rows.append(wire.REGION.pack(region.kind, region.offset, region.page_count, digest if region.has_digests else 0))
        digest += region.page_count if region.has_digests else 0
    return b"".join(rows)


def _words(numbers: list[int]) -> bytes:
    return struct.pack(f"<{len(numbers)}I", *numbers)


def content(about: release.Release, image: Image, symbols: Symbols) -> Content:
    text = sites.Text(image, symbols, about.is_new)
    found = merge.merged(text, text.patches(), sites.later_sites(text))
    layout = regions.layout(image, symbols)
    relocations = _Relocations(image, layout, found)
    data, found = _patched(image, sorted([*found, *relocations.sites], key=lambda site: site.offset))
    numbered_keys = keys.Keys(symbols, [site.key for site in found if site.kind in keys.KINDS])
    targets, values = groups.Groups(image, symbols, text), _Values()
    rows = []
    for site in found:
        argument, key = site.target, site.key
        if site.kind in (wire.SITE_VALUES, wire.SITE_SLID_VALUES):
            argument, key = values.place(site)
        elif site.kind in groups.KINDS:
            argument = targets.number(site.target)
        if site.kind in keys.KINDS:
            key = numbered_keys.number(site.key)
        rows.append(wire.SITE.pack(site.offset, site.kind, site.length, key, argument))
    sections = {
        wire.SECTION_SYMBOLS: b"".join(wire.SYMBOL.pack(role, symbols.find(symbol)) for role, symbol in sorted(ROLES.items())),
        wire.SECTION_REGIONS: _regions(layout),
        wire.SECTION_DIGESTS: _digests(data, layout, found),
        **{kind: _words(offsets) for kind, offsets in relocations.lists.items()},
        wire.SECTION_SITES: b"".join(rows),
        wire.SECTION_VALUES: bytes(values.data),
        wire.SECTION_TARGETS: targets.packed(),
        wire.SECTION_KEYS: numbered_keys.packed(),
        wire.SECTION_MASKS: b"".join(wire.MASK.pack(*mask) for mask in layout.masks),
        wire.SECTION_NAMES: extras.names(symbols, text.end),
        wire.SECTION_EXPORTS: extras.exports(image, symbols),
        wire.SECTION_MODULE_KEYS: extras.module_keys(image, symbols),
        wire.SECTION_UNTRACED: guard.untraced(symbols, [site.offset for site in found if site.kind == wire.SITE_FTRACE]),
    }
    return Content(about, symbols.find("_end"), sections)
