# SPDX-License-Identifier: MIT
"""Measures against the budgets of Documentation/architecture.rst. Entry point: tools/bench."""
