# SPDX-License-Identifier: MIT
"""Who may include whom: Documentation/architecture.rst, "Folders"."""

from __future__ import annotations

import posixpath
import re

from lint.tree import Source

MAY_INCLUDE: dict[str, tuple[str, ...]] = {
    "base": (),
    "hvcall/abi": (),
    "hvcall": ("base", "hvcall/abi"),
    "policies": ("base", "hvcall", "hvcall/abi"),
    "hypervisor": ("base", "hvcall", "hvcall/abi"),
    "libos_core": ("base",),
    "vtl1": ("base", "hvcall", "hvcall/abi", "policies", "libos_core"),
    "vtl0_driver": ("hvcall/abi",),
    "tools": ("hvcall/abi",),
}
# C code, where a file names its neighbour without a path.
LOCAL_NAMES_ALLOWED = ("vtl0_driver", "hvcall/abi", "tools", "selftests")
# Made by the build.
GENERATED = ("build/keys/operator_key.h",)
INCLUDE = re.compile(r'^\s*#\s*include\s*"([^"]+)"')


def target_folder(included: str) -> str:
    parts = included.split("/")
    return "hvcall/abi" if parts[:2] == ["hvcall", "abi"] else parts[0]


def check(sources: list[Source]) -> list[str]:
    findings = []
    known = {source.path for source in sources}
    for source in sources:
        if source.suffix not in (".h", ".c", ".cpp", ".S", ".ld"):
            continue
        for number, line in enumerate(source.lines, 1):
            if (match := INCLUDE.match(line)) and (wrong := _judge(source, match.group(1), known)):
                findings.append(f"{source.path}:{number}: {wrong}")
    return findings


def _judge(source: Source, included: str, known: set[str]) -> str:
    if included in GENERATED:
        return ""
    if source.folder in LOCAL_NAMES_ALLOWED:
        neighbour = posixpath.normpath(posixpath.join(posixpath.dirname(source.path), included))
        if neighbour in known or "/" not in included:
            included = neighbour  # a generated header is not among the known ones
    elif included not in known:
        return f'"{included}" is no path from the root of the repository'
    target = target_folder(included)
    allowed = MAY_INCLUDE.get(source.folder)
    if allowed is None or target == source.folder or target in allowed:
        return ""
    if target == "selftests" and source.is_test:
        return ""
    return f'{source.folder} must not include "{included}"'
