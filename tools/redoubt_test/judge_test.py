# SPDX-License-Identifier: MIT
import unittest

from redoubt_test import fuzz, host, refusals


class RefusalsTest(unittest.TestCase):
    def test_expectation_is_a_comment_at_the_top(self) -> None:
        self.assertEqual(refusals.expectation_of("// SPDX\n// expect: no viable .*\nint x;"), "no viable .*")
        self.assertIsNone(refusals.expectation_of("int x;"))

    def test_only_the_stated_refusal_counts(self) -> None:
        self.assertEqual(refusals.verdict("deleted", 1, "error: call to deleted function"), "")
        self.assertIn("compiles", refusals.verdict("deleted", 0, ""))
        self.assertIn("not because", refusals.verdict("deleted", 1, "error: unknown type"))
        self.assertNotEqual(refusals.verdict(None, 1, "error"), "")


class HostTest(unittest.TestCase):
    def test_counts(self) -> None:
        self.assertEqual(host.counts_of('{"tests": 5, "failures": 2, "disabled": 1}'), (2, 2))


class FuzzTest(unittest.TestCase):
    def test_only_a_run_that_ended_counts(self) -> None:
        self.assertEqual(fuzz.runs_of("#1 INITED\nDone 42 runs in 5 second(s)\n"), 42)
        self.assertEqual(fuzz.runs_of("FINDING: lock order\n"), 0)

    def test_the_finding_is_shown(self) -> None:
        self.assertTrue(fuzz.finding_of("#1 NEW\nFINDING: lock order (0x1)\n").startswith("FINDING: lock"))


if __name__ == "__main__":
    unittest.main()
