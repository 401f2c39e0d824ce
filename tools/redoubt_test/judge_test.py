# SPDX-License-Identifier: MIT
import unittest

from redoubt_test import host, refusals


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


if __name__ == "__main__":
    unittest.main()
