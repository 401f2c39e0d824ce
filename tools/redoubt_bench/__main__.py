# SPDX-License-Identifier: MIT
"""Measures, prints a table, writes build/bench.json; non-zero if a budget is missed or a figure missing."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable

from redoubt_bench import figures, measure
from redoubt_vm import kernel, options as machine_options, paths, qemu

RESULT = paths.BUILD / "bench.json"


def main() -> int:
    parser = argparse.ArgumentParser(prog="tools/bench", description=__doc__)
    machine_options.add_machine_options(parser)
    parser.add_argument("--pairs", type=int, default=5, help="boots with and without, in turn (5)")
    parser.add_argument("--only", action="append", default=[], metavar="PART",
                        help="image, memory, guest, seal, boot, mbec")
    options = parser.parse_args()
    options.quiet = True
    parts: dict[str, Callable[[], dict[str, figures.Figure]]] = {
        "image": measure.image,
        "memory": lambda: measure.memory(options),
        "guest": lambda: measure.guest(options),
        "seal": lambda: measure.seal(options),
        "boot": lambda: measure.boot(options, options.pairs),
        "mbec": lambda: measure.mbec(options, options.pairs),
    }
    found: dict[str, figures.Figure] = {}
    failed = False
    for name, take in parts.items():
        if options.only and name not in options.only:
            continue
        try:
            found |= take()
        except (measure.Unmeasured, machine_options.NotBuilt, kernel.NoKernel, qemu.NoQemu,
                KeyError, ValueError) as error:
            print(f"bench: {name} could not be measured: {error!s}", file=sys.stderr)
            failed = True
    RESULT.parent.mkdir(parents=True, exist_ok=True)
    RESULT.write_text(json.dumps(figures.as_json(found), indent=2) + "\n")
    print(figures.table(found))
    return 1 if failed or any(figure.is_missed for figure in found.values()) else 0


sys.exit(main())
