# SPDX-License-Identifier: MIT
"""Names, units and budgets of what is measured. Lower is better; names do not change."""

from __future__ import annotations

import dataclasses
import re

KIB = 1024
MIB = 1024 * KIB
PAGE_BYTES = 4096

# Name -> unit, budget. No budget: printed, and never missed.
BUDGETS: dict[str, tuple[str, float | None]] = {
    "vtl_call_null": ("instructions", 300),
    "vtl_call_roundtrip": ("instructions", None),
    "longest_entry": ("instructions", 5_000_000),
    "seal_instructions": ("instructions", 1_200_000_000),
    "seal_signature_longest": ("instructions", 50_000_000),  # of one entry
    "seal_longest_entry": ("instructions", 5_000_000),  # all else of the seal
    "vtl1_entries_idle": ("entries", 0),  # ten seconds, sealed
    "vtl1_entries_first_load": ("entries", None),  # static keys that are used for the first time
    "vtl1_entries_load": ("entries", 0),  # the same again
    "vtl_image_bytes": ("bytes", 768 * KIB),
    "vtl_memory_bytes": ("bytes", None),  # depends on the machine: memory_budget
    "boot_cpu_ratio": ("ratio", 1.25),
    "boot_cpu_seconds": ("seconds", None),
    "mbec_exits_per_system_call": ("exits", 4),
    "mbec_exits_per_interrupt": ("exits", None),
    "mbec_getppid_ratio": ("ratio", None),
    "mbec_exec_ratio": ("ratio", None),
    "mbec_boot_cpu_ratio": ("ratio", 2.5),
}
LINE = re.compile(r"^bench (\w+) ([0-9.]+) (\w+)\s*$", re.MULTILINE)


@dataclasses.dataclass(frozen=True)
class Figure:
    """One measured value."""

    value: float
    unit: str
    budget: float | None = None

    @property
    def is_missed(self) -> bool:
        return self.budget is not None and self.value > self.budget


def memory_budget(cpu_count: int, vtl0_bytes: int) -> int:
    """Bytes VTL1 may use: a fixed part, one per CPU, and the ledger's 4 bytes per frame of VTL0."""
    return 8 * MIB + 128 * KIB * cpu_count + 4 * (vtl0_bytes // PAGE_BYTES)


def parse_size(text: str) -> int:
    """Bytes of a QEMU memory size: 512M, 1G; a plain number is in MiB."""
    match = re.fullmatch(r"(\d+)([kKmMgG]?)", text)
    if not match:
        raise ValueError(f"not a memory size: {text}")
    return int(match.group(1)) * {"k": KIB, "m": MIB, "g": 1024 * MIB, "": MIB}[match.group(2).lower()]


def parse_guest_lines(output: str) -> dict[str, Figure]:
    """Lines `bench <name> <value> <unit>` of the guest's program; a name we do not know has no budget."""
    found = {}
    for name, value, unit in LINE.findall(output):
        found[name] = Figure(float(value), unit, BUDGETS.get(name, (unit, None))[1])
    return found


def as_json(figures: dict[str, Figure]) -> dict[str, dict[str, float | str | None]]:
    return {name: dataclasses.asdict(figure) for name, figure in sorted(figures.items())}


def table(figures: dict[str, Figure]) -> str:
    lines = []
    for name, figure in sorted(figures.items()):
        budget = "" if figure.budget is None else f"  budget {figure.budget:,.10g}"
        missed = "  MISSED" if figure.is_missed else ""
        lines.append(f"{name:24} {figure.value:>16,.10g} {figure.unit}{budget}{missed}")
    return "\n".join(lines)
