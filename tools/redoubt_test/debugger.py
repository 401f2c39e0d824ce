# SPDX-License-Identifier: MIT
"""gdb, as `make debug` offers it, stops in each of the three images and knows where it is."""

from __future__ import annotations

import contextlib
import re
import selectors
import subprocess
from collections.abc import Iterator

from redoubt_test import stage

COMMANDS = stage.ROOT / "build" / "debug.gdb"
BOOT_SECONDS = 180
GDB_SECONDS = 180
# Calls VTL1 until it is ended, having said where the driver lies.
GUEST = "cat /sys/module/redoubt/sections/.text; while redoubt status >/dev/null; do :; done"
FUNCTIONS = ("hypervisor::handle_cpuid", "vtl1::services::status", "device_ioctl")


@contextlib.contextmanager
def machine() -> Iterator[subprocess.Popen[str]]:
    command = ["tools/vm", "run", "--quiet", "--gdb", "0", "--cmd", GUEST, "--timeout", str(BOOT_SECONDS + GDB_SECONDS)]
    COMMANDS.unlink(missing_ok=True)
    process = subprocess.Popen(
        command, cwd=stage.ROOT, text=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    try:
        yield process
    finally:
        # It ends its QEMU.
        process.terminate()
        process.communicate()


def first_line(process: subprocess.Popen[str]) -> str:
    """What the guest prints first; empty if that takes too long."""
    assert process.stdout
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        return process.stdout.readline().strip() if selector.select(BOOT_SECONDS) else ""


def ask_gdb(address: str) -> str:
    """What gdb prints: for each function, the frame in which it stopped."""
    words = ["gdb", "-nx", "-batch", "-x", str(COMMANDS), "-ex", f"redoubt-ko {address}"]
    for function in FUNCTIONS:
        for step in (f"tbreak {function}", "continue", f"echo stopped for {function}:\\n", "frame"):
            words += ["-ex", step]
    words += ["-ex", "detach"]
    answer = subprocess.run(words, cwd=stage.ROOT, capture_output=True, text=True, timeout=GDB_SECONDS, check=False,
                            stdin=subprocess.DEVNULL)
    return answer.stdout + answer.stderr


def missed(text: str) -> list[str]:
    """The functions in which gdb did not stop, or did not know that it was there."""
    return [
        function for function in FUNCTIONS
        if not re.search(rf"^stopped for {function}:\n#0 +(0x\w+ in )?{function} ?\(", text, re.MULTILINE)
    ]


def run_all() -> stage.Stage:
    found = stage.Stage()
    with machine() as process:
        address = first_line(process)
        try:
            text = ask_gdb(address) if address.startswith("0x") else f"the guest says {address!r}"
        except subprocess.TimeoutExpired as error:
            text = f"gdb ran out of time: {error.stdout!r}"
    wrong = missed(text)
    found.ok(len(FUNCTIONS) - len(wrong))
    for function in wrong:
        found.fail(f"gdb does not stop in {function}:\n{text}")
    return found
