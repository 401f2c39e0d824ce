# SPDX-License-Identifier: MIT
"""Which pages of the kernel are what after boot.

Linux, arch/x86/kernel/vmlinux.lds.S; include/asm-generic/vmlinux.lds.h (RO_AFTER_INIT_DATA, ORC_UNWIND_TABLE).
"""

from __future__ import annotations

import dataclasses

from redoubt_manifest import wire
from redoubt_manifest.image import Image
from redoubt_manifest.kallsyms import Symbols

VDSO_IMAGES = ("vdso_image_64", "vdso_image_x32", "vdso_image_32")


@dataclasses.dataclass(frozen=True)
class Region:
    """Whole pages; offset from _text."""

    kind: int
    offset: int
    page_count: int

    @property
    def end(self) -> int:
        return self.offset + self.page_count * wire.PAGE

    @property
    def has_digests(self) -> bool:
        return self.kind in (wire.REGION_TEXT, wire.REGION_RODATA, wire.REGION_RODATA_USER)


@dataclasses.dataclass(frozen=True)
class Layout:
    """regions in order; masks: (offset, bytes) of digested pages that boot writes or leaves as they happen to be."""

    regions: list[Region]
    masks: list[tuple[int, int]]


def _down(offset: int) -> int:
    return offset // wire.PAGE * wire.PAGE


def _up(offset: int) -> int:
    return _down(offset + wire.PAGE - 1)


def _region(kind: int, start: int, end: int) -> list[Region]:
    return [Region(kind, start, (end - start) // wire.PAGE)] if end > start else []


def _after_init(image: Image, symbols: Symbols, start: int, end: int) -> list[Region]:
    """Pages that only data of after-init fills, and among them the images that users execute."""
    found, at = [], start
    places = [symbols.find(name) for name in VDSO_IMAGES if name in symbols]
    for place, size in sorted((image.pointer(place), image.u64(place + 8)) for place in places):
        if place % wire.PAGE == 0 and start <= place < end:
            found += _region(wire.REGION_AFTER_INIT, at, place)
            found += _region(wire.REGION_AFTER_INIT_USER, place, _up(place + size))
            at = _up(place + size)
    return found + _region(wire.REGION_AFTER_INIT, at, end)


def _tables(image: Image) -> list[Region]:
    """Of the stack unwinder: sorted when the kernel was built; a page that other data shares is left out."""
    first, last = image.section(".orc_unwind_ip"), image.section(".orc_unwind")
    lookup = image.section(".orc_lookup")
    if not first or not last or not lookup:
        return []
    return [*_region(wire.REGION_RODATA, _up(first.offset), _down(last.end)),
            *_region(wire.REGION_AFTER_INIT, _up(lookup.offset), _down(lookup.end))]


def layout(image: Image, symbols: Symbols) -> Layout:
    start, end = symbols.find("__start_rodata"), symbols.find("__end_rodata")
    first, last = symbols.find("__start_ro_after_init"), symbols.find("__end_ro_after_init")
    inner_start, inner_end = _up(first), _down(last)
    idt = symbols.find("idt_table")
    regions = [
        *_region(wire.REGION_TEXT, 0, _up(symbols.find("_etext"))),
        *_region(wire.REGION_RODATA, start, inner_start),
        *_after_init(image, symbols, inner_start, inner_end),
        *_region(wire.REGION_RODATA, inner_end, _up(end)),
        *_tables(image),
        *_region(wire.REGION_AFTER_INIT, idt, idt + wire.PAGE),
    ]
    # Behind the last section the page holds whatever unpacking left there.
    filled = max(section.end for section in image.sections.values() if section.end <= _up(end))
    unknown = ((first, inner_start), (inner_end, last), (filled, _up(end)))
    masks = [(place, stop - place) for place, stop in unknown if stop > place]
    return Layout(regions, masks)
