# SPDX-License-Identifier: MIT
"""The tools' own tests: unittest files named *_test.py below tools/."""

from __future__ import annotations

import io
import sys
import unittest

from redoubt_test import stage


def run_all() -> stage.Stage:
    found = stage.Stage()
    suite = unittest.TestSuite()
    tools = stage.ROOT / "tools"
    for file in sorted(tools.rglob("*_test.py")):
        name = ".".join(file.relative_to(tools).with_suffix("").parts)
        suite.addTests(unittest.defaultTestLoader.loadTestsFromName(name))
    text = io.StringIO()
    result = unittest.TextTestRunner(stream=text).run(suite)
    for test, trace in [*result.failures, *result.errors]:
        found.fail(f"{test}\n{trace}")
    found.ok(result.testsRun - found.failed)
    return found


if __name__ == "__main__":
    tests = run_all()
    print("\n".join(tests.failures), f"{tests.passed} passed, {tests.failed} failed", sep="\n")
    sys.exit(1 if tests.failed else 0)
