# SPDX-License-Identifier: MIT
"""What runs with privilege stays small: lines of code, which are those that hold more than space and comments,
tests apart. The counts are printed, so that growth is seen before it is too much."""

from __future__ import annotations

from lint.tree import Source

SUFFIXES = {".cpp", ".h", ".S"}
# Name -> folders, most lines. VTL1 is counted with all that is linked into it, but the crypto library.
LIMITS = {
    "hypervisor": (("hypervisor",), 10_000),
    "VTL1": (("vtl1", "policies", "hvcall", "base"), 12_000),
}


def count(sources: list[Source], folders: tuple[str, ...]) -> int:
    chosen = (s for s in sources if s.folder in folders and s.suffix in SUFFIXES and not s.is_test)
    return sum(1 for source in chosen for line in source.code_lines if line.strip())


def check(sources: list[Source]) -> list[str]:
    findings = []
    for name, (folders, limit) in LIMITS.items():
        lines = count(sources, folders)
        print(f"  LINES   {name}: {lines} of {limit}", flush=True)
        if lines > limit:
            findings.append(f"{folders[0]}/: {lines} lines of code, more than {limit}")
    return findings
