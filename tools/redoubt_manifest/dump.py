# SPDX-License-Identifier: MIT
"""A running kernel's image, read from a virtual machine's memory from outside."""

from __future__ import annotations

import argparse
import dataclasses
import json
import re
import socket
import tempfile
from pathlib import Path

from redoubt_manifest.image import LINK_BASE
from redoubt_manifest.refused import Refused
from redoubt_vm import options as options_module, session
from redoubt_vm.request import Request

TIMEOUT_SECONDS = 240.0
# Says where the kernel is, then waits to be looked at.
GUEST = ("grep -E ' (_text|_end)$' /proc/kallsyms; grep 'Kernel code' /proc/iomem; uname -r; echo here; "
         f"sleep {TIMEOUT_SECONDS:.0f}")


@dataclasses.dataclass(frozen=True)
class Dump:
    """data: from _text to _end, by offset; slide: what was added to addresses as linked."""

    release: str
    slide: int
    data: bytes

    def write(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "image").write_bytes(self.data)
        (folder / "about.json").write_text(json.dumps({"release": self.release, "slide": self.slide}) + "\n")

    @classmethod
    def read(cls, folder: Path) -> Dump:
        about = json.loads((folder / "about.json").read_text())
        return cls(about["release"], about["slide"], (folder / "image").read_bytes())


@dataclasses.dataclass(frozen=True)
class Place:
    """Where the guest says that its kernel is; addresses in bytes."""

    release: str
    text: int
    end: int
    physical: int

    @classmethod
    def parse(cls, output: str) -> Place | None:
        """From what GUEST prints; None as long as that is incomplete."""
        if not re.search(r"^here$", output, re.MULTILINE):
            return None
        symbols = dict(re.findall(r"^([0-9a-f]{16}) \w (_text|_end)$", output, re.MULTILINE))
        by_name = {name: int(address, 16) for address, name in symbols.items()}
        code = re.search(r"^\s*([0-9a-f]+)-[0-9a-f]+ : Kernel code$", output, re.MULTILINE)
        lines = output.split()
        if len(by_name) != 2 or not code:
            raise Refused(f"the guest does not say where its kernel is:\n{output}")
        return cls(lines[lines.index("here") - 1], by_name["_text"], by_name["_end"], int(code.group(1), 16))


class _Monitor:
    """QEMU's monitor, as JSON (QEMU, docs/interop/qmp-spec)."""

    def __init__(self, path: Path) -> None:
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.connect(str(path))
        self._file = self._socket.makefile("rw")
        self._file.readline()
        self.command("qmp_capabilities")

    def command(self, name: str, **arguments: object) -> None:
        self._file.write(json.dumps({"execute": name, "arguments": arguments}) + "\n")
        self._file.flush()
        for line in self._file:
            answer = json.loads(line)
            if "error" in answer:
                raise Refused(f"QEMU: {answer['error']['desc']}")
            if "return" in answer:
                return

    def close(self) -> None:
        self._file.close()
        self._socket.close()


def take(machine: list[str], before: str = "") -> Dump:
    """Boots a machine and reads its kernel while it stands still.

    @param machine options of tools/vm run
    @param before a command that the guest runs first
    """
    options = options_module.parser_of_machine().parse_args(machine)
    options.quiet = True
    found: list[Dump] = []
    output = bytearray()
    with tempfile.TemporaryDirectory() as folder:
        path, memory = Path(folder, "monitor"), Path(folder, "memory")
        options.qemu_option += ["-qmp", f"unix:{path},server=on,wait=off"]

        def look(data: bytes) -> None:
            output.extend(data)
            place = None if found else Place.parse(output.decode(errors="replace"))
            if not place:
                return
            monitor = _Monitor(path)
            monitor.command("stop")
            monitor.command("pmemsave", val=place.physical, size=place.end - place.text, filename=str(memory))
            monitor.command("quit")
            monitor.close()
            found.append(Dump(place.release, place.text - LINK_BASE, memory.read_bytes()))

        command = f"{{ {before}; }} >&2; {GUEST}" if before else GUEST
        request = Request(command=command, variant=options.variant, driver=not options.no_driver)
        outcome, _ = session.execute(options, request, TIMEOUT_SECONDS, (None, look))
    if not found:
        raise Refused(f"no dump: the machine said\n{outcome.console.decode(errors='replace')[-2000:]}")
    return found[0]


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="where to put it")
    parser.add_argument("--before", default="", metavar="TEXT", help="a shell command for the guest to run first")
    parser.add_argument("machine", nargs="*", help="options of tools/vm run, behind --")
