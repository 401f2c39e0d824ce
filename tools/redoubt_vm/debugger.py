# SPDX-License-Identifier: MIT
"""QEMU's stub for gdb, and the file of commands that brings gdb to it with the symbols of all images."""

from __future__ import annotations

import argparse
import os
import socket
import sys

from redoubt_vm import paths
from redoubt_vm.kernel import Kernel

COMMANDS = paths.BUILD / "debug.gdb"
# VTL1's image that the guest gets has no symbols left; it is made from this one.
VTL1_SYMBOLS = {
    "": paths.BUILD / "vtl1" / "vtl1.unchecked.elf",
    "selftest": paths.BUILD / "vtl1" / "vtl1-selftest.unchecked.elf",
}

# QEMU looks at the program counter and leaves memory alone: a breakpoint is hit in every address space.
# Without an address the symbols of an image lie where it was linked.
TEXT = """\
set pagination off
set confirm off
file {hypervisor}
add-symbol-file {vtl1}

define redoubt-ko
  add-symbol-file {driver} -s .text $arg0
end
document redoubt-ko
redoubt-ko ADDRESS: the driver's symbols. The guest has the address in /sys/module/redoubt/sections/.text
end

target remote 127.0.0.1:{port}
"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def commands(kernel: Kernel, variant: str, port: int) -> str:
    return TEXT.format(
        hypervisor=paths.HYPERVISOR.with_suffix(".elf"),
        vtl1=VTL1_SYMBOLS[variant],
        driver=kernel.driver_folder(variant) / "vtl0_driver" / "redoubt.ko",
        port=port,
    )


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--gdb", type=int, metavar="PORT", help="QEMU listens for gdb on this port here; 0: a free one")
    parser.add_argument("--gdb-wait", action="store_true", help="no instruction before gdb says so")


def prepare(options: argparse.Namespace) -> list[str]:
    """Writes gdb's commands and says how to start it: the words for QEMU, none without --gdb."""
    if options.gdb is None:
        return []
    port = options.gdb or free_port()
    COMMANDS.write_text(commands(Kernel.find(f"{options.kernel}-{options.flavour}"), options.variant, port))
    print(f"vm: in a second terminal: gdb -x {os.path.relpath(COMMANDS)}", file=sys.stderr, flush=True)
    return ["-gdb", f"tcp:127.0.0.1:{port}", *(["-S"] if options.gdb_wait else [])]
