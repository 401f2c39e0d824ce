# SPDX-License-Identifier: MIT
"""All places of the text that may differ from the file: what the kernel's tables list."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

from redoubt_manifest import alternatives, guard, paravirt, tables, wire
from redoubt_manifest.image import Image
from redoubt_manifest.kallsyms import Symbols
from redoubt_manifest.nops import NOP2, new_optimized, old_optimized
from redoubt_manifest.patching import SHORT_JUMP, Patch, Results, lock_results, retpoline_results, return_results, run

# The passes of alternative_instructions(), of 6.1 and 6.12 alike; other patching is apart from them.
PARAVIRT, RETPOLINES, RETURNS, ALTERNATIVES, SEALS, LOCKS = range(6)
RETURN_THUNKS = (
    "__x86_return_thunk", "retbleed_return_thunk", "srso_return_thunk", "srso_alias_return_thunk", "its_return_thunk",
    "zen_return_thunk",
)
ENDBR, SEALED_ENDBR = bytes.fromhex("f30f1efa"), bytes.fromhex("660f1f00")
JUMP_BYTES = 5
ADDED, SUBTRACTED = 1, 2
CONSTANTS = ("runtime_ptr_", "runtime_shift_")


@dataclasses.dataclass(frozen=True, order=True)
class Value:
    """Legal bytes, as linked. fields: 4-byte fields in it to which the slide is ADDED or from which SUBTRACTED."""

    code: bytes
    fields: tuple[tuple[int, int], ...] = ()


@dataclasses.dataclass(frozen=True)
class Site:
    """A record before it is numbered. kind: of wire.SITE_*; target: what `argument` is made of.

    target: a group's name, an offset, or the values; key: offset of a static key or call, -1: none; flags otherwise.
    """

    offset: int
    length: int
    kind: int
    target: object = 0
    key: int = 0

    @property
    def end(self) -> int:
        return self.offset + self.length


class Text:
    """The kernel's text with its tables. is_new: it patches as 6.12 does, else as 6.1."""

    def __init__(self, image: Image, symbols: Symbols, is_new: bool) -> None:
        self.image, self.symbols, self.is_new = image, symbols, is_new
        self.end = symbols.find("_etext")
        self.optimized: Callable[[bytes], bytes] = new_optimized if is_new else old_optimized
        self.return_thunks = [symbols.find(name) for name in RETURN_THUNKS if name in symbols]

    def holds(self, offset: int) -> bool:
        return 0 <= offset < self.end

    def code(self, start: int, end: int) -> bytes:
        return self.image.data[start:end]

    def _branch_length(self, offset: int) -> int:
        # With a prefix of CS it has 6 bytes, and so have conditional jumps.
        return JUMP_BYTES + (self.image.data[offset] in (0x2E, 0x0F))

    def _simple(self) -> list[Patch]:
        """Everything but alternatives, wherever it is."""
        thunks = self.symbols.find("__x86_indirect_thunk_array")
        found = []
        for number, at in enumerate(self.image.relative_list(".retpoline_sites")):
            found.append(Patch(at, self._branch_length(at), (RETPOLINES, number), "retpoline",
                               lambda code, at=at: retpoline_results(code, at, thunks, self.optimized)))  # type: ignore[misc]
        for number, at in enumerate(self.image.relative_list(".return_sites")):
            states = return_results(self._branch_length(at), at, self.return_thunks)
            found.append(Patch(at, self._branch_length(at), (RETURNS, number), "return",
                               lambda _, states=states: states))  # type: ignore[misc]
        for number, at in enumerate(self.image.relative_list(".ibt_endbr_seal")):
            found.append(Patch(at, len(ENDBR), (SEALS, number), "endbr",
                               lambda code: {code, SEALED_ENDBR} if code == ENDBR else {code}))
        for number, at in enumerate(self.image.relative_list(".smp_locks")):
            if self.holds(at):
                found.append(Patch(at, 1, (LOCKS, number), "smp lock", lock_results))
        return found

    def _replacements(self, patches: list[Patch]) -> Callable[[int, int], Results]:
        """For .altinstr_replacement: its code after the passes that come before alternatives."""
        section = self.image.sections[".altinstr_replacement"]
        inside = [patch for patch in patches if section.offset <= patch.offset < section.end and patch.order < (ALTERNATIVES, 0)]

        def of(start: int, length: int) -> Results:
            return run(self.code(start, start + length), start,
                       [patch for patch in inside if start <= patch.offset < start + length])

        return of

    def patches(self) -> list[Patch]:
        """All of boot's that change something in the text."""
        found = self._simple()
        kernel = alternatives.Kernel(self.image, self._replacements(found), paravirt.targets(self.image, self.symbols))
        found += alternatives.paravirt_patches(kernel, self.symbols.find("pv_ops"), PARAVIRT)
        found += alternatives.patches(kernel, self.is_new, ALTERNATIVES)
        unique = {(patch.offset, patch.kind, patch.order if patch.kind == "alternative" else 0): patch for patch in found}
        return [patch for patch in unique.values() if self.holds(patch.offset)]


