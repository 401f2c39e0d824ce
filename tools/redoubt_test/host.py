# SPDX-License-Identifier: MIT
"""The unit tests that run on this machine: GoogleTest programs, one per *_test.cpp."""

from __future__ import annotations

import concurrent.futures
import json
import os
from pathlib import Path

from redoubt_test import stage


def counts_of(report: str) -> tuple[int, int]:
    """Passed and failed tests in GoogleTest's JSON report."""
    fields = json.loads(report)
    return fields["tests"] - fields["failures"] - fields["disabled"], fields["failures"]


def run_program(program: Path) -> stage.Stage:
    found = stage.Stage()
    report = program.with_suffix(".json")
    report.unlink(missing_ok=True)
    result = stage.run([program, f"--gtest_output=json:{report}", "--gtest_brief=1"])
    passed, failed = counts_of(report.read_text()) if report.exists() else (0, 0)
    found.ok(passed)
    name = str(program.relative_to(stage.ROOT / "build" / "host"))
    if failed:
        found.fail(f"{name}:\n{result.stdout}", failed)
    elif result.returncode != 0:
        # A sanitizer, or a crash before the report was written.
        found.fail(f"{name}: exit status {result.returncode}\n{result.stdout}")
    elif not passed:
        found.fail(f"{name}: no tests in it")
    return found


def is_current(program: Path) -> bool:
    """Whether the program is there and made from what is. make -k leaves an older one in place when
    a part of the new one does not compile; that part's object is gone then."""
    inputs = program.with_suffix(".inputs")
    if not (program.exists() and inputs.exists()):
        return False
    built = program.stat().st_mtime
    objects = [stage.ROOT / word for word in inputs.read_text().split()]
    return all(file.exists() and file.stat().st_mtime <= built for file in objects)


def run_all() -> stage.Stage:
    found = stage.Stage()
    stage.make("built-host", keep_going=True)
    programs = [stage.ROOT / word for word in stage.make_output("host-programs")]
    present = [program for program in programs if is_current(program)]
    for program in sorted(set(programs) - set(present)):
        found.fail(f"{program.relative_to(stage.ROOT)}: does not build")
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for result in pool.map(run_program, present):
            found.add(result)
    return found
