# SPDX-License-Identifier: MIT
"""Where the calls and jumps of sites may go: lists of functions, each with a number."""

from __future__ import annotations

from redoubt_manifest import wire
from redoubt_manifest.image import Image
from redoubt_manifest.kallsyms import Symbols
from redoubt_manifest.sites import Text

KINDS = (wire.SITE_RETURN, wire.SITE_FTRACE, wire.SITE_STATIC_CALL, wire.SITE_TRAMPOLINE, wire.SITE_FTRACE_CORE, wire.SITE_CONSTANT)


class Groups:
    """Numbers groups as they are asked for. A group of constants has no targets."""

    def __init__(self, image: Image, symbols: Symbols, text: Text) -> None:
        self._symbols, self._text = symbols, text
        self._numbers: dict[object, int] = {}
        self._targets: list[set[int]] = []

    def number(self, name: object) -> int:
        if isinstance(name, tuple) or name == "ftrace functions":
            name = "functions"
        if name not in self._numbers:
            self._numbers[name] = len(self._targets)
            self._targets.append(self._of(name))
        return self._numbers[name]

    def _of(self, name: object) -> set[int]:
        if name == "return":
            return set(self._text.return_thunks)
        if name == "ftrace":
            return {self._symbols.find("ftrace_caller"), self._symbols.find("ftrace_regs_caller")}
        if name == "functions":
            return {offset for _, offset in self._symbols.functions() if self._text.holds(offset)}
        return set()

    def packed(self) -> bytes:
        return b"".join(wire.TARGET.pack(number, offset) for number, targets in enumerate(self._targets) for offset in sorted(targets))
