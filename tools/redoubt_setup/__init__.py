# SPDX-License-Identifier: MIT
"""Installs and unpacks what Redoubt's build and tests need. Entry point: tools/setup."""
