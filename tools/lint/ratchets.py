# SPDX-License-Identifier: MIT
"""Counts that may fall freely and rise only by editing tools/lint/ratchet.json."""

from __future__ import annotations

import json
import re
from pathlib import Path

from lint.tree import Source

FILE = Path(__file__).resolve().parent / "ratchet.json"
CODE = {
    "reinterpret_cast": re.compile(r"\breinterpret_cast\b"),
    "asm": re.compile(r"\basm\b"),
    "volatile": re.compile(r"(?<!asm )\bvolatile\b"),
    "unsafe_buffer": re.compile(r"unsafe_buffer_usage\s+begin"),
    "raw": re.compile(r"\.raw\(\)"),
}
COMMENTS = {
    "NOLINT": re.compile(r"\bNOLINT(?:NEXTLINE|BEGIN)?\b"),
    "TODO": re.compile(r"\bTODO\b"),
}
Counts = dict[str, dict[str, int]]


def count(sources: list[Source]) -> Counts:
    """By folder, then by what is counted; zeros left out."""
    found: Counts = {}
    for source in sources:
        if not source.is_cxx or source.is_test:
            continue
        for table, lines in ((CODE, source.code_lines), (COMMENTS, source.lines)):
            for what, pattern in table.items():
                number = sum(len(pattern.findall(line)) for line in lines)
                if number:
                    folder = found.setdefault(source.folder, {})
                    folder[what] = folder.get(what, 0) + number
    return found


def compare(found: Counts, allowed: Counts) -> list[str]:
    findings = []
    for folder, counts in sorted(found.items()):
        for what, number in sorted(counts.items()):
            limit = allowed.get(folder, {}).get(what, 0)
            if number > limit:
                findings.append(f"{folder}: {number} x {what}, more than {limit} in tools/lint/ratchet.json")
    return findings


def text_of(counts: Counts) -> str:
    return json.dumps(counts, indent=2, sort_keys=True) + "\n"


def check(sources: list[Source]) -> list[str]:
    return compare(count(sources), json.loads(FILE.read_text()))
