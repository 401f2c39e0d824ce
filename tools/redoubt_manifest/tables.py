# SPDX-License-Identifier: MIT
"""The kernel's tables of places that may change after boot: jump labels, static calls, function entries.

Linux, include/linux/jump_label.h (struct jump_entry, relative), include/linux/static_call_types.h,
arch/x86/include/asm/static_call.h, kernel/trace/ftrace.c.
"""

from __future__ import annotations

import dataclasses
import struct

from redoubt_manifest.image import Image
from redoubt_manifest.kallsyms import Symbols
from redoubt_manifest.refused import Refused

JUMP_ENTRY, CALL_ENTRY = struct.Struct("<iiq"), struct.Struct("<ii")
# The low bits of an entry's key say what the entry is.
KEY_FLAGS = 3
CALL_IS_TAIL = 1
TRAMPOLINE_BYTES = 5
TRAMPOLINE_MARK = bytes.fromhex("0fb9cc")
KEY_PREFIX, TRAMPOLINE_PREFIX = "__SCK__", "__SCT__"


@dataclasses.dataclass(frozen=True)
class JumpLabel:
    """offset: of the instruction; target, key: offsets."""

    offset: int
    target: int
    key: int


@dataclasses.dataclass(frozen=True)
class StaticCall:
    """offset: of the instruction; key: its offset; is_tail: it jumps."""

    offset: int
    key: int
    is_tail: bool


def jump_labels(image: Image, symbols: Symbols) -> list[JumpLabel]:
    found = []
    for place in range(symbols.find("__start___jump_table"), symbols.find("__stop___jump_table"), JUMP_ENTRY.size):
        code, target, key = JUMP_ENTRY.unpack_from(image.data, place)
        found.append(JumpLabel(place + code, place + 4 + target, place + 8 + key & ~KEY_FLAGS))
    return found


def static_calls(image: Image, symbols: Symbols) -> list[StaticCall]:
    found = []
    for place in range(symbols.find("__start_static_call_sites"), symbols.find("__stop_static_call_sites"), CALL_ENTRY.size):
        code, key = CALL_ENTRY.unpack_from(image.data, place)
        key += place + 4
        found.append(StaticCall(place + code, key & ~KEY_FLAGS, bool(key & CALL_IS_TAIL)))
    return found


def trampolines(image: Image, symbols: Symbols) -> list[StaticCall]:
    """One for each static call, for callers that are not in the table of sites."""
    found = []
    for name, offset in symbols.functions():
        if name.startswith(TRAMPOLINE_PREFIX):
            mark = offset + TRAMPOLINE_BYTES
            if image.data[mark : mark + len(TRAMPOLINE_MARK)] != TRAMPOLINE_MARK:
                raise Refused(f"{name} is not the trampoline of a static call")
            found.append(StaticCall(offset, symbols.find(KEY_PREFIX + name.removeprefix(TRAMPOLINE_PREFIX)), True))
    return found


def function_entries(image: Image, symbols: Symbols) -> list[int]:
    """Places of the calls to __fentry__, which the kernel turns into no-operations."""
    start, end = symbols.find("__start_mcount_loc"), symbols.find("__stop_mcount_loc")
    return [image.pointer(place) for place in range(start, end, 8)]
