# SPDX-License-Identifier: MIT
import json
import unittest

from redoubt_vm import suite_run, suites


def parse(*entries):
    return suites.parse(json.dumps({"suites": entries}))


class SuitesTest(unittest.TestCase):
    def test_the_list_in_the_tree_is_well_formed(self) -> None:
        self.assertTrue(suites.load("ci"))

    def test_lists_stand_for_every_combination(self) -> None:
        found = parse({"name": "a", "command": "x", "smp": [1, 2], "qemu": ["old", "new"]})
        self.assertEqual([(one.smp, one.qemu) for one in found], [(1, "old"), (1, "new"), (2, "old"), (2, "new")])

    def test_an_unknown_field_is_refused(self) -> None:
        with self.assertRaisesRegex(ValueError, "unknown field smpp"):
            parse({"name": "a", "command": "x", "smpp": 1})

    def test_two_suites_cannot_be_confused(self) -> None:
        with self.assertRaises(ValueError):
            parse({"name": "a", "command": "x"}, {"name": "a", "command": "y"})

    def test_what_is_expected_is_looked_for(self) -> None:
        suite = parse({"name": "a", "command": "x", "expect_output": "^ok$", "expect_status": 3})[0]
        self.assertEqual(suite_run.mismatches(suite, 3, "x\nok\n", "", ""), [])
        self.assertEqual(len(suite_run.mismatches(suite, 0, "not ok\n", "", "")), 2)


if __name__ == "__main__":
    unittest.main()
