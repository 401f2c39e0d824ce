# SPDX-License-Identifier: MIT
import unittest
from pathlib import Path

from redoubt_vm import debugger
from redoubt_vm.kernel import Kernel

KERNEL = Kernel("6.12-cloud", "6.12.1-cloud", Path("/kernels/6.12-cloud"))


class DebuggerTest(unittest.TestCase):
    def test_symbols_are_of_what_runs(self) -> None:
        text = debugger.commands(KERNEL, "selftest", 1234)
        for part in ("/hypervisor.elf\n", "/vtl1-selftest.unchecked.elf\n", "/6.12-cloud-selftest/vtl0_driver/redoubt.ko ",
                     "target remote 127.0.0.1:1234\n"):
            self.assertIn(part, text)


if __name__ == "__main__":
    unittest.main()
