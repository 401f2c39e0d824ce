# SPDX-License-Identifier: MIT
"""One QEMU process, from start to exit status."""

from __future__ import annotations

import dataclasses
import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Callable

from redoubt_vm.request import Request

# Exit statuses for what happens to the machine; others are the command's own. As timeout(1) has them.
TIMED_OUT = 124
DIED = 125
# From the command's end to that of the machine, which switches itself off.
POWER_OFF_SECONDS = 20.0
# From the end marker on the data port to that on the console.
CONSOLE_LAG_SECONDS = 2.0


@dataclasses.dataclass
class Outcome:
    """status: the command's, or TIMED_OUT or DIED; finished: it is the command's.

    begun: the command was started, and the console since then has been passed on.

    cpu_seconds: of the QEMU process, user and system.
    """

    status: int
    console: bytes
    output: bytes
    cpu_seconds: float
    wall_seconds: float
    finished: bool = True
    begun: bool = True


class Stream:
    """One serial port's bytes; passes on what lies between the begin and the end marker."""

    def __init__(self, request: Request, sink: Callable[[bytes], None] | None) -> None:
        self._begin = request.begin_marker()
        self._end = request.end_marker()
        self._sink = sink
        self._all = bytearray()
        self._passed = -1
        self.content = bytearray()
        self.status: int | None = None

    @property
    def everything(self) -> bytes:
        return bytes(self._all)

    @property
    def has_begun(self) -> bool:
        return self._passed >= 0

    def _pass_on(self, end: int) -> None:
        part = bytes(self._all[self._passed : end])
        self._passed = max(self._passed, end)
        self.content += part
        if self._sink and part:
            self._sink(part)

    def feed(self, data: bytes) -> None:
        # A terminal adds carriage returns; the data port is raw and its markers have none.
        self._all += data
        if self._passed < 0:
            at = self._all.find(self._begin.rstrip(b"\n"))
            newline = self._all.find(b"\n", at)
            if at < 0 or newline < 0:
                return
            self._passed = newline + 1
        if self.status is not None:
            return
        at = self._all.find(self._end, self._passed)
        if at < 0:
            # Hold back what may be the start of the marker.
            held = next((n for n in range(len(self._end), 0, -1) if self._all.endswith(self._end[:n])), 0)
            self._pass_on(len(self._all) - held)
            return
        newline = self._all.find(b"\n", at)
        if newline >= 0:
            self._pass_on(at)
            self.status = int(self._all[at + len(self._end) : newline].strip())
        else:
            self._pass_on(at)


def _write_to(descriptor: int) -> Callable[[bytes], None]:
    def write(data: bytes) -> None:
        view = memoryview(data)
        while view:
            view = view[os.write(descriptor, view) :]

    return write


STDOUT = _write_to(1)
STDERR = _write_to(2)


def _reap(process: subprocess.Popen[bytes], seconds: float) -> float:
    """Waits for the process, ends it if it takes too long; the CPU-seconds it has used."""
    deadline = time.monotonic() + seconds
    while True:
        pid, status, usage = os.wait4(process.pid, os.WNOHANG)
        if pid:
            process.returncode = os.waitstatus_to_exitcode(status)
            return usage.ru_utime + usage.ru_stime
        if time.monotonic() >= deadline:
            os.kill(process.pid, signal.SIGKILL)  # Popen.kill() may reap it, and wait4() would find none
            deadline = float("inf")
        time.sleep(0.02)


def run(
    line: Callable[[str, str], list[str]],
    request: Request,
    timeout: float,
    stop_at_begin: bool = False,
    sinks: tuple[Callable[[bytes], None] | None, Callable[[bytes], None] | None] = (None, None),
) -> Outcome:
    """Runs QEMU until the command has ended.

    @param line gives the command line for the two serial ports' back ends: console, data
    @param stop_at_begin ends the machine when it is about to run the command
    @param sinks get the command's stderr with the console's messages meanwhile, and its stdout
    """
    (console_in, console_out), (data_in, data_out) = os.pipe(), os.pipe()
    console, data = Stream(request, sinks[0]), Stream(request, sinks[1])
    command = line("stdio", f"file:/dev/fd/{data_out}")
    start = time.monotonic()
    process = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=console_out, stderr=console_out, pass_fds=[data_out]
    )
    try:
        os.close(console_out)
        os.close(data_out)
        status = _follow(((console_in, console), (data_in, data)), start + timeout, stop_at_begin)
        cpu_seconds = _reap(process, POWER_OFF_SECONDS if status not in (TIMED_OUT, None) and not stop_at_begin else 0)
    finally:
        if process.returncode is None:
            process.kill()
            process.wait()
        os.close(console_in)
        os.close(data_in)
    finished = data.status is not None
    if status is None:
        status = 0 if stop_at_begin and data.has_begun else DIED
    return Outcome(status, console.everything, bytes(data.content), cpu_seconds, time.monotonic() - start, finished, console.has_begun)


def _follow(streams: tuple[tuple[int, Stream], ...], deadline: float, stop_at_begin: bool) -> int | None:
    """Reads until the end markers: the status, TIMED_OUT, or None if the machine went away first."""
    with selectors.DefaultSelector() as selector:
        for descriptor, stream in streams:
            selector.register(descriptor, selectors.EVENT_READ, stream)
        while selector.get_map():
            left = deadline - time.monotonic()
            if left <= 0:
                data_status = streams[-1][1].status
                return TIMED_OUT if data_status is None else data_status
            for key, _ in selector.select(left):
                data = os.read(key.fd, 65536)
                if data:
                    key.data.feed(data)
                else:
                    selector.unregister(key.fd)
            console, data = (stream for _, stream in streams)
            if data.status is not None:
                # The kernel's messages may have torn the console's own marker: do not insist on it.
                if console.status is not None:
                    return data.status
                deadline = min(deadline, time.monotonic() + CONSOLE_LAG_SECONDS)
            if stop_at_begin and data.has_begun:
                return None
    return streams[-1][1].status


def interactive(command: list[str]) -> int:
    """Gives the terminal to QEMU until it ends; QEMU sets it to raw mode and back."""
    sys.stdout.flush()
    return subprocess.run(command, check=False).returncode
