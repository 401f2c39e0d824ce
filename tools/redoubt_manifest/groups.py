# SPDX-License-Identifier: MIT
"""Where the calls and jumps of sites may go: lists of functions, each with a number.

For a static call these are the functions of its prototype. Functions of modules are not among them.
"""

from __future__ import annotations

import re

from redoubt_manifest import btf, tables, wire
from redoubt_manifest.image import Image
from redoubt_manifest.kallsyms import Symbols
from redoubt_manifest.sites import Text

KINDS = frozenset((wire.SITE_RETURN, wire.SITE_FTRACE, wire.SITE_STATIC_CALL, wire.SITE_TRAMPOLINE, wire.SITE_FTRACE_CORE,
                   wire.SITE_CONSTANT))
RETURN_ZERO = "__static_call_return0"
ENTRY_TRAMPOLINES = ("ftrace_caller", "ftrace_regs_caller")
# Called from those: what is no C function, or is declared otherwise.
ENTRY_FUNCTIONS = ("ftrace_stub", "ftrace_ops_list_func", "arch_ftrace_ops_list_func")
# Static calls that are linked without a function: their prototype is that of a structure's member, by name.
MEMBERS = (
    (re.compile(r"lsm_static_call_(\w+)_\d+"), "security_list_options"),
    (re.compile(r"x86_pmu_(\w+)"), "x86_pmu"),
    (re.compile(r"apic_call_(\w+)"), "apic"),
    (re.compile(r"__perf_guest_(\w+)"), "perf_guest_info_callbacks"),
)
# Or that of this function, which is one that they may be set to.
FUNCTIONS = {
    "cond_resched": "__cond_resched",
    "might_resched": "__cond_resched",
    "x86_idle": "default_idle",
    "bpf_arch_pred_flush": "bpf_arch_ibpb",
    "perf_snapshot_branch_stack": "intel_pmu_snapshot_branch_stack",
    "amd_pmu_branch_hw_config": "amd_pmu_lbr_hw_config",
    "amd_pmu_branch_reset": "amd_pmu_lbr_reset",
    "amd_pmu_branch_add": "amd_pmu_lbr_add",
    "amd_pmu_branch_del": "amd_pmu_lbr_del",
}
# Of tracepoints: linked to a function that calls all probes, which returns a number as probes do not.
TRACEPOINT = "tp_func_"


class Groups:
    """Numbers groups as they are asked for. A group of constants has no targets."""

    def __init__(self, image: Image, symbols: Symbols, text: Text) -> None:
        self._image, self._symbols, self._text = image, symbols, text
        self._types = btf.Types(image)
        self._numbers: dict[object, int] = {}
        self._targets: list[set[int]] = []
        self._by_prototype: dict[btf.Prototype, set[int]] = {}
        for name, offset in symbols.functions():
            if name in self._types.functions and text.holds(offset):
                self._by_prototype.setdefault(self._types.functions[name], set()).add(offset)

    def number(self, name: object) -> int:
        """@param name as sites.Site.target has it; static calls of one set of targets share a number"""
        if isinstance(name, tuple):
            name = frozenset(self._of_call(name[1]))
        if name not in self._numbers:
            self._numbers[name] = len(self._targets)
            self._targets.append(self._of(name))
        return self._numbers[name]

    def _named(self, *names: str) -> set[int]:
        return {self._symbols.find(name) for name in names if name in self._symbols}

    def _of(self, name: object) -> set[int]:
        if isinstance(name, frozenset):
            return set(name)
        if name == "return":
            return set(self._text.return_thunks)
        if name == "ftrace":
            return self._named(*ENTRY_TRAMPOLINES)
        if name == "ftrace functions":
            prototype = self._types.typedef("ftrace_func_t")
            return self._named(*ENTRY_FUNCTIONS) | (self._by_prototype.get(prototype, set()) if prototype else set())
        return set()

    def _prototype(self, key: int, linked: list[str]) -> btf.Prototype | None:
        """Of a static call: that of what it is linked to, else by its name."""
        for name in linked:
            if name in self._types.functions and name != RETURN_ZERO:
                return self._types.functions[name]
        for symbol in self._symbols.at(key):
            name = symbol.removeprefix(tables.KEY_PREFIX)
            if name in FUNCTIONS:
                return self._types.functions.get(FUNCTIONS[name])
            for pattern, structure in MEMBERS:
                if match := pattern.fullmatch(name):
                    return self._types.member(structure, match.group(1))
        return None

    def _of_call(self, key: int) -> set[int]:
        function = self._image.pointer(key)
        linked = self._symbols.at(function) if self._text.holds(function) else []
        # A trampoline without a function returns, by a thunk where the CPU needs one.
        found = self._named(*linked, RETURN_ZERO) | set(self._text.return_thunks)
        prototype = self._prototype(key, linked)
        if prototype and any(name.startswith(tables.KEY_PREFIX + TRACEPOINT) for name in self._symbols.at(key)):
            prototype = btf.returning_nothing(prototype)
        return found | self._by_prototype.get(prototype, set()) if prototype else found

    def packed(self) -> bytes:
        return b"".join(
            wire.TARGET.pack(number, offset) for number, targets in enumerate(self._targets) for offset in sorted(targets))
