# SPDX-License-Identifier: MIT
import unittest

from redoubt_test import debugger

STOPPED = """\
Temporary breakpoint 1, hypervisor::handle_cpuid (vp=...) at hypervisor/svm/exits.cpp:56
stopped for hypervisor::handle_cpuid:
#0  hypervisor::handle_cpuid (vp=...) at hypervisor/svm/exits.cpp:56
stopped for vtl1::services::status:
#0  0xffffffff80008a34 in vtl1::services::status(vtl1::Vtl0Out<vtl_status>) ()
stopped for device_ioctl:
#0  device_ioctl (file=0xffff, command=1, argument=2) at vtl0_driver/device.c:1
"""


class DebuggerTest(unittest.TestCase):
    def test_a_stop_in_each_image_is_seen(self) -> None:
        self.assertEqual(debugger.missed(STOPPED), [])

    def test_a_stop_elsewhere_is_none(self) -> None:
        elsewhere = STOPPED.replace("#0  device_ioctl (", "#0  0xffffffffc0201000 in ?? (")
        self.assertEqual(debugger.missed(elsewhere), ["device_ioctl"])
        self.assertEqual(debugger.missed(""), list(debugger.FUNCTIONS))


if __name__ == "__main__":
    unittest.main()
