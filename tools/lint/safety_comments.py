# SPDX-License-Identifier: MIT
"""A `SAFETY:` comment stands before what the compiler cannot check, and says why it is right."""

from __future__ import annotations

import re

from lint.tree import Source

IN_CODE = re.compile(r"\basm\b|\breinterpret_cast\b|\bvolatile\b|#\s*pragma\s+clang\s+unsafe_buffer_usage\s+begin")
# A suppressed warning may give its reason behind the name of the check instead.
IN_COMMENT = re.compile(r"\bNOLINT(?:NEXTLINE|BEGIN)?\b(?!\([\w.,-]+\): \w)")
# The comment stands above the statement or its function, with no empty line between.
REACH_LINES = 15


def needs_comment(source: Source, index: int) -> str:
    if match := IN_CODE.search(source.code_lines[index]):
        return " ".join(match.group(0).split())
    if match := IN_COMMENT.search(source.lines[index]):
        return match.group(0)
    return ""


def has_comment(lines: list[str], index: int) -> bool:
    for line in reversed(lines[max(0, index - REACH_LINES) : index + 1]):
        if "SAFETY:" in line:
            return True
        if not line.strip():
            return False
    return False


def check(sources: list[Source]) -> list[str]:
    findings = []
    for source in sources:
        if not source.is_cxx or source.is_test:
            continue
        for index in range(len(source.lines)):
            if (what := needs_comment(source, index)) and not has_comment(source.lines, index):
                findings.append(f"{source.path}:{index + 1}: {what} without a SAFETY: comment")
    return findings
