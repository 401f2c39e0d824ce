# SPDX-License-Identifier: MIT
"""The source files, and their text without comments and strings."""

from __future__ import annotations

import dataclasses
import functools
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SKIPPED = {"build", ".git", "__pycache__"}

# Comments, string and character literals. A digit separator (1'000) is not the start of a character.
_NOT_CODE = re.compile(
    r"""//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|(?<![0-9a-fA-F])'(?:\\.|[^'\\\n])+'""", re.DOTALL
)


@dataclasses.dataclass(frozen=True)
class Source:
    """One file: its path from the root, and its text."""

    path: str
    text: str

    @functools.cached_property
    def lines(self) -> list[str]:
        return self.text.splitlines()

    @functools.cached_property
    def code_lines(self) -> list[str]:
        """The same lines, with comments and literals blanked."""

        def blank(match: re.Match[str]) -> str:
            return re.sub(r"[^\n]", " ", match.group(0))

        return _NOT_CODE.sub(blank, self.text).splitlines()

    @property
    def folder(self) -> str:
        """The top folder, with hvcall/abi as one of its own."""
        parts = self.path.split("/")
        return "hvcall/abi" if parts[:2] == ["hvcall", "abi"] else parts[0]

    @property
    def suffix(self) -> str:
        return Path(self.path).suffix

    @property
    def is_test(self) -> bool:
        return self.path.endswith("_test.cpp") or self.folder == "selftests"

    @property
    def is_cxx(self) -> bool:
        """C++ of ours; hvcall/abi is C as well, and has rules of its own."""
        return self.suffix == ".cpp" or (self.suffix == ".h" and self.folder in CXX_FOLDERS)


CXX_FOLDERS = ("base", "hvcall", "policies", "hypervisor", "vtl1", "libos_core")


def load(root: Path = ROOT) -> list[Source]:
    """Every text file below the root, in order of path."""
    found = []
    for path in sorted(root.rglob("*")):
        relative = path.relative_to(root)
        if SKIPPED & set(relative.parts) or path.is_symlink() or not path.is_file():
            continue
        try:
            found.append(Source(str(relative), path.read_text()))
        except UnicodeDecodeError:
            continue
    return found
