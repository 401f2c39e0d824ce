# SPDX-License-Identifier: MIT
"""The length of an x86-64 instruction, and where its relative fields are. AMD APM volume 3, 1 and A.

It decodes what alternatives and patch sites of kernels consist of; others are `Undecodable`, never guessed.
"""

from __future__ import annotations

import dataclasses

PREFIXES = frozenset(b"\x26\x2e\x36\x3e\x64\x65\x66\x67\xf0\xf2\xf3")
OPERAND_SIZE, ADDRESS_SIZE = 0x66, 0x67


class Undecodable(Exception):
    """No instruction that is known here."""


@dataclasses.dataclass(frozen=True)
class Instruction:
    """opcode: its bytes without prefixes, REX and VEX; a field is its place and size, size 0: none.

    is_relative: the displacement counts from the next instruction.
    """

    length: int
    prefixes: bytes
    opcode: bytes
    displacement_at: int = 0
    displacement_bytes: int = 0
    immediate_at: int = 0
    immediate_bytes: int = 0
    is_relative: bool = False

    @property
    def is_branch(self) -> bool:
        """A call or jump whose immediate counts from the next instruction."""
        first = self.opcode[0]
        return first in (0xE8, 0xE9, 0xEB) or 0x70 <= first <= 0x7F or (first == 0x0F and 0x80 <= self.opcode[1] <= 0x8F)

    @property
    def is_nop(self) -> bool:
        """What the kernel of 6.12 takes for one (arch/x86/kernel/alternative.c, insn_is_nop)."""
        if self.opcode[0] == 0x90:
            return self.prefixes[:1] != b"\xf3"
        return self.opcode[:2] == b"\x0f\x1f"

    def field(self, code: bytes, at: int, size: int) -> int:
        return int.from_bytes(code[at : at + size], "little", signed=True)


# (has ModRM, immediate), immediate: bytes, or z: 4 or 2 by operand size, v: 8 with REX.W, m: an address.
_FORM = tuple[bool, "int | str"]


def _one_byte() -> dict[int, _FORM]:
    forms: dict[int, _FORM] = {}
    for base in range(0, 0x40, 8):
        forms |= {base + low: (True, 0) for low in range(4)} | {base + 4: (False, 1), base + 5: (False, "z")}
    plain = [*range(0x50, 0x60), 0x6C, 0x6D, 0x6E, 0x6F, *range(0x90, 0xA0), *range(0xA4, 0xA8), *range(0xAA, 0xB0)]
    plain += [0xC3, 0xC9, 0xCB, 0xCC, 0xCF, 0xD7, *range(0xEC, 0xF0), 0xF1, 0xF4, 0xF5, *range(0xF8, 0xFE)]
    forms |= {code: (False, 0) for code in plain if code != 0x9A}
    modrm = [0x63, *range(0x84, 0x90), *range(0xD0, 0xD4), *range(0xD8, 0xE0), 0xF6, 0xF7, 0xFE, 0xFF]
    forms |= {code: (True, 0) for code in modrm}
    forms |= {code: (False, 1) for code in (0x6A, *range(0x70, 0x80), 0xA8, *range(0xB0, 0xB8), 0xCD, *range(0xE0, 0xE8), 0xEB)}
    forms |= {code: (True, 1) for code in (0x6B, 0x80, 0x83, 0xC0, 0xC1, 0xC6)}
    forms |= {code: (True, "z") for code in (0x69, 0x81, 0xC7)} | {code: (False, "z") for code in (0x68, 0xA9)}
    forms |= {code: (False, "v") for code in range(0xB8, 0xC0)} | {code: (False, "m") for code in range(0xA0, 0xA4)}
    return forms | {0xC2: (False, 2), 0xCA: (False, 2), 0xC8: (False, 3), 0xE8: (False, 4), 0xE9: (False, 4)}


def _two_byte() -> dict[int, _FORM]:
    forms: dict[int, _FORM] = {code: (True, 0) for code in range(0x100)}
    plain = [0x05, 0x06, 0x07, 0x08, 0x09, 0x0B, 0x0E, *range(0x30, 0x38), 0x77, 0xA0, 0xA1, 0xA2, 0xA8, 0xA9, 0xAA]
    forms |= {code: (False, 0) for code in [*plain, *range(0xC8, 0xD0)]}
    forms |= {code: (False, 4) for code in range(0x80, 0x90)}
    return forms | {code: (True, 1) for code in (0x70, 0x71, 0x72, 0x73, 0xA4, 0xAC, 0xBA, 0xC2, 0xC4, 0xC5, 0xC6)}


ONE_BYTE, TWO_BYTE = _one_byte(), _two_byte()
MAPS: dict[int, dict[int, _FORM]] = {1: TWO_BYTE, 2: dict.fromkeys(range(256), (True, 0)), 3: dict.fromkeys(range(256), (True, 1))}


def _opcode(code: bytes, at: int) -> tuple[int, bytes, _FORM]:
    """Behind the prefixes: where the opcode ends, its bytes, its form."""
    if code[at] in (0xC4, 0xC5):  # VEX
        number = code[at + 1] & 0x1F if code[at] == 0xC4 else 1
        at += 3 if code[at] == 0xC4 else 2
        if number not in MAPS:
            raise Undecodable
        return at + 1, code[at : at + 1], MAPS[number][code[at]]
    if code[at] != 0x0F:
        if code[at] not in ONE_BYTE:
            raise Undecodable
        return at + 1, code[at : at + 1], ONE_BYTE[code[at]]
    if code[at + 1] in (0x38, 0x3A):
        return at + 3, code[at : at + 3], MAPS[2 if code[at + 1] == 0x38 else 3][code[at + 2]]
    return at + 2, code[at : at + 2], TWO_BYTE[code[at + 1]]


def _address(code: bytes, at: int) -> tuple[int, int, bool]:
    """A ModRM byte's rest: where the displacement begins, its size, whether it is relative."""
    modrm = code[at]
    mode, register = modrm >> 6, modrm & 7
    at += 1
    if mode == 3:
        return at, 0, False
    base = register
    if register == 4:
        base = code[at] & 7
        at += 1
    if mode == 0:
        return at, 4 if base == 5 else 0, register == 5
    return at, 1 if mode == 1 else 4, False


def decode(code: bytes) -> Instruction:
    """The instruction at the start of the bytes, of which more may follow."""
    try:
        return _decode(code)
    except IndexError as error:
        raise Undecodable from error


def _decode(code: bytes) -> Instruction:
    at = 0
    while code[at] in PREFIXES:
        at += 1
    prefixes, wide = code[:at], False
    if 0x40 <= code[at] <= 0x4F:
        wide = bool(code[at] & 8)
        at += 1
    at, opcode, (has_modrm, immediate) = _opcode(code, at)
    displacement_at = displacement = 0
    relative = False
    if has_modrm:
        if opcode[0] in (0xF6, 0xF7) and len(opcode) == 1 and (code[at] >> 3) & 7 < 2:
            immediate = 1 if opcode[0] == 0xF6 else "z"
        displacement_at, displacement, relative = _address(code, at)
        at = displacement_at + displacement
    small = OPERAND_SIZE in prefixes and not wide
    sizes = {"z": 2 if small else 4, "v": 8 if wide else 2 if small else 4, "m": 4 if ADDRESS_SIZE in prefixes else 8}
    size = sizes[immediate] if isinstance(immediate, str) else immediate
    if at + size > len(code):
        raise Undecodable
    return Instruction(at + size, prefixes, opcode, displacement_at, displacement, at, size, relative)
