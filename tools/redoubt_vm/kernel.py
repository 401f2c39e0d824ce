# SPDX-License-Identifier: MIT
"""A kernel that set-up has unpacked."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from redoubt_vm import paths


class NoKernel(Exception):
    """Set-up has not provided the kernel asked for."""


@dataclasses.dataclass(frozen=True)
class Kernel:
    """name: version and flavour, as `6.12-cloud`; release: what uname -r says in it."""

    name: str
    release: str
    folder: Path

    @classmethod
    def find(cls, name: str) -> Kernel:
        folder = paths.KERNELS / name
        if not (folder / "version").is_file():
            raise NoKernel(f"kernel {name} is not there: run tools/setup --kernel {name}")
        return cls(name, (folder / "release").read_text().strip(), folder)

    @property
    def image(self) -> Path:
        return (self.folder / "vmlinuz").resolve()

    @property
    def modules(self) -> Path:
        return (self.folder / "modules").resolve()

    def driver_folder(self, variant: str) -> Path:
        """Where our modules for this kernel are built; the variant is of the VTL1 image."""
        return paths.BUILD / "driver" / (f"{self.name}-{variant}" if variant else self.name)
