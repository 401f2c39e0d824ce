# SPDX-License-Identifier: MIT
"""Rules that a tool can check. Each module has check(tree) -> findings. Entry point: tools/lint/run."""
