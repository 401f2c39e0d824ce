# SPDX-License-Identifier: MIT
"""Runs VM suites and says what came of them."""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import sys
from pathlib import Path

from redoubt_vm import kernel, options as options_module, paths, qemu, session, tap
from redoubt_vm.request import Request
from redoubt_vm.run import STDERR
from redoubt_vm.suites import LIST, Suite

STATE = paths.BUILD / "results" / "vm-state.json"


def built_hash() -> str:
    """Changes when anything that is tested does."""
    digest = hashlib.sha256()
    files = [LIST, paths.HYPERVISOR, *paths.VTL1_IMAGES.values(), *sorted(paths.GUEST.rglob("*"))]
    files += sorted((paths.BUILD / "driver").glob("*/vtl0_driver/redoubt.ko"))
    files += sorted((paths.BUILD / "driver").glob("*/selftests/*/module/*.ko"))
    for file in files:
        if file.is_file():
            digest.update(file.read_bytes())
    return digest.hexdigest()


def missing_for(suite: Suite) -> str:
    """What this machine lacks for the suite; empty if nothing."""
    try:
        qemu.choose(suite.qemu)
        kernel.Kernel.find(f"{suite.kernel}-{suite.flavour}")
    except (qemu.NoQemu, kernel.NoKernel) as error:
        return str(error)
    return ""


def mismatches(suite: Suite, status: int, output: str, console: str, log: str) -> list[str]:
    """What was expected and did not happen."""
    found = []
    if status != suite.expect_status:
        found.append(f"exit status {status} instead of {suite.expect_status}")
    for what, pattern, text in (
        ("output", suite.expect_output, output),
        ("console", suite.expect_console, console),
        ("hypervisor's console", suite.expect_hypervisor_log, log),
    ):
        if pattern and not re.search(pattern, text, re.MULTILINE):
            found.append(f"no {pattern!r} in the {what}")
    return found


def run_once(suite: Suite) -> tap.Totals:
    parser = options_module.parser_of_machine()
    options = parser.parse_args(suite.arguments())
    options.quiet = True
    options.hv_log = paths.VM / "suite-hypervisor.log"
    request = Request(command=suite.command, variant=suite.variant, driver=suite.driver, seal=suite.seal)
    paths.VM.mkdir(parents=True, exist_ok=True)
    options.hv_log.unlink(missing_ok=True)
    outcome, explanation = session.execute(options, request, suite.timeout, (STDERR, STDERR))
    log = options.hv_log.read_text(errors="replace") if options.hv_log.exists() else ""
    output = outcome.output.decode(errors="replace")
    totals = tap.parse(output) if suite.tap else tap.Totals()
    wrong = mismatches(suite, outcome.status, output, outcome.console.decode(errors="replace"), log)
    # A machine that is meant to stop is expected to, by status 124 or 125.
    unexpected_end = bool(explanation) and outcome.status != suite.expect_status
    if unexpected_end:
        print(explanation, file=sys.stderr)
        wrong = [explanation.splitlines()[0], *wrong[1:]]
    # A status that only repeats failed results is not one more failure.
    if wrong and not (suite.tap and totals.failed and not unexpected_end):
        totals.fail("; ".join(wrong))
    elif not suite.tap:
        totals.passed += 1
    elif not (totals.passed or totals.skipped or totals.failed):
        totals.fail("nothing ran")
    totals.failures = [f"{suite.title}: {name}" for name in totals.failures]
    print(f"  VM      {suite.title}: {totals.line()}, {outcome.wall_seconds:.0f} s", flush=True)
    return totals


def _load_state(state_hash: str) -> dict[str, dict[str, int]]:
    try:
        state = json.loads(STATE.read_text())
    except (OSError, ValueError):
        return {}
    return state["done"] if state.get("hash") == state_hash else {}


def run_all(suites: list[Suite], resume: bool) -> tap.Totals:
    """Runs the suites in order. With resume, one that passed with the same files is not run again."""
    totals = tap.Totals()
    state_hash = built_hash()
    done = _load_state(state_hash) if resume else {}
    for suite in suites:
        if suite.title in done:
            print(f"  VM      {suite.title}: passed before", flush=True)
            totals.add(tap.Totals(**done[suite.title]))
            continue
        if lacking := missing_for(suite):
            print(f"  VM      {suite.title}: SKIPPED, {lacking}", flush=True)
            totals.skipped += 1
            continue
        result = tap.Totals()
        for _ in range(suite.repeat):
            result.add(run_once(suite))
        totals.add(result)
        if not result.failed:
            done[suite.title] = {"passed": result.passed, "skipped": result.skipped}
            STATE.parent.mkdir(parents=True, exist_ok=True)
            STATE.write_text(json.dumps({"hash": state_hash, "done": done}, indent=1))
    return totals


def main(options: argparse.Namespace, suites: list[Suite]) -> int:
    totals = run_all(suites, options.resume)
    for name in totals.failures:
        print(f"  FAILED  {name}")
    if options.result:
        Path(options.result).parent.mkdir(parents=True, exist_ok=True)
        Path(options.result).write_text(json.dumps(vars(totals)))
    print(totals.line())
    return 1 if totals.failed or not totals.passed else 0
