# SPDX-License-Identifier: MIT
"""Takes the figures, one function each; what cannot be taken raises Unmeasured."""

from __future__ import annotations

import argparse
import copy
import json
import statistics
import sys

from build.check_image import image_bytes
from redoubt_bench.figures import BUDGETS, Figure, memory_budget, parse_guest_lines, parse_size
from redoubt_vm import paths, qemu, session
from redoubt_vm.request import Request
from redoubt_vm.run import STDERR, Outcome

BOOT_TIMEOUT_SECONDS = 120
GUEST_TIMEOUT_SECONDS = 900
GUEST_PROGRAM = "bench"
# Parts between the marks: the signature, all else of the seal, idle, the first load, the same again.
SEAL_COMMAND = "/tests/bench_seal mark header mark seal mark idle mark load mark load mark"
SEAL_PARTS = 5
MBEC_PROGRAM = "/tests/bench_mbec"
# What scripts do on the way to a shell: programs that start and read a little.
MBEC_WORK = ("for i in 1 2 3 4 5 6 7 8 9 10; do ls -l / /proc; grep -c . /proc/meminfo; uname -a; done >/dev/null 2>&1; "
             "true")


class Unmeasured(Exception):
    """A figure could not be taken; the text says why."""


def image() -> dict[str, Figure]:
    path = paths.VTL1_IMAGES[""]
    if not path.exists():
        raise Unmeasured(f"{path} is not there")
    return {"vtl_image_bytes": Figure(image_bytes(path.read_bytes()), *BUDGETS["vtl_image_bytes"])}


def _outcome(options: argparse.Namespace, command: str, timeout: float) -> Outcome:
    request = Request(command=command, variant=options.variant)
    outcome, explanation = session.execute(options, request, timeout, (STDERR, None))
    if explanation or outcome.status != 0:
        raise Unmeasured(explanation or f"`{command}` exited with {outcome.status}")
    return outcome


def _run(options: argparse.Namespace, command: str, timeout: float) -> str:
    return _outcome(options, command, timeout).output.decode(errors="replace")


def memory(options: argparse.Namespace) -> dict[str, Figure]:
    status = json.loads(_run(options, "redoubt status --json", BOOT_TIMEOUT_SECONDS))["vtl1"]
    budget = memory_budget(status["cpus"], parse_size(options.memory))
    return {"vtl_memory_bytes": Figure(status["memory_bytes"], "bytes", budget)}


def _counted(options: argparse.Namespace, command: str) -> dict[str, Figure]:
    """What a command in a guest with one CPU prints, and what the plugin sees of VTL1 meanwhile."""
    counted = copy.copy(options)
    counted.icount, counted.smp = True, 1
    counts = paths.BUILD / "bench" / "vtl1_entries.txt"
    counts.unlink(missing_ok=True)
    plugin = paths.BUILD / "bench" / f"vtl1_entries.{qemu.choose(options.qemu).plugin_version}.so"
    counted.qemu_option = [*options.qemu_option, "-plugin", f"{plugin},out={counts}"]
    output = _run(counted, command, GUEST_TIMEOUT_SECONDS)
    if not counts.exists():
        raise Unmeasured(f"{plugin.name} left no counts")
    return parse_guest_lines(output + counts.read_text())


def guest(options: argparse.Namespace) -> dict[str, Figure]:
    """What the guest's program measures, and what the plugin sees of VTL1 meanwhile, in instructions."""
    if not (paths.GUEST / "tests" / GUEST_PROGRAM).exists():
        raise Unmeasured("there is no selftests/vm/bench.c")
    figures = _counted(options, f"/tests/{GUEST_PROGRAM}")
    if missing := {"vtl_call_null", "vtl_call_roundtrip", "longest_entry"} - set(figures):
        raise Unmeasured(f"nothing says {', '.join(sorted(missing))}")
    return figures


def seal(options: argparse.Namespace) -> dict[str, Figure]:
    """What the seal costs, and how often VTL0 enters VTL1 afterwards."""
    found = _counted(options, SEAL_COMMAND)
    taken = {f"part_{number}_{what}": found.get(f"part_{number}_{what}", None)
             for number in range(1, SEAL_PARTS + 1) for what in ("entries", "instructions", "longest")}
    if None in taken.values():
        raise Unmeasured("the plugin has not seen all marks")
    value = {name: figure.value for name, figure in taken.items() if figure}
    if not value["part_2_entries"]:
        raise Unmeasured("nothing was sealed")
    figures = {
        "seal_instructions": value["part_1_instructions"] + value["part_2_instructions"],
        "seal_signature_longest": value["part_1_longest"],
        "seal_longest_entry": value["part_2_longest"],
        "vtl1_entries_idle": value["part_3_entries"],
        "vtl1_entries_first_load": value["part_4_entries"],
        "vtl1_entries_load": value["part_5_entries"],
    }
    return {name: Figure(figure, *BUDGETS[name]) for name, figure in figures.items()}


def _boot_seconds(options: argparse.Namespace) -> float:
    outcome, explanation = session.execute(
        options, Request(command="true"), BOOT_TIMEOUT_SECONDS, (None, None), stop_at_begin=True
    )
    if outcome.status != 0:
        raise Unmeasured(explanation or "a boot failed")
    return outcome.cpu_seconds


def boot(options: argparse.Namespace, pairs: int) -> dict[str, Figure]:
    """CPU-seconds of QEMU until the shell, with everything of ours and with nothing, in turn."""
    bare = copy.copy(options)
    bare.no_hypervisor = bare.no_driver = True
    ratios, seconds = [], []
    for number in range(pairs):
        without, ours = _boot_seconds(bare), _boot_seconds(options)
        print(f"bench: boot pair {number + 1}: {without:.2f} s without, {ours:.2f} s with", file=sys.stderr)
        ratios.append(ours / without)
        seconds.append(ours)
    return {
        "boot_cpu_ratio": Figure(round(statistics.median(ratios), 3), *BUDGETS["boot_cpu_ratio"]),
        "boot_cpu_seconds": Figure(round(statistics.median(seconds), 2), *BUDGETS["boot_cpu_seconds"]),
    }


def mbec(options: argparse.Namespace, pairs: int) -> dict[str, Figure]:
    """What separate execute rights cost while only users may execute nearly all memory.

    The ratio is of QEMU's CPU-seconds for boot, work and end, with memory so and with it as it was, in turn.
    """
    selftest = copy.copy(options)
    selftest.variant = "selftest"
    figures = parse_guest_lines(_run(selftest, MBEC_PROGRAM, GUEST_TIMEOUT_SECONDS))
    if missing := {name for name in BUDGETS if name.startswith("mbec_") and "boot" not in name} - set(figures):
        raise Unmeasured(f"nothing says {', '.join(sorted(missing))}")
    ratios = []
    for number in range(pairs):
        free, restricted = (_outcome(selftest, command, GUEST_TIMEOUT_SECONDS).cpu_seconds for command in
                            (MBEC_WORK, f"{MBEC_PROGRAM} restrict && {{ {MBEC_WORK}; }}"))
        print(f"bench: MBEC pair {number + 1}: {free:.2f} s without, {restricted:.2f} s with", file=sys.stderr)
        ratios.append(restricted / free)
    ratio = Figure(round(statistics.median(ratios), 3), *BUDGETS["mbec_boot_cpu_ratio"])
    return figures | {"mbec_boot_cpu_ratio": ratio}
