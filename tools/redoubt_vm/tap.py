# SPDX-License-Identifier: MIT
"""Reads the Test Anything Protocol as kselftest writes it.

@source Linux, Documentation/dev-tools/ktap.rst
"""

from __future__ import annotations

import dataclasses
import re

RESULT = re.compile(r"^(?P<indent> *)(?P<bad>not )?ok (?P<number>\d+)(?: -)? ?(?P<name>[^#]*)(?:#\s*(?P<note>.*))?$")
PLAN = re.compile(r"^(?P<indent> *)1\.\.(?P<count>\d+)")


@dataclasses.dataclass
class Totals:
    """Results of the leaves: a program with subtests counts through them."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0
    failures: list[str] = dataclasses.field(default_factory=list)

    def add(self, other: Totals) -> None:
        self.passed += other.passed
        self.failed += other.failed
        self.skipped += other.skipped
        self.failures += other.failures

    def fail(self, name: str) -> None:
        self.failed += 1
        self.failures.append(name)

    def line(self) -> str:
        return f"{self.passed} passed, {self.failed} failed"


@dataclasses.dataclass
class _Level:
    """One plan with its results; `failed` counts what failed at this level or was blamed on it."""

    planned: int | None = None
    seen: int = 0
    failed: int = 0


def parse(text: str) -> Totals:
    """Counts leaves. A plan that is not fulfilled is a failure, and so is text without any result."""
    totals = Totals()
    levels: dict[int, _Level] = {}
    for line in text.replace("\r", "").splitlines():
        if plan := PLAN.match(line):
            indent = len(plan["indent"])
            levels[indent] = _Level(int(plan["count"]), levels[indent].seen if indent in levels else 0)
        elif result := RESULT.match(line):
            _count(totals, levels, result)
    for level in levels.values():
        _close(totals, level, "plan")
    if not levels:
        totals.fail("no results at all")
    return totals


def _close(totals: Totals, level: _Level, name: str) -> None:
    if level.planned is not None and level.seen != level.planned:
        level.failed += 1
        totals.fail(f"{name}: {level.planned} planned, {level.seen} seen")


def _count(totals: Totals, levels: dict[int, _Level], result: re.Match[str]) -> None:
    indent = len(result["indent"])
    name = result["name"].strip() or f"test {result['number']}"
    children = [levels.pop(key) for key in sorted(levels) if key > indent]
    for child in children:
        _close(totals, child, name)
    levels.setdefault(indent, _Level()).seen += 1
    note = (result["note"] or "").upper()
    if result["bad"]:
        levels[indent].failed += 1
        # A failure that its subtests have already told is not counted twice.
        if not any(child.failed for child in children):
            totals.fail(name)
    elif not children or not any(child.seen for child in children):
        if note.startswith("SKIP"):
            totals.skipped += 1
        else:
            totals.passed += 1
