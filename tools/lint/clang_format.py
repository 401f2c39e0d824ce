# SPDX-License-Identifier: MIT
"""clang-format has nothing to change. C has the kernel's style, and is not looked at here."""

from __future__ import annotations

import re
import subprocess

from lint.tree import ROOT, Source

PROGRAM = "clang-format-19"


def files_of(sources: list[Source]) -> list[str]:
    return [source.path for source in sources if source.is_cxx and source.folder != "hvcall/abi"]


def check(sources: list[Source]) -> list[str]:
    files = files_of(sources)
    if not files:
        return []
    answer = subprocess.run(
        [PROGRAM, "--dry-run", *files], cwd=ROOT, capture_output=True, text=True, check=False
    ).stderr
    # The first place in each file is enough to know which files to format.
    first: dict[str, str] = {}
    for match in re.finditer(r"^([^:\n]+):(\d+):\d+: .*clang-format", answer, re.MULTILINE):
        first.setdefault(match.group(1), f"{match.group(1)}:{match.group(2)}: not formatted (make format)")
    return list(first.values())


def fix(sources: list[Source]) -> None:
    files = files_of(sources)
    if files:
        subprocess.run([PROGRAM, "-i", *files], cwd=ROOT, check=True)
