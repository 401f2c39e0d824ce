# SPDX-License-Identifier: MIT
"""Every file says under which licence it is, at its top."""

from __future__ import annotations

from lint.tree import Source

TOP_LINES = 3
# JSON has no comments; these say what they are.
WITHOUT = (".json",)
EXEMPT = ("LICENSE",)


def check(sources: list[Source]) -> list[str]:
    return [
        f"{source.path}: no SPDX-License-Identifier in the first {TOP_LINES} lines"
        for source in sources
        if source.text.strip()
        and source.suffix not in WITHOUT
        and source.path not in EXEMPT
        and not any("SPDX-License-Identifier:" in line for line in source.lines[:TOP_LINES])
    ]
