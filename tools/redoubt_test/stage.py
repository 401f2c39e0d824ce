# SPDX-License-Identifier: MIT
"""What a stage of testing has found, and how programs are run for it."""

from __future__ import annotations

import dataclasses
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
RESULTS = ROOT / "build" / "results"


@dataclasses.dataclass
class Stage:
    """Counts, and one line per failure."""

    passed: int = 0
    failed: int = 0
    failures: list[str] = dataclasses.field(default_factory=list)

    def ok(self, count: int = 1) -> None:
        self.passed += count

    def fail(self, text: str, count: int = 1) -> None:
        self.failed += count
        self.failures.append(text)

    def add(self, other: Stage) -> None:
        self.passed += other.passed
        self.failed += other.failed
        self.failures += other.failures


def environment() -> dict[str, str]:
    """Ours, without what an outer make left in it: an inner one is to start afresh."""
    return {key: value for key, value in os.environ.items() if key not in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL")}


def make(*goals: str, keep_going: bool = False) -> bool:
    """Builds; everything printed goes to stderr. True if it succeeded."""
    command = ["make", f"-j{os.cpu_count()}", *(["-k"] if keep_going else []), *goals]
    return subprocess.run(command, cwd=ROOT, env=environment(), stdout=sys.stderr, check=False).returncode == 0


def make_output(goal: str) -> list[str]:
    """The words that a goal prints."""
    command = ["make", "-s", goal]
    answer = subprocess.run(command, cwd=ROOT, env=environment(), capture_output=True, text=True, check=True)
    return answer.stdout.split()


def run(command: Sequence[str | Path], **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(word) for word in command],
        cwd=ROOT,
        env=os.environ | variables,
        text=True,
        errors="replace",
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        stdin=subprocess.DEVNULL,
        check=False,
    )
