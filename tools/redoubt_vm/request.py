# SPDX-License-Identifier: MIT
"""What one run asks of the guest. Files under /request/ carry it in; /init reads them."""

from __future__ import annotations

import dataclasses
import secrets
from pathlib import Path


@dataclasses.dataclass(frozen=True)
class Request:
    """command: run by the guest's shell; empty for an interactive one.

    variant: of the VTL1 image and the driver that goes with it; "selftest" or empty.
    driver: whether /init loads redoubt.ko.
    seal: whether it then seals the kernel.
    nonce: makes this run's markers on the console unlike anything that the command prints.
    """

    command: str = ""
    variant: str = ""
    driver: bool = True
    seal: bool = False
    extra_files: dict[str, Path] = dataclasses.field(default_factory=dict)
    terminal_size: tuple[int, int] = (80, 24)
    nonce: str = dataclasses.field(default_factory=lambda: secrets.token_hex(8))

    @property
    def interactive(self) -> bool:
        return not self.command

    def begin_marker(self) -> bytes:
        return f"@redoubt-{self.nonce} begin\n".encode()

    def end_marker(self) -> bytes:
        """Followed by the exit status in decimal and a newline."""
        return f"@redoubt-{self.nonce} end ".encode()

    def files(self) -> dict[str, str]:
        columns, rows = self.terminal_size
        return {
            "mode": "interactive" if self.interactive else "command",
            "command": self.command,
            "driver": "yes" if self.driver else "no",
            "seal": "yes" if self.seal else "no",
            "marker": f"@redoubt-{self.nonce}",
            "terminal": f"rows {rows} cols {columns}",
        }
