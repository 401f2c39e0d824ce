# SPDX-License-Identifier: MIT
"""A running stock kernel is what its manifest says, byte for byte, with one CPU and with two."""

from __future__ import annotations

import tempfile
from pathlib import Path

from redoubt_test import stage

# Names of folders of build/kernels, and numbers of CPUs: with one the kernel drops its LOCK prefixes.
MACHINES = [(name, count) for name in ("6.12-cloud", "6.1-cloud") for count in (1, 2)]


def unexplained(name: str, cpu_count: int, folder: Path) -> str:
    """What the two commands say if they do not agree; empty if they do."""
    version, _, flavour = name.partition("-")
    machine = [f"--kernel={version}", f"--flavour={flavour}", f"--smp={cpu_count}"]
    taken = stage.run(["tools/manifest", "dump", "--out", folder, "--", *machine])
    if taken.returncode:
        return taken.stdout
    checked = stage.run(["tools/manifest", "check", f"build/manifests/{name}/redoubt-manifest.bin", "--dump", folder])
    return checked.stdout if checked.returncode or not checked.stdout.endswith("\n0 bytes unexplained\n") else ""


def run_all() -> stage.Stage:
    found = stage.Stage()
    for name, cpu_count in MACHINES:
        if not (stage.ROOT / "build" / "kernels" / name / "version").exists():
            continue
        with tempfile.TemporaryDirectory() as folder:
            wrong = unexplained(name, cpu_count, Path(folder))
        if wrong:
            found.fail(f"the manifest of {name} does not explain its kernel with {cpu_count} CPU:\n{wrong}")
        else:
            found.ok()
    return found
