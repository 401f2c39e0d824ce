# SPDX-License-Identifier: MIT
import unittest

from redoubt_vm.tap import parse


class TapTest(unittest.TestCase):
    def counts(self, text: str) -> tuple[int, int, int]:
        totals = parse(text)
        return totals.passed, totals.failed, totals.skipped

    def test_flat_results(self) -> None:
        self.assertEqual(self.counts("TAP version 13\n1..3\nok 1 a\nnot ok 2 b\nok 3 c # SKIP why\n"), (1, 1, 1))

    def test_carriage_returns_of_a_terminal(self) -> None:
        self.assertEqual(self.counts("1..1\r\nok 1 a\r\n"), (1, 0, 0))

    def test_a_subtest_counts_through_its_leaves(self) -> None:
        text = "1..1\n    1..2\n    ok 1 x\n    ok 2 y\nok 1 program\n"
        self.assertEqual(self.counts(text), (2, 0, 0))

    def test_a_told_failure_is_counted_once(self) -> None:
        text = "1..1\n    1..2\n    ok 1 x\n    not ok 2 y\nnot ok 1 program\n"
        self.assertEqual(self.counts(text), (1, 1, 0))

    def test_a_program_that_fails_after_good_results_has_failed(self) -> None:
        text = "1..1\n    1..1\n    ok 1 x\nnot ok 1 program # exit status 139\n"
        self.assertEqual(self.counts(text), (1, 1, 0))

    def test_a_plan_cut_short_has_failed(self) -> None:
        self.assertEqual(self.counts("1..3\nok 1 a\n"), (1, 1, 0))
        self.assertEqual(self.counts("1..1\n    1..2\n    ok 1 x\nok 1 program\n"), (1, 1, 0))

    def test_nothing_at_all_has_failed(self) -> None:
        self.assertEqual(self.counts("hello\n"), (0, 1, 0))

    def test_two_programs_with_subtests(self) -> None:
        text = "1..2\n    1..1\n    ok 1 x\nok 1 p\n    1..1\n    not ok 1 y\nnot ok 2 q\n"
        self.assertEqual(self.counts(text), (1, 1, 0))

    def test_a_plan_after_the_results(self) -> None:
        self.assertEqual(self.counts("ok 1 a\nok 2 b\n1..2\n"), (2, 0, 0))


if __name__ == "__main__":
    unittest.main()
