# SPDX-License-Identifier: MIT
import unittest

from redoubt_manifest import guard
from redoubt_manifest.kallsyms import Symbols
from redoubt_manifest.refused import Refused

SYMBOLS = Symbols([("security_open", "T", 16), ("vfs_read", "T", 32), ("load_module", "t", 48), ("machine_kexec", "T", 60)])


class GuardTest(unittest.TestCase):
    def test_patterns_are_ended(self) -> None:
        section = guard.untraced(SYMBOLS, [16, 32, 52, 64])
        self.assertEqual(section.split(b"\0")[:-1], [pattern.encode() for pattern in guard.UNTRACED])
        self.assertTrue(section.endswith(b"\0"))

    def test_guarded_function_without_a_pattern_is_refused(self) -> None:
        patterns, guard.UNTRACED = guard.UNTRACED, [one for one in guard.UNTRACED if one != "load_module"]
        self.addCleanup(setattr, guard, "UNTRACED", patterns)
        self.assertTrue(guard.untraced(SYMBOLS, [16, 32]))
        with self.assertRaisesRegex(Refused, "load_module"):
            guard.untraced(SYMBOLS, [52])


if __name__ == "__main__":
    unittest.main()
