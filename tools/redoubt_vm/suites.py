# SPDX-License-Identifier: MIT
"""The list of VM suites, selftests/vm/suites.json.

A suite there is an object: name; command (in the guest, prints TAP unless `tap` is false); tiers and
machines as lists, of which every combination is one run. Fields with their defaults are in Suite.
"""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

from redoubt_vm import paths

LIST = paths.ROOT / "selftests" / "vm" / "suites.json"
TIERS = ("ci", "all")


@dataclasses.dataclass(frozen=True)
class Suite:
    """One run of one machine.

    qemu: `old`, `new`, or empty for the best; a class this machine lacks is skipped, and said.
    expect_status: what the command must exit with; expect_output: a regular expression its stdout must
    match; expect_hypervisor_log, expect_console: likewise. With tap, its results are counted, else the
    run is one result.
    """

    name: str
    command: str
    tier: str = "ci"
    tap: bool = True
    smp: int = 2
    memory: str = "1G"
    kernel: str = "6.12"
    flavour: str = "cloud"
    qemu: str = ""
    cpu: str = ""
    append: str = ""
    hv_append: str = ""
    variant: str = ""
    hypervisor: bool = True
    iommu: bool = True
    devices: str = ""
    doors: bool = False
    driver: bool = True
    seal: bool = False
    reboots: bool = False
    icount: bool = False
    repeat: int = 1
    timeout: float = 300
    expect_status: int = 0
    expect_output: str = ""
    expect_console: str = ""
    expect_hypervisor_log: str = ""

    @property
    def title(self) -> str:
        """Unique within the list."""
        below = "" if self.hypervisor else ", bare"
        return f"{self.name} ({self.smp} CPU, {self.kernel}-{self.flavour}, QEMU {self.qemu or 'best'}{below})"

    def arguments(self) -> list[str]:
        """As options of tools/vm run."""
        line = [f"--smp={self.smp}", f"--memory={self.memory}", f"--kernel={self.kernel}"]
        line += [f"--flavour={self.flavour}", f"--qemu={self.qemu}", f"--cpu={self.cpu}"]
        line += [f"--append={self.append}", f"--hv-append={self.hv_append}", f"--variant={self.variant}"]
        line += [] if self.hypervisor else ["--no-hypervisor"]
        line += [] if self.driver else ["--no-driver"]
        line += [] if self.iommu else ["--no-iommu"]
        line += ["--seal"] if self.seal else []
        line += [f"--devices={self.devices}"]
        line += ["--doors"] if self.doors else []
        line += ["--reboots"] if self.reboots else []
        return line + (["--icount"] if self.icount else [])


def _combinations(entry: dict[str, object]) -> list[dict[str, object]]:
    """A field that is a list stands for one entry per element."""
    found: list[dict[str, object]] = [{}]
    for key, value in entry.items():
        values = value if isinstance(value, list) else [value]
        found = [{**one, key: element} for one in found for element in values]
    return found


def parse(text: str) -> list[Suite]:
    known = {field.name for field in dataclasses.fields(Suite)}
    suites = []
    for entry in json.loads(text)["suites"]:
        for fields in _combinations({key: value for key, value in entry.items() if key != "about"}):
            if unknown := set(fields) - known:
                raise ValueError(f"suite {fields.get('name')}: unknown field {', '.join(sorted(unknown))}")
            suites.append(Suite(**fields))  # type: ignore[arg-type]
    titles = [suite.title for suite in suites]
    if doubled := {title for title in titles if titles.count(title) > 1}:
        raise ValueError(f"suites of the same name and machine: {', '.join(sorted(doubled))}")
    if bad := {suite.tier for suite in suites} - set(TIERS):
        raise ValueError(f"unknown tier: {', '.join(sorted(bad))}")
    return suites


def load(tier: str, path: Path = LIST) -> list[Suite]:
    """The suites of a tier; `all` contains `ci`."""
    return [suite for suite in parse(path.read_text()) if tier == "all" or suite.tier == tier]
