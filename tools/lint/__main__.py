# SPDX-License-Identifier: MIT
"""Runs the rules, prints findings as path:line: text, and counts: a rule without findings has passed."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from lint import (
    allowed_headers,
    clang_format,
    clang_tidy,
    file_length,
    folder_size,
    include_direction,
    licence_line,
    ratchets,
    safety_comments,
    tree,
)

RULES = {
    "include-direction": include_direction.check,
    "allowed-headers": allowed_headers.check,
    "safety-comments": safety_comments.check,
    "file-length": file_length.check,
    "folder-size": folder_size.check,
    "licence-line": licence_line.check,
    "ratchets": ratchets.check,
    "clang-format": clang_format.check,
    "clang-tidy": clang_tidy.check,
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="tools/lint/run", description=__doc__)
    parser.add_argument("rules", nargs="*", metavar="RULE", help=f"{', '.join(RULES)}; default: all")
    parser.add_argument("--fix-format", action="store_true", help="apply clang-format, and end")
    parser.add_argument("--write-ratchet", action="store_true", help="write the present counts, and end")
    parser.add_argument("--result", type=Path, metavar="FILE", help="where to write totals as JSON")
    options = parser.parse_args()
    sources = tree.load()
    if options.fix_format:
        clang_format.fix(sources)
        return 0
    if options.write_ratchet:
        ratchets.FILE.write_text(ratchets.text_of(ratchets.count(sources)))
        return 0
    passed, failures = 0, []
    for name in options.rules or RULES:
        findings = RULES[name](sources)
        for finding in findings:
            print(f"{finding} [{name}]")
        if findings:
            failures.append(f"lint {name}: {len(findings)} findings")
        else:
            passed += 1
        print(f"  LINT    {name}: {len(findings)} findings", flush=True)
    if options.result:
        options.result.write_text(json.dumps({"passed": passed, "failed": len(failures), "failures": failures}))
    return 1 if failures else 0


sys.exit(main())
