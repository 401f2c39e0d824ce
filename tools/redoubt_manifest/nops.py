# SPDX-License-Identifier: MIT
"""The kernel's no-operation instructions, and how it joins short ones into long ones.

Linux, arch/x86/include/asm/nops.h; arch/x86/kernel/alternative.c: add_nop, optimize_nops (6.12), add_nops,
optimize_nops, optimize_nops_range (6.1).
"""

from __future__ import annotations

from redoubt_manifest.instruction import Undecodable, decode

NOPS = tuple(bytes.fromhex(text) for text in (
    "",
    "90",
    "6690",
    "0f1f00",
    "0f1f4000",
    "0f1f440000",
    "660f1f440000",
    "0f1f8000000000",
    "0f1f840000000000",
    "2e0f1f840000000000",
    "662e0f1f840000000000",
    "66662e0f1f840000000000",
))
NOP1, NOP2, NOP5 = NOPS[1], NOPS[2], NOPS[5]
INT3 = b"\xcc"
LONGEST_OLD = 8


def old_filler(length: int) -> bytes:
    """6.1: as few no-operations of at most 8 bytes as it takes."""
    return NOPS[LONGEST_OLD] * (length // LONGEST_OLD) + NOPS[length % LONGEST_OLD]


def new_filler(length: int) -> bytes:
    """6.12: one no-operation of at most 11 bytes, or a jump over breakpoints."""
    if length < len(NOPS):
        return NOPS[length]
    jump = bytes([0xEB, length - 2]) if length < 128 else b"\xe9" + (length - 5).to_bytes(4, "little")
    return jump + INT3 * (length - len(jump))


def old_optimized(code: bytes) -> bytes:
    """6.1: runs of one-byte no-operations are joined."""
    found, at = bytearray(code), 0
    while at < len(found):
        try:
            length = decode(bytes(found[at:])).length
        except Undecodable:
            break
        if length == 1 and found[at] == NOP1[0]:
            while at + length < len(found) and found[at + length] == NOP1[0]:
                length += 1
            found[at : at + length] = old_filler(length)
        at += length
    return bytes(found)


def new_optimized(code: bytes) -> bytes:
    """6.12: runs of no-operations of any length are joined, except one that is last and alone."""
    found, at = bytearray(code), 0
    while at < len(found):
        try:
            instruction = decode(bytes(found[at:]))
            end = at + instruction.length
            if instruction.is_nop:
                if end == len(found):
                    break
                end = _behind_nops(found, end)
                found[at:end] = new_filler(end - at)
        except Undecodable:
            break
        at = end
    return bytes(found)


def _behind_nops(code: bytearray, at: int) -> int:
    while at < len(code):
        try:
            instruction = decode(bytes(code[at:]))
        except Undecodable:
            break
        if not instruction.is_nop:
            break
        at += instruction.length
    return at
