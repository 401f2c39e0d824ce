# SPDX-License-Identifier: MIT
"""Code that the kernel replaces at boot according to the CPU it finds: .altinstructions, .parainstructions.

Linux, arch/x86/include/asm/alternative.h (struct alt_instr), asm/paravirt_types.h (struct
paravirt_patch_site); arch/x86/kernel/alternative.c: apply_alternatives, apply_paravirt.
"""

from __future__ import annotations

import dataclasses
import struct
from collections.abc import Callable

from redoubt_manifest.image import Image
from redoubt_manifest.instruction import decode
from redoubt_manifest.nops import INT3, NOP1, new_optimized, old_filler, old_optimized
from redoubt_manifest.patching import CALL, JUMP, SHORT_JUMP, Patch, Results, relative, target_of
from redoubt_manifest.refused import Refused

FEATURE_ALWAYS, FEATURE_XEN_PV, FEATURE_CALL_DEPTH = 3 * 32 + 21, 8 * 32 + 16, 11 * 32 + 19
OLD_ENTRY, NEW_ENTRY, PARAVIRT_ENTRY = struct.Struct("<iiHBB"), struct.Struct("<iiHHBB"), struct.Struct("<QBB6x")
OLD_NOT, NEW_NOT, NEW_DIRECT_CALL = 1 << 15, 1 << 0, 1 << 1
INDIRECT_CALL = bytes.fromhex("ff15")


@dataclasses.dataclass(frozen=True)
class Alternative:
    """offset, length: of the code to replace; source, source_length: of what replaces it.

    is_certain: the replacement is made on every machine; is_never: on none.
    """

    offset: int
    length: int
    source: int
    source_length: int
    is_certain: bool
    is_never: bool
    is_direct_call: bool


def _certainty(feature: int, is_inverted: bool) -> tuple[bool, bool]:
    """Of a replacement: whether it is made for certain, or never.

    Not supported are Xen's paravirtual guests, and CPUs whose return stack is tracked (retbleed=stuff): the
    latter need all calls of the kernel to be patched.
    """
    if is_inverted:
        return feature in (FEATURE_XEN_PV, FEATURE_CALL_DEPTH), feature == FEATURE_ALWAYS
    return feature == FEATURE_ALWAYS, feature in (FEATURE_XEN_PV, FEATURE_CALL_DEPTH)


def _old_entries(image: Image) -> list[Alternative]:
    section = image.sections[".altinstructions"]
    found = []
    for place in range(section.offset, section.end, OLD_ENTRY.size):
        code, source, feature, length, source_length = OLD_ENTRY.unpack_from(image.data, place)
        certainty = _certainty(feature & ~OLD_NOT, bool(feature & OLD_NOT))
        found.append(Alternative(place + code, length, place + 4 + source, source_length, *certainty, False))
    return found


def _new_entries(image: Image) -> list[Alternative]:
    """Entries for the same place have the length of the longest."""
    section = image.sections[".altinstructions"]
    found: list[Alternative] = []
    for place in range(section.offset, section.end, NEW_ENTRY.size):
        code, source, feature, flags, length, source_length = NEW_ENTRY.unpack_from(image.data, place)
        certainty = _certainty(feature, bool(flags & NEW_NOT))
        found.append(Alternative(place + code, length, place + 4 + source, source_length, *certainty, bool(flags & NEW_DIRECT_CALL)))
    first = 0
    for number in range(1, len(found) + 1):
        if number == len(found) or found[number].offset != found[first].offset:
            longest = max(one.length for one in found[first:number])
            found[first:number] = [dataclasses.replace(one, length=longest) for one in found[first:number]]
            first = number
    return found


def old_placed(entry: Alternative, code: bytes) -> bytes:
    """6.1: the replacement, moved to its place: only a first call or jump is adjusted."""
    if len(code) == 5 and code[0] == CALL:
        code = relative(CALL, entry.offset, target_of(code, entry.source))
    elif len(code) == 5 and code[0] == JUMP:
        distance = target_of(code, entry.source) - entry.offset
        if 0 <= distance and distance - 2 <= 127:
            code = bytes([SHORT_JUMP, distance - 2]) + old_filler(3)
        else:
            code = relative(JUMP, entry.offset, entry.offset + distance)
    return old_optimized(code + NOP1 * (entry.length - len(code)))


