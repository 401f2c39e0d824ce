# SPDX-License-Identifier: MIT
"""selftests/must_not_compile: mistakes that the types must refuse, each for the stated reason.

Line 1 or 2 of a file is `// expect: <regular expression>`, searched in the compiler's messages.
"""

from __future__ import annotations

import concurrent.futures
import os
import re
from pathlib import Path

from redoubt_test import stage

FOLDER = stage.ROOT / "selftests" / "must_not_compile"


def expectation_of(text: str) -> str | None:
    for line in text.splitlines()[:3]:
        if match := re.match(r"//\s*expect:\s*(.+)", line):
            return match.group(1).strip()
    return None


def verdict(expected: str | None, status: int, messages: str) -> str:
    """What is wrong; empty if the compiler refused for the right reason."""
    if expected is None:
        return "no line `// expect: ...`"
    if status == 0:
        return "compiles"
    if not re.search(expected, messages):
        return f"is refused, but not because of {expected!r}:\n{messages}"
    return ""


def run_all() -> stage.Stage:
    found = stage.Stage()
    files = sorted(FOLDER.glob("*.cpp"))
    if not files:
        return found
    compiler = stage.make_output("flags-vtl1")

    def judge(file: Path) -> str:
        result = stage.run([*compiler, "-fsyntax-only", file.relative_to(stage.ROOT)])
        return verdict(expectation_of(file.read_text()), result.returncode, result.stdout)

    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for file, wrong in zip(files, pool.map(judge, files)):
            if wrong:
                found.fail(f"{file.relative_to(stage.ROOT)}: {wrong}")
            else:
                found.ok()
    return found
