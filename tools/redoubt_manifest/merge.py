# SPDX-License-Identifier: MIT
"""From patches that may overlap to sites that do not.

Patches that overlap become one site with all values that the kernel's passes, in their order, can leave
there. A place that can have only one value is still a site, if that is not what the file holds.
"""

from __future__ import annotations

import bisect

from redoubt_manifest import wire
from redoubt_manifest.alternatives import AlternativePatch
from redoubt_manifest.image import Image
from redoubt_manifest.patching import Patch, run
from redoubt_manifest.refused import Refused
from redoubt_manifest.sites import ADDED, SUBTRACTED, Site, Text, Value

NATIVE = {"return": wire.SITE_RETURN, "endbr": wire.SITE_ENDBR, "smp lock": wire.SITE_SMP_LOCK}
MOST_VALUES = 64


def clusters(text_patches: list[Patch], later: list[Site]) -> list[list[Patch | Site]]:
    """Groups of those that overlap, in order of offset."""
    found: list[list[Patch | Site]] = []
    end = -1
    for item in sorted([*text_patches, *later], key=lambda one: (one.offset, one.end)):
        if item.offset < end:
            found[-1].append(item)
        else:
            found.append([item])
        end = max(end, item.end)
    return found


class Fields:
    """Relocated fields by place."""

    def __init__(self, image: Image) -> None:
        pairs = [(offset, ADDED) for offset in image.relocated32] + [(offset, SUBTRACTED) for offset in image.inverse32]
        pairs += [(offset, 0) for offset in image.relocated64]
        self._pairs = sorted(pairs)

    def within(self, start: int, end: int) -> list[tuple[int, int]]:
        """Those that begin there. Fields of 8 bytes have no place in code that is replaced."""
        first, last = (bisect.bisect_left(self._pairs, (place, 0)) for place in (start, end))
        found = self._pairs[first:last]
        if any(not how for _, how in found):
            raise Refused(f"an 8-byte address in the code at {start:#x}")
        return found


def _fields_of(code: bytes, start: int, members: list[Patch], fields: Fields) -> tuple[tuple[int, int], ...]:
    """The relocated fields in a value: those of the replacements that it holds."""
    found = set()
    for patch in members:
        if isinstance(patch, AlternativePatch):
            first = patch.offset - start
            if code[first : first + patch.length] in patch.replaced:
                entry = patch.entry
                found |= {(first + place - entry.source, how)
                          for place, how in fields.within(entry.source, entry.source + entry.source_length)}
    return tuple(sorted(found))


def _values_site(text: Text, members: list[Patch], fields: Fields) -> Site | None:
    start, end = members[0].offset, max(patch.end for patch in members)
    if fields.within(start - 3, end):
        raise Refused(f"a relocated field in patched code at {start:#x}")
    linked = text.code(start, end)
    codes = run(linked, start, members)
    if codes == {linked}:
        return None
    values = frozenset(Value(code, _fields_of(code, start, members, fields)) for code in codes)
    if len(values) > MOST_VALUES or end - start > 255:
        raise Refused(f"too much may become of the code at {start:#x}")
    kind = wire.SITE_SLID_VALUES if any(value.fields for value in values) else wire.SITE_VALUES
    return Site(start, end - start, kind, values)


def merged(text: Text, text_patches: list[Patch], later: list[Site]) -> list[Site]:
    """Sites in order of offset, without overlaps."""
    fields = Fields(text.image)
    found = []
    for group in clusters(text_patches, later):
        apart = [item for item in group if isinstance(item, Site)]
        members = [item for item in group if isinstance(item, Patch)]
        if apart:
            # A trampoline that returns is in the list of returns too; its own kind covers that.
            if len(apart) > 1 or any(patch.kind != "return" or patch.offset != apart[0].offset for patch in members):
                raise Refused(f"tables contradict each other at {group[0].offset:#x}")
            found += apart
        elif len(members) == 1 and members[0].kind in NATIVE:
            patch = members[0]
            if len(patch.results(text.code(patch.offset, patch.end))) > 1:
                found.append(Site(patch.offset, patch.length, NATIVE[patch.kind], "return" if patch.kind == "return" else 0))
        else:
            site = _values_site(text, members, fields)
            found += [site] if site else []
    return found
