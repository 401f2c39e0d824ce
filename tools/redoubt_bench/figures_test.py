# SPDX-License-Identifier: MIT
import unittest

from redoubt_bench import figures


class FiguresTest(unittest.TestCase):
    def test_guest_lines(self) -> None:
        found = figures.parse_guest_lines("noise\nbench vtl_call_null 123 instructions\r\nbench other 4.5 ms\n")
        self.assertEqual(found["vtl_call_null"], figures.Figure(123, "instructions", 300))
        self.assertIsNone(found["other"].budget)

    def test_a_budget_is_met_up_to_its_value(self) -> None:
        self.assertFalse(figures.Figure(300, "instructions", 300).is_missed)
        self.assertTrue(figures.Figure(301, "instructions", 300).is_missed)
        self.assertFalse(figures.Figure(10**9, "instructions", None).is_missed)

    def test_memory_budget_of_two_cpus_and_a_gibibyte(self) -> None:
        self.assertEqual(figures.memory_budget(2, figures.parse_size("1G")), 8388608 + 262144 + 1048576)

    def test_sizes(self) -> None:
        self.assertEqual(figures.parse_size("512"), 512 * figures.MIB)
        with self.assertRaises(ValueError):
            figures.parse_size("1T")


if __name__ == "__main__":
    unittest.main()
