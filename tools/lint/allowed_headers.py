# SPDX-License-Identifier: MIT
"""Standard headers for freestanding C++: nothing that allocates, locks, prints or throws."""

from __future__ import annotations

import re

from lint.tree import CXX_FOLDERS, Source

ALLOWED = frozenset(
    "algorithm array atomic bit compare concepts cstddef cstdint cstring expected functional initializer_list"
    " iterator limits memory new numeric optional ranges source_location span string_view tuple type_traits"
    " utility".split()
)
# The one file that includes third-party headers.
THIRD_PARTY = {"vtl1/crypto/mbedtls.h": "mbedtls/"}
INCLUDE = re.compile(r"^\s*#\s*include\s*<([^>]+)>")


def check(sources: list[Source]) -> list[str]:
    findings = []
    for source in sources:
        if source.folder not in CXX_FOLDERS or source.is_test or source.suffix not in (".h", ".cpp"):
            continue
        if source.path.startswith("libos_core/platforms/"):
            continue
        for number, line in enumerate(source.lines, 1):
            match = INCLUDE.match(line)
            if not match or match.group(1) in ALLOWED:
                continue
            if not match.group(1).startswith(THIRD_PARTY.get(source.path, "<")):
                findings.append(f"{source.path}:{number}: <{match.group(1)}> is not an allowed header")
    return findings
