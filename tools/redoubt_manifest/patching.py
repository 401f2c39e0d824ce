# SPDX-License-Identifier: MIT
"""What the kernel's patching at boot can make of a piece of code: for each kind of site, every result.

A `Patch` is one entry of one of the kernel's tables. It maps bytes that may be at its place before to all
bytes that may be there after it; which of them depends on the CPU and is not decided here.
Linux 6.12 and 6.1, arch/x86/kernel/alternative.c.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable

from redoubt_manifest.instruction import Undecodable, decode
from redoubt_manifest.nops import INT3, NOP1

Results = set[bytes]
CALL, JUMP, SHORT_JUMP, RETURN, LOCK, DS_PREFIX = 0xE8, 0xE9, 0xEB, 0xC3, 0xF0, 0x3E
LFENCE = bytes.fromhex("0faee8")
THUNK_BYTES = 32


@dataclasses.dataclass(frozen=True)
class Patch:
    """offset: from _text; order: of the kernel's passes and within them; kind: for people."""

    offset: int
    length: int
    order: tuple[int, int]
    kind: str
    results: Callable[[bytes], Results]

    @property
    def end(self) -> int:
        return self.offset + self.length


def relative(opcode: int, place: int, target: int) -> bytes:
    """A call or jump of 5 bytes."""
    return bytes([opcode]) + (target - place - 5).to_bytes(4, "little", signed=True)


def target_of(code: bytes, place: int) -> int:
    """Where the branch at the start of the bytes goes."""
    instruction = decode(code)
    return place + instruction.length + instruction.field(code, instruction.immediate_at, instruction.immediate_bytes)


def run(code: bytes, start: int, patches: Iterable[Patch]) -> Results:
    """Everything that the patches, in their order, can make of the code at `start`."""
    states = {code}
    for patch in sorted(patches, key=lambda one: one.order):
        first = patch.offset - start
        last = first + patch.length
        states = {state[:first] + result + state[last:] for state in states for result in patch.results(state[first:last])}
    return states


def lock_results(code: bytes) -> Results:
    """A machine with one CPU has no use for the prefix."""
    return {code, bytes([DS_PREFIX])} if code[0] == LOCK else {code}


def return_results(length: int, place: int, thunks: Iterable[int]) -> Results:
    plain = bytes([RETURN]) + INT3 * (length - 1)
    return {plain} | {relative(JUMP, place, thunk) + INT3 * (length - 5) for thunk in thunks}


def _indirect(register: int, is_call: bool) -> bytes:
    prefix = b"\x41" if register >= 8 else b""
    return prefix + bytes([0xFF, (0xD0 if is_call else 0xE0) + (register & 7)])


def retpoline_results(code: bytes, place: int, thunks: int, optimized: Callable[[bytes], bytes]) -> Results:
    """A call or jump through a register by a thunk, or without one.

    Not among them: thunks in pages of their own, for CPUs with indirect target selection (ITS).

    @param thunks offset of __x86_indirect_thunk_array
    """
    try:
        instruction = decode(code)
        register, rest = divmod(target_of(code, place) - thunks, THUNK_BYTES)
    except Undecodable:
        return {code}
    if rest or not 0 <= register < 16 or instruction.length != len(code):
        return {code}
    is_call, head = instruction.opcode[0] == CALL, b""
    if instruction.opcode[0] == 0x0F:
        head = bytes([0x70 + (instruction.opcode[1] & 0xF ^ 1), len(code) - 2])
    found = {code}
    for fence in (b"", LFENCE):
        body = head + fence + _indirect(register, is_call)
        if len(body) > len(code):
            continue
        if not is_call and len(body) < len(code):
            body += INT3
        found.add(optimized(body + NOP1 * (len(code) - len(body))))
    return found
