# SPDX-License-Identifier: MIT
"""The QEMU programs on this machine, and what each version needs and can."""

from __future__ import annotations

import dataclasses
import functools
import re
import shutil
import subprocess

from redoubt_vm import paths


class NoQemu(Exception):
    """No QEMU that fits."""


@dataclasses.dataclass(frozen=True)
class Qemu:
    """One program. Facts by version: Documentation/hypervisor.rst, "Pitfalls", P14 and P24."""

    path: str
    version: tuple[int, int]

    def __str__(self) -> str:
        return f"QEMU {self.version[0]}.{self.version[1]} ({self.path})"

    @property
    def is_new(self) -> bool:
        """Several CPUs run in threads of their own without racing code that patches itself."""
        return self.version >= (8, 1)

    @property
    def has_x2apic(self) -> bool:
        """Emulated without KVM."""
        return self.version >= (9, 0)

    @property
    def plugin_version(self) -> int:
        """Of the interface for plugins, as selftests/build.mk builds them: from 9.0 on 1 is refused."""
        return 2 if self.version >= (9, 0) else 1

    def threads(self, cpu_count: int) -> str:
        return "multi" if self.is_new or cpu_count == 1 else "single"


@functools.cache
def probe(path: str) -> Qemu | None:
    """What is at the path; None if it does not run."""
    try:
        answer = subprocess.run([path, "--version"], capture_output=True, text=True, check=False).stdout
    except OSError:
        return None
    match = re.search(r"version (\d+)\.(\d+)", answer)
    return Qemu(path, (int(match.group(1)), int(match.group(2)))) if match else None


def available() -> list[Qemu]:
    """Best first."""
    names = [str(paths.NEW_QEMU), shutil.which("qemu-system-x86_64") or ""]
    found = [qemu for name in names if name and (qemu := probe(name))]
    return sorted(found, key=lambda qemu: qemu.version, reverse=True)


def choose(wish: str = "") -> Qemu:
    """The one at a path, the class `old` or `new`, or the best."""
    if wish in ("", "old", "new"):
        for qemu in available():
            if wish in ("", "new" if qemu.is_new else "old"):
                return qemu
        raise NoQemu(f"no {wish or 'working'} QEMU on this machine")
    qemu = probe(wish)
    if qemu is None:
        raise NoQemu(f"{wish} is not a QEMU that runs here")
    return qemu
