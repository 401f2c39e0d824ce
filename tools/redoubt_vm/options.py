# SPDX-License-Identifier: MIT
"""The options that describe a machine, shared by all commands."""

from __future__ import annotations

import argparse
import dataclasses
from pathlib import Path

from redoubt_vm import devices, paths
from redoubt_vm.command_line import Machine
from redoubt_vm.kernel import Kernel
from redoubt_vm.qemu import choose


class NotBuilt(Exception):
    """Something that make builds is not there."""


def add_machine_options(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("the machine")
    group.add_argument("--smp", type=int, default=2, metavar="N", help="CPUs (2)")
    group.add_argument("--memory", default="1G", metavar="SIZE", help="as QEMU's -m (1G)")
    group.add_argument("--kernel", default="6.12", help="version: 6.12 or 6.1 (6.12)")
    group.add_argument("--flavour", default="cloud", help="cloud or full (cloud)")
    group.add_argument("--qemu", default="", metavar="PATH", help="or `old` (< 8.1), `new`; default: the best")
    group.add_argument("--cpu", default="", metavar="MODEL", help="QEMU CPU model, or +flag,-flag to add to ours")
    group.add_argument("--append", default="", metavar="TEXT", help="more options for VTL0's kernel")
    group.add_argument("--hv-append", default="", metavar="TEXT", help="options for the hypervisor")
    group.add_argument("--hv-log", type=Path, metavar="FILE", help="the hypervisor's console")
    group.add_argument("--no-hypervisor", action="store_true", help="the kernel alone on QEMU's machine")
    group.add_argument("--no-iommu", action="store_true", help="devices reach all memory")
    group.add_argument("--devices", default="", metavar="LIST", help=f"of {','.join(devices.NAMES)}")
    group.add_argument("--doors", action="store_true", help="the hypervisor that takes open=NAME")
    group.add_argument("--reboots", action="store_true", help="a reset starts the machine again; default: ends it")
    group.add_argument("--icount", action="store_true", help="count instructions instead of time")
    group.add_argument("--variant", default="", choices=["", "selftest"], help="of VTL1 and its driver")
    group.add_argument("--no-driver", action="store_true", help="do not load redoubt.ko")
    group.add_argument("--seal", action="store_true", help="seal VTL0's kernel before anything else runs")
    group.add_argument("--file", action="append", default=[], metavar="GUEST=HERE", help="another file for the guest")
    group.add_argument("--qemu-option", action="append", default=[], metavar="WORD", help="another word for QEMU")


def parser_of_machine() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(add_help=False)
    add_machine_options(parser)
    return parser


def extra_files(options: argparse.Namespace) -> dict[str, Path]:
    return {guest: Path(here) for guest, _, here in (text.partition("=") for text in options.file)}


def machine_of(options: argparse.Namespace, folder: Path) -> Machine:
    """The machine, except for its serial ports; files of this run go to the folder."""
    if not options.no_hypervisor and not paths.HYPERVISOR.exists():
        raise NotBuilt(f"{paths.HYPERVISOR} is not there: run make")
    log = options.hv_log.resolve() if options.hv_log else folder / "hypervisor.log"
    return Machine(
        qemu=choose(options.qemu),
        kernel=Kernel.find(f"{options.kernel}-{options.flavour}"),
        initramfs=folder / "initramfs.cpio",
        console="",
        cpu_count=options.smp,
        memory=options.memory,
        cpu=options.cpu,
        hypervisor=not options.no_hypervisor,
        doors=options.doors,
        hypervisor_options=options.hv_append,
        hypervisor_log=log,
        iommu=not options.no_iommu,
        devices=devices.parse(options.devices),
        kernel_options=options.append,
        reboots=options.reboots,
        icount=options.icount,
        extra=tuple(options.qemu_option),
    )


def with_ports(machine: Machine, console: str, data: str = "") -> Machine:
    return dataclasses.replace(machine, console=console, data=data)
