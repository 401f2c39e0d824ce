# SPDX-License-Identifier: MIT
"""Boots Redoubt, or a plain kernel, in QEMU and says what happened. Entry point: tools/vm."""
