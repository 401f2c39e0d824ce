# SPDX-License-Identifier: MIT
"""A run from options to outcome: its folder, its files, its logs."""

from __future__ import annotations

import argparse
import contextlib
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from redoubt_vm import command_line, devices, initramfs, options as options_module, paths, run
from redoubt_vm.request import Request

LOG_TAIL_LINES = 25
Sink = Callable[[bytes], None] | None


def say(text: str) -> None:
    print(f"vm: {text}", file=sys.stderr, flush=True)


def _remove_orphans() -> None:
    """Folders of runs that were killed before they could tidy up."""
    for folder in paths.VM.glob("run-*"):
        if not Path("/proc", folder.name.removeprefix("run-")).exists():
            shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def run_folder() -> Iterator[Path]:
    """A folder for one run; its logs stay behind as build/vm/last-*.log."""
    _remove_orphans()
    folder = paths.VM / f"run-{os.getpid()}"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    try:
        yield folder
    finally:
        for log in folder.glob("*.log"):
            log.replace(paths.VM / f"last-{log.name}")
        shutil.rmtree(folder, ignore_errors=True)


def describe(machine: command_line.Machine) -> str:
    below = "our hypervisor" if machine.hypervisor else "no hypervisor"
    return f"{machine.qemu}, {machine.cpu_count} CPUs, {machine.memory}, {machine.kernel.release}, {below}"


def _tail(text: bytes) -> str:
    return "\n".join(text.decode(errors="replace").splitlines()[-LOG_TAIL_LINES:])


def explain(outcome: run.Outcome, hypervisor_log: bytes) -> str:
    """Why a machine ended otherwise than by its command; empty if it did not."""
    if outcome.status not in (run.TIMED_OUT, run.DIED) or outcome.finished:
        return ""
    what = "ran out of time" if outcome.status == run.TIMED_OUT else "ended before its command did"
    text = f"the machine {what}"
    if not outcome.begun:
        text += f"; its console:\n{_tail(outcome.console)}"
    return f"{text}\nThe hypervisor's console:\n{_tail(hypervisor_log)}" if hypervisor_log else text


def execute(
    options: argparse.Namespace,
    request: Request,
    timeout: float,
    sinks: tuple[Sink, Sink] = (None, None),
    stop_at_begin: bool = False,
) -> tuple[run.Outcome, str]:
    """Runs a command in a new machine: the outcome, and an explanation if the machine failed."""
    with run_folder() as folder:
        machine = options_module.machine_of(options, folder)
        if not options.quiet:
            say(describe(machine))
        devices.write_files(machine.devices, folder)
        initramfs.build(machine.kernel, request, machine.initramfs)
        outcome = run.run(
            lambda console, data: command_line.command_line(options_module.with_ports(machine, console, data)),
            request,
            timeout,
            stop_at_begin,
            sinks,
        )
        (folder / "console.log").write_bytes(outcome.console)
        log = machine.hypervisor_log
        explanation = explain(outcome, log.read_bytes() if log and log.exists() else b"")
    return outcome, explanation


def interact(options: argparse.Namespace, request: Request) -> int:
    """A shell on this terminal."""
    with run_folder() as folder:
        machine = options_module.machine_of(options, folder)
        say(describe(machine))
        devices.write_files(machine.devices, folder)
        initramfs.build(machine.kernel, request, machine.initramfs)
        machine = options_module.with_ports(machine, "mon:stdio")
        return run.interactive(command_line.command_line(machine))
