# SPDX-License-Identifier: MIT
"""The one way in which an input is turned down."""

from __future__ import annotations


class Refused(Exception):
    """An input is not what it must be; the text names it and what is wrong."""
