# SPDX-License-Identifier: MIT
"""Runs everything that can pass or fail, and counts. Entry point: tools/test."""
