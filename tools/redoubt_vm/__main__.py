# SPDX-License-Identifier: MIT
"""Commands of tools/vm."""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import sys

from redoubt_vm import debugger, devices, kernel, options as options_module, qemu, session, suite_run, suites
from redoubt_vm.request import Request
from redoubt_vm.run import STDERR, STDOUT


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="tools/vm", description=__doc__)
    commands = parser.add_subparsers(dest="what", required=True)
    run = commands.add_parser("run", help="boot; run a command or give a shell")
    options_module.add_machine_options(run)
    debugger.add_options(run)
    run.add_argument("--cmd", metavar="TEXT", help="a shell command for the guest; also from $REDOUBT_CMD")
    run.add_argument("--interactive", action="store_true", help="a shell even if stdin is no terminal")
    run.add_argument("--timeout", type=float, default=600, metavar="SECONDS", help="for --cmd (600)")
    run.add_argument("--quiet", action="store_true", help="do not say which machine runs")
    suite = commands.add_parser("suite", help="run the suites of selftests/vm/suites.json")
    suite.add_argument("--tier", choices=suites.TIERS, default="ci")
    suite.add_argument("--only", default="", metavar="TEXT", help="suites whose title contains it")
    suite.add_argument("--resume", action="store_true", help="leave out what passed before with these files")
    suite.add_argument("--result", metavar="FILE", help="where to write totals as JSON")
    return parser.parse_args()


def run(options: argparse.Namespace) -> int:
    command = options.cmd if options.cmd is not None else os.environ.get("REDOUBT_CMD", "")
    if not command and not options.interactive and not sys.stdin.isatty():
        # Input that is no terminal is a script for the guest's shell.
        command = sys.stdin.read().strip() or "redoubt status"
    options.qemu_option += debugger.prepare(options)
    request = Request(
        command=command,
        variant=options.variant,
        driver=not options.no_driver,
        seal=options.seal,
        extra_files=options_module.extra_files(options),
        terminal_size=tuple(shutil.get_terminal_size()),
    )
    if request.interactive:
        return session.interact(options, request)
    outcome, explanation = session.execute(options, request, options.timeout, (STDERR, STDOUT))
    if explanation:
        session.say(explanation)
    return outcome.status


def main() -> int:
    options = parse_arguments()
    # Leave through the clean-up, which ends the machine.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        if options.what == "run":
            return run(options)
        chosen = [suite for suite in suites.load(options.tier) if options.only in suite.title]
        return suite_run.main(options, chosen)
    except (devices.NoDevice, kernel.NoKernel, qemu.NoQemu, options_module.NotBuilt) as error:
        session.say(str(error))
        return 125
    except KeyboardInterrupt:
        return 130


sys.exit(main())
