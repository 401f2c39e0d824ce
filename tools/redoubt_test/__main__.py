# SPDX-License-Identifier: MIT
"""Stages of tools/test, in order: check (unit tests on this machine), lint, fuzz, vm."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Callable

from redoubt_test import debugger, fuzz, host, manifest, refusals, stage, tools

KERNELS = {"ci": ("6.12-cloud", "6.1-cloud"), "all": ("6.12-cloud", "6.1-cloud", "6.12-full", "6.1-full")}
FUZZ_SECONDS = {"ci": 5, "all": 1200}


def check() -> stage.Stage:
    found = stage.Stage()
    for part in (tools, refusals, host):
        found.add(part.run_all())
    return found


def lint() -> stage.Stage:
    return _counted(["tools/lint/run"], "lint.json")


def virtual_machines(tier: str) -> stage.Stage:
    present = [name for name in KERNELS[tier] if (stage.ROOT / "build" / "kernels" / name / "version").exists()]
    if not stage.make("built", f"kernels={' '.join(present)}"):
        found = stage.Stage()
        found.fail("the build failed: no VM test was run")
        return found
    resume = ["--resume"] if tier == "all" else []
    found = _counted(["tools/vm", "suite", "--tier", tier, *resume], "vm.json")
    if tier == "all":
        found.add(debugger.run_all())
        found.add(manifest.run_all())
    return found


def _counted(command: list[str], result_name: str) -> stage.Stage:
    """Runs a program that prints its findings itself and writes its totals to a file."""
    found = stage.Stage()
    result = stage.RESULTS / result_name
    result.parent.mkdir(parents=True, exist_ok=True)
    result.unlink(missing_ok=True)
    status = subprocess.run([*command, "--result", str(result)], cwd=stage.ROOT, check=False).returncode
    if result.exists():
        totals = json.loads(result.read_text())
        found.passed, found.failed = totals["passed"], totals["failed"]
        found.failures = totals.get("failures", [])
    if status != 0 and not found.failed:
        found.fail(f"{' '.join(command)}: exit status {status}")
    return found


def main() -> int:
    parser = argparse.ArgumentParser(prog="tools/test", description=__doc__)
    parser.add_argument("--tier", choices=sorted(KERNELS), default="ci", help="of VM suites and fuzzers")
    parser.add_argument("--only", choices=["check", "lint", "fuzz", "vm"], help="one stage")
    parser.add_argument("--fuzz-seconds", type=int, help="for each fuzzer; the tier has its own number")
    options = parser.parse_args()
    stages: dict[str, Callable[[], stage.Stage]] = {
        "check": check,
        "lint": lint,
        "fuzz": lambda: fuzz.run_all(options.fuzz_seconds or FUZZ_SECONDS[options.tier]),
        "vm": lambda: virtual_machines(options.tier),
    }
    stage.RESULTS.mkdir(parents=True, exist_ok=True)
    totals = stage.Stage()
    for name, run in stages.items():
        if options.only in (None, name):
            start = time.monotonic()
            found = run()
            totals.add(found)
            print(f"{name}: {found.passed} passed, {found.failed} failed, {time.monotonic() - start:.0f} s", flush=True)
    for failure in totals.failures:
        print(f"FAILED {failure}")
    line = f"{totals.passed} passed, {totals.failed} failed"
    (stage.RESULTS / "totals").write_text(f"{line}\n")
    print(line, flush=True)
    return 1 if totals.failed or not totals.passed else 0


sys.exit(main())
