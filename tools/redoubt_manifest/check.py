# SPDX-License-Identifier: MIT
"""Compares a running kernel's memory with a manifest, exactly as VTL1 does when it seals (sealing.rst, step 3).

It reads nothing but the two, and shares only the format with what makes manifests.
"""

from __future__ import annotations

import bisect
import dataclasses
from collections import Counter

from redoubt_manifest import wire
from redoubt_manifest.file import Manifest, digest

MASK32, MASK64 = (1 << 32) - 1, (1 << 64) - 1
NOPS = {2: bytes.fromhex("6690"), 5: bytes.fromhex("0f1f440000")}
RETURN_ZERO = bytes.fromhex("2e2e2e31c0")
ENDBRS = (bytes.fromhex("f30f1efa"), bytes.fromhex("660f1f00"))
DIGESTED = (wire.REGION_TEXT, wire.REGION_RODATA, wire.REGION_RODATA_USER)


@dataclasses.dataclass(frozen=True)
class Finding:
    """Bytes that the manifest does not explain. kind: of the site, or `page`."""

    offset: int
    kind: str
    length: int
    found: bytes


class Checker:
    """memory: from _text on, by offset; slide: what was added to addresses as linked."""

    def __init__(self, manifest: Manifest, memory: bytes, slide: int) -> None:
        self.manifest, self.memory, self.slide = manifest, memory, slide
        self.values = manifest.sections.get(wire.SECTION_VALUES, b"")
        self.targets = set(manifest.rows(wire.SECTION_TARGETS, wire.TARGET))
        self.constants: dict[int, bytes] = {}
        self.findings: list[Finding] = []
        self.checked: Counter[str] = Counter()

    def _is_target(self, group: int, place: int, distance: bytes) -> bool:
        target = place + len(distance) + int.from_bytes(distance, "little", signed=True)
        return (group, target) in self.targets

    def _values(self, found: bytes, count: int, place: int) -> bool:
        step = len(found)
        return any(self.values[at : at + step] == found for at in range(place, place + count * step, step))

    def _slid_values(self, found: bytes, count: int, place: int) -> bool:
        head = 2 * wire.SLID_FIELDS
        for at in range(place, place + count * (head + len(found)), head + len(found)):
            value = bytearray(self.values[at + head : at + head + len(found)])
            for where, how in zip(self.values[at : at + head : 2], self.values[at + 1 : at + head : 2]):
                if how:
                    change = self.slide if how == wire.SLID_ADDED else -self.slide
                    number = (int.from_bytes(value[where : where + 4], "little") + change) & MASK32
                    value[where : where + 4] = number.to_bytes(4, "little")
            if value == found:
                return True
        return False

    def _return(self, offset: int, found: bytes, group: int) -> bool:
        if found == b"\xc3" + b"\xcc" * (len(found) - 1):
            return True
        is_jump = found[:1] == b"\xe9" and found[5:] == b"\xcc" * (len(found) - 5)
        return is_jump and self._is_target(group, offset + 1, found[1:5])

    def _static_call(self, offset: int, found: bytes, group: int) -> bool:
        return found in (NOPS[5], RETURN_ZERO) or found[:1] == b"\xe8" and self._is_target(group, offset + 1, found[1:])

    def _trampoline(self, offset: int, found: bytes, group: int) -> bool:
        if len(found) == 6:
            return found[0] == 0x0F and found[1] & 0xF0 == 0x80 and self._is_target(group, offset + 2, found[2:])
        return found == b"\xc3\xcc\xcc\xcc\xcc" or found[:1] == b"\xe9" and self._is_target(group, offset + 1, found[1:])

    def _jump_label(self, offset: int, found: bytes, target: int) -> bool:
        end = offset + len(found)
        jumps = found[0] == {2: 0xEB, 5: 0xE9}[len(found)] and end + int.from_bytes(found[1:], "little", signed=True) == target
        return found == NOPS[len(found)] or jumps

    def _constant(self, found: bytes, group: int) -> bool:
        return self.constants.setdefault(group, found) == found

    def _relocated(self, found: bytes, linked: int) -> bool:
        base = linked if len(found) == 4 else self.manifest.link_base >> 32 << 32 | linked
        return int.from_bytes(found, "little") == (base + self.slide) & (MASK32 if len(found) == 4 else MASK64)

    def _is_legal(self, site: tuple[int, ...], found: bytes) -> bool:
        offset, kind, _, key, argument = site
        if kind == wire.SITE_VALUES:
            return self._values(found, key, argument)
        if kind == wire.SITE_SLID_VALUES:
            return self._slid_values(found, key, argument)
        if kind == wire.SITE_RETURN:
            return self._return(offset, found, argument)
        if kind == wire.SITE_ENDBR:
            return found in ENDBRS
        if kind in (wire.SITE_FTRACE, wire.SITE_FTRACE_CORE):
            return found == NOPS[5] or found[:1] == b"\xe8" and self._is_target(argument, offset + 1, found[1:])
        if kind == wire.SITE_JUMP_LABEL:
            return self._jump_label(offset, found, argument)
        if kind == wire.SITE_STATIC_CALL:
            return self._static_call(offset, found, argument)
        if kind == wire.SITE_TRAMPOLINE:
            return self._trampoline(offset, found, argument)
        if kind == wire.SITE_SMP_LOCK:
            return found in (b"\xf0", b"\x3e")
        if kind == wire.SITE_CONSTANT:
            return self._constant(found, argument)
        return kind == wire.SITE_RELOCATED and self._relocated(found, argument)

    def _check_sites(self) -> None:
        for site in self.manifest.rows(wire.SECTION_SITES, wire.SITE):
            offset, kind, length, *_ = site
            found, title = self.memory[offset : offset + length], wire.SITE_TITLES.get(kind, str(kind))
            self.checked[title] += 1
            if not self._is_legal(site, found):
                self.findings.append(Finding(offset, title, length, found))

    def _as_linked(self) -> bytearray:
        """The memory without the slide, and with 0 at sites and masks."""
        data = bytearray(self.memory)
        fields = ((wire.SECTION_RELOC64, 8, -self.slide), (wire.SECTION_RELOC32, 4, -self.slide),
                  (wire.SECTION_INVERSE32, 4, self.slide))
        for kind, size, change in fields:
            mask = (1 << 8 * size) - 1
            for offset in self.manifest.words(kind):
                number = (int.from_bytes(data[offset : offset + size], "little") + change) & mask
                data[offset : offset + size] = number.to_bytes(size, "little")
        for offset, length in self.manifest.rows(wire.SECTION_MASKS, wire.MASK):
            data[offset : offset + length] = bytes(length)
        for offset, _, length, *_ in self.manifest.rows(wire.SECTION_SITES, wire.SITE):
            data[offset : offset + length] = bytes(length)
        return data

    def _check_pages(self) -> None:
        data, digests = self._as_linked(), self.manifest.sections[wire.SECTION_DIGESTS]
        for kind, offset, count, first in self.manifest.rows(wire.SECTION_REGIONS, wire.REGION):
            if kind not in DIGESTED:
                continue
            for number in range(count):
                start, place = offset + number * wire.PAGE, (first + number) * wire.DIGEST_BYTES
                self.checked["page"] += 1
                page = bytes(data[start : start + wire.PAGE])
                if digest(page) != digests[place : place + wire.DIGEST_BYTES]:
                    self.findings.append(Finding(start, "page", wire.PAGE, page[:0]))

    def run(self) -> list[Finding]:
        self._check_sites()
        self._check_pages()
        return self.findings


def disorder(manifest: Manifest) -> list[str]:
    """What is wrong with the order of the arrays; VTL1 relies on it."""
    found = []
    sites = manifest.rows(wire.SECTION_SITES, wire.SITE)
    found += [f"site {b[0]:#x}" for a, b in zip(sites, sites[1:]) if a[0] + a[2] > b[0]]
    starts = [site[0] for site in sites]
    for kind, size in ((wire.SECTION_RELOC64, 8), (wire.SECTION_RELOC32, 4), (wire.SECTION_INVERSE32, 4)):
        words = manifest.words(kind)
        found += [f"field {b:#x}" for a, b in zip(words, words[1:]) if a + size > b]
        found += [f"field {word:#x} crosses a page" for word in words if word % wire.PAGE > wire.PAGE - size]
        for word in words:
            number = bisect.bisect_left(starts, word + size) - 1
            if number >= 0 and starts[number] + sites[number][2] > word:
                found.append(f"field {word:#x} in a site")
    targets = manifest.rows(wire.SECTION_TARGETS, wire.TARGET)
    return found + [f"target {b}" for a, b in zip(targets, targets[1:]) if a >= b]
