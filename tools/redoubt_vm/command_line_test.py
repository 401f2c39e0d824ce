# SPDX-License-Identifier: MIT
import dataclasses
import unittest
from pathlib import Path

from redoubt_vm.command_line import Machine, command_line
from redoubt_vm.kernel import Kernel
from redoubt_vm.qemu import Qemu

OLD, NEW = Qemu("/old", (7, 2)), Qemu("/new", (10, 0))
KERNEL = Kernel("6.12-cloud", "6.12.1-cloud", Path("/kernels/6.12-cloud"))
MACHINE = Machine(qemu=NEW, kernel=KERNEL, initramfs=Path("/tmp/a,b.cpio"), console="stdio")


class CommandLineTest(unittest.TestCase):
    def line(self, **changes) -> str:
        return " ".join(command_line(dataclasses.replace(MACHINE, **changes)))

    def test_several_cpus_on_an_old_qemu_share_one_thread(self) -> None:
        self.assertIn("tcg,thread=single", self.line(qemu=OLD, cpu_count=2))
        self.assertIn("tcg,thread=multi", self.line(qemu=OLD, cpu_count=1))
        self.assertIn("tcg,thread=multi", self.line(qemu=NEW, cpu_count=2))

    def test_x2apic_only_where_it_is_emulated(self) -> None:
        self.assertIn("+x2apic", self.line())
        self.assertNotIn("+x2apic", self.line(qemu=OLD))

    def test_our_hypervisor_takes_kernel_and_initramfs_as_modules(self) -> None:
        line = command_line(dataclasses.replace(MACHINE, kernel_options="a=1,2"))
        modules = line[line.index("-initrd") + 1]
        kernel, _, initramfs = modules.partition(",/tmp/")
        self.assertIn("console=ttyS0", kernel)
        self.assertTrue(kernel.endswith(" a=1,,2"))
        self.assertEqual(initramfs, "a,,b.cpio")

    def test_our_hypervisor_gets_a_clock_of_its_own(self) -> None:
        self.assertIn("hpet.timers=8", self.line())
        self.assertNotIn("hpet", self.line(hypervisor=False))

    def test_without_it_the_kernel_is_loaded_directly(self) -> None:
        line = command_line(dataclasses.replace(MACHINE, hypervisor=False))
        self.assertTrue(line[line.index("-kernel") + 1].endswith("vmlinuz"))
        self.assertEqual(line[line.index("-initrd") + 1], "/tmp/a,b.cpio")

    def test_cpu_flags_can_be_added_or_the_model_replaced(self) -> None:
        self.assertIn("qemu64,+svm", self.line(cpu="-npt"))
        self.assertIn(",-npt", self.line(cpu="-npt"))
        self.assertIn("-cpu max ", self.line(cpu="max"))

    def test_a_reset_ends_the_machine_unless_reboots_are_wanted(self) -> None:
        self.assertIn("-no-reboot", self.line())
        self.assertNotIn("-no-reboot", self.line(reboots=True))

    def test_the_iommu_comes_with_our_hypervisor_and_before_the_devices(self) -> None:
        line = self.line(devices=("disk", "net", "edu"))
        self.assertLess(line.index("intel-iommu"), line.index("virtio-blk-pci"))
        self.assertEqual(line.count("iommu_platform=on,disable-legacy=on"), 2)
        self.assertNotIn("intel-iommu", self.line(hypervisor=False))
        self.assertNotIn("intel-iommu", self.line(iommu=False))


if __name__ == "__main__":
    unittest.main()