# In instructions: numbers that are known only when the kernel runs (6.12), and those that are not so unknown.
# Linux, arch/x86/kernel/cpu/common.c: USER_PTR_MAX by the CPU's address width and masking.
USER_LIMITS = tuple((limit - 4096).to_bytes(8, "little") for limit in (1 << 47, 1 << 56, 1 << 63))
KNOWN_CONSTANTS = {"runtime_ptr_USER_PTR_MAX": frozenset(Value(limit) for limit in USER_LIMITS)}


def _constants(text: Text) -> list[Site]:
    found = []
    for name in sorted(text.image.sections):
        if name.startswith(CONSTANTS):
            length = 8 if name.startswith(CONSTANTS[0]) else 1
            values = KNOWN_CONSTANTS.get(name)
            kind, target = (wire.SITE_VALUES, values) if values else (wire.SITE_CONSTANT, name)
            found += [Site(offset, length, kind, target) for offset in text.image.relative_list(name) if text.holds(offset)]
    return found


# Options that the kernel gives to its own parser on CPUs with an erratum (Linux,
# arch/x86/kernel/cpu/resctrl/core.c, __check_quirks_intel): it cuts the constant into words where it lies.
CUT_OPTIONS = b"\0!cmt,!mbmtotal,!mbmlocal,!l3cat\0"


def _cut_options(image: Image) -> list[Site]:
    found, at = [], -1
    section = image.sections[".rodata"]
    while (at := image.data.find(CUT_OPTIONS, max(at + 1, section.offset), section.end)) >= 0:
        values = frozenset({Value(CUT_OPTIONS), Value(CUT_OPTIONS.replace(b",", b"\0"))})
        found.append(Site(at, len(CUT_OPTIONS), wire.SITE_VALUES, values))
    return found


def later_sites(text: Text) -> list[Site]:
    """Places that other code than alternatives changes, at boot or after it."""
    image, symbols = text.image, text.symbols
    found = []
    for label in tables.jump_labels(image, symbols):
        if text.holds(label.offset):
            code = text.code(label.offset, label.offset + len(NOP2))
            length = len(NOP2) if code[0] == SHORT_JUMP or code == NOP2 else JUMP_BYTES
            found.append(Site(label.offset, length, wire.SITE_JUMP_LABEL, label.target, label.key))
    for call in tables.static_calls(image, symbols):
        if text.holds(call.offset):
            kind = wire.SITE_TRAMPOLINE if call.is_tail else wire.SITE_STATIC_CALL
            is_conditional = call.is_tail and image.data[call.offset] == 0x0F
            found.append(Site(call.offset, JUMP_BYTES + is_conditional, kind, ("call", call.key), call.key))
    for call in tables.trampolines(image, symbols):
        if text.holds(call.offset):
            found.append(Site(call.offset, JUMP_BYTES, wire.SITE_TRAMPOLINE, ("call", call.key), call.key))
    for offset in tables.function_entries(image, symbols):
        if text.holds(offset):
            flags = wire.FTRACE_GUARDED if guard.is_guarded(symbols, offset) else 0
            found.append(Site(offset, JUMP_BYTES, wire.SITE_FTRACE, "ftrace", flags))
    found += _constants(text) + _cut_options(image)
    for name in ("ftrace_call", "ftrace_regs_call"):
        found.append(Site(symbols.find(name), JUMP_BYTES, wire.SITE_FTRACE_CORE, "ftrace functions"))
    return found

