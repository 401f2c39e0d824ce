# SPDX-License-Identifier: MIT
"""QEMU's command line for one run. Why: see building.rst and hypervisor.rst, "Pitfalls"."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from redoubt_vm import devices, paths
from redoubt_vm.kernel import Kernel
from redoubt_vm.qemu import Qemu

# Stock kernels hang in FPU set-up on an emulated CPU with xsave and without xsaveopt.
CPU_MODEL = "qemu64"
CPU_FLAGS = ("+svm", "+npt", "+smep", "+smap", "+rdrand", "+rdseed", "+xsave", "+xsaveopt")
# panic=-1 with -no-reboot ends QEMU when the kernel panics. Debian starts audit and AppArmor by default;
# nothing here uses them, and they cost time. No self-tests of algorithms.
KERNEL_OPTIONS = "console=ttyS0 quiet panic=-1 audit=0 apparmor=0 cryptomgr.notests no_timer_check"


@dataclasses.dataclass(frozen=True)
class Machine:
    """A virtual machine to be.

    hypervisor: ours below the kernel, or QEMU's own loader and nothing below.
    doors: the hypervisor's build for tests, which takes open=NAME (platform-surface.rst).
    console, data: chardev back ends of ttyS0 and ttyS1, as QEMU writes them; no data port if empty.
    iommu: what keeps devices away from the hypervisor and VTL1; only with our hypervisor, which hides it.
    devices: of devices.NAMES; their files are in the folder of the initramfs.
    reboots: a reset starts the machine again; else it ends it, as a kernel's panic does.
    icount: instructions are counted instead of time, which makes runs repeatable, one thread.
    """

    qemu: Qemu
    kernel: Kernel
    initramfs: Path
    console: str
    data: str = ""
    cpu_count: int = 2
    memory: str = "1G"
    cpu: str = ""
    hypervisor: bool = True
    doors: bool = False
    hypervisor_options: str = ""
    iommu: bool = True
    devices: tuple[str, ...] = ()
    hypervisor_log: Path | None = None
    kernel_options: str = ""
    reboots: bool = False
    icount: bool = False
    extra: tuple[str, ...] = ()


def cpu_of(machine: Machine) -> str:
    """The CPU model; a text that begins with + or - changes the default one."""
    flags = [CPU_MODEL, *CPU_FLAGS, *(["+x2apic"] if machine.qemu.has_x2apic else [])]
    if not machine.cpu:
        return ",".join(flags)
    if machine.cpu[0] in "+-":
        return ",".join([*flags, machine.cpu])
    return machine.cpu


def accelerator_of(machine: Machine) -> list[str]:
    if machine.icount:
        return ["-accel", "tcg,thread=single", "-icount", "shift=0,sleep=off"]
    return ["-accel", f"tcg,thread={machine.qemu.threads(machine.cpu_count)}"]


def load_options(machine: Machine) -> list[str]:
    """What is booted, and how it gets its files and options."""
    options = f"{KERNEL_OPTIONS} {machine.kernel_options}".strip()
    if not machine.hypervisor:
        return ["-kernel", str(machine.kernel.image), "-append", options, "-initrd", str(machine.initramfs)]
    # QEMU separates multiboot modules by commas; a comma inside one is written twice.
    module = f"{machine.kernel.image} {options}".replace(",", ",,")
    initramfs = str(machine.initramfs).replace(",", ",,")
    image = paths.HYPERVISOR_WITH_DOORS if machine.doors else paths.HYPERVISOR
    loaded = ["-kernel", str(image), "-initrd", f"{module},{initramfs}"]
    return [*loaded, *(["-append", machine.hypervisor_options] if machine.hypervisor_options else [])]


def command_line(machine: Machine) -> list[str]:
    line = [machine.qemu.path, "-machine", "q35,smm=off", *accelerator_of(machine)]
    line += ["-cpu", cpu_of(machine), "-smp", str(machine.cpu_count), "-m", machine.memory]
    if machine.hypervisor and machine.iommu:
        line += devices.iommu()
    if machine.hypervisor:
        # Its own clock for VTL1's timers: a comparator to each VP, which sends messages.
        line += ["-global", "hpet.msi=on", "-global", "hpet.timers=8"]
    line += ["-nodefaults", "-display", "none", "-serial", machine.console]
    line += [] if machine.reboots else ["-no-reboot"]
    if machine.data:
        line += ["-serial", machine.data]
    line += ["-debugcon", f"file:{machine.hypervisor_log}" if machine.hypervisor_log else "null"]
    line += devices.options(machine.devices, machine.initramfs.parent)
    return [*line, *load_options(machine), *machine.extra]
