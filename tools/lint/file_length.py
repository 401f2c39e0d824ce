# SPDX-License-Identifier: MIT
"""A file can be read in one sitting. Tables are exempt."""

from __future__ import annotations

from lint.tree import Source

LIMITS = {".cpp": 400, ".h": 400, ".c": 400, ".S": 400, ".ld": 400, ".py": 250, ".sh": 250, ".mk": 250}
# Tables and generated numbers: grow by rows, not by thought.
TABLES = ("hvcall/abi/",)


def check(sources: list[Source]) -> list[str]:
    findings = []
    for source in sources:
        limit = LIMITS.get(source.suffix)
        if limit and len(source.lines) > limit and not source.path.startswith(TABLES):
            findings.append(f"{source.path}: {len(source.lines)} lines, more than {limit}")
    return findings