def _moved(entry: Alternative, code: bytearray, start: int, place: int, size: int) -> None:
    """Adjusts one relative field of the instruction that starts there, unless its target moves as well."""
    length = decode(bytes(code[start:])).length
    distance = int.from_bytes(code[place : place + size], "little", signed=True)
    if not 0 <= start + length + distance <= entry.source_length:
        distance += entry.source - entry.offset
        code[place : place + size] = distance.to_bytes(size, "little", signed=True)


def new_placed(entry: Alternative, code: bytes) -> bytes:
    """6.12: the replacement, moved to its place: all relative fields are adjusted, long jumps shortened."""
    padded = bytearray(code + NOP1 * (entry.length - len(code)))
    at = 0
    while at < len(padded):
        instruction = decode(bytes(padded[at:]))
        if instruction.is_branch:
            _moved(entry, padded, at, at + instruction.immediate_at, instruction.immediate_bytes)
            if instruction.opcode[0] == JUMP:
                # From the field as it was before, always moved: as the kernel does.
                distance = instruction.field(code[at:], instruction.immediate_at, 4) + entry.source - entry.offset + 3
                if -128 <= distance <= 127:
                    short = bytes([SHORT_JUMP]) + distance.to_bytes(1, "little", signed=True)
                    padded[at : at + instruction.length] = short + INT3 * (instruction.length - 2)
        if instruction.is_relative:
            _moved(entry, padded, at, at + instruction.displacement_at, instruction.displacement_bytes)
        at += instruction.length
    return new_optimized(bytes(padded))


@dataclasses.dataclass(frozen=True)
class Kernel:
    """What patching needs to know of a kernel. replacements: all code there may be at a place, by then.

    targets: what an indirect call through a place in pv_ops may have been made to go to; None: nothing to call.
    """

    image: Image
    replacements: Callable[[int, int], Results]
    targets: Callable[[int], list[int | None]]


def _direct_calls(kernel: Kernel, entry: Alternative, code: bytes) -> Results:
    if entry.length != 6 or entry.source_length != 5 or code[:2] != INDIRECT_CALL:
        raise Refused(f"the alternative at {entry.offset:#x} is not the indirect call that it should be")
    slot = entry.offset + 6 + int.from_bytes(code[2:6], "little", signed=True)
    # The call's own place is the replacement's, from where it is moved.
    return {b"" if target is None else relative(CALL, entry.source, target) for target in kernel.targets(slot)}


@dataclasses.dataclass(frozen=True)
class AlternativePatch(Patch):
    """entry: what it comes from; replaced: code that the replacement leaves, whatever was there; not of direct calls."""

    entry: Alternative
    replaced: Results


def _patch(kernel: Kernel, entry: Alternative, is_new: bool, order: tuple[int, int]) -> AlternativePatch:
    placed, optimized = (new_placed, new_optimized) if is_new else (old_placed, old_optimized)
    replaced: Results = set()
    if not entry.is_never and not entry.is_direct_call:
        replaced = {placed(entry, source) for source in kernel.replacements(entry.source, entry.source_length)}

    def results(code: bytes) -> Results:
        if entry.is_never:
            return {optimized(code)}
        made = {placed(entry, call) for call in _direct_calls(kernel, entry, code)} if entry.is_direct_call else replaced
        return made if entry.is_certain else made | {optimized(code)}

    return AlternativePatch(entry.offset, entry.length, order, "alternative", results, entry, replaced)


def patches(kernel: Kernel, is_new: bool, order: int) -> list[Patch]:
    """Those of .altinstructions. @param is_new as 6.12 does it, else as 6.1"""
    entries = _new_entries(kernel.image) if is_new else _old_entries(kernel.image)
    return [_patch(kernel, entry, is_new, (order, number)) for number, entry in enumerate(entries) if entry.length]


def paravirt_patches(kernel: Kernel, pv_ops: int, order: int) -> list[Patch]:
    """Those of .parainstructions (6.1): calls through pv_ops, always replaced."""
    section = kernel.image.section(".parainstructions")
    if not section:
        return []
    found = []
    for number, place in enumerate(range(section.offset, section.end, PARAVIRT_ENTRY.size)):
        _, slot, length = PARAVIRT_ENTRY.unpack_from(kernel.image.data, place)
        offset = kernel.image.pointer(place)
        calls = [b"" if target is None else relative(CALL, offset, target) for target in kernel.targets(pv_ops + 8 * slot)]
        states = {call + old_filler(length - len(call)) for call in calls}
        found.append(Patch(offset, length, (order, number), "paravirt", lambda _, states=states: states))  # type: ignore[misc]
    return found
