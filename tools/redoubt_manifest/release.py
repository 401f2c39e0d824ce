# SPDX-License-Identifier: MIT
"""What a kernel image says of itself, under its signature: Linux, arch/x86/boot.rst, "kernel_version"."""

from __future__ import annotations

import dataclasses
import re
import struct

from redoubt_manifest.refused import Refused

# Whose patching is known here; others need alternatives.py and sites.py to be compared with their source.
OLD, NEW = (6, 1), (6, 12)
# Bits of the version: major, minor, patch level, Debian's revision; 4 more are the operator's.
WIDTHS = (5, 6, 12, 5)
OPERATOR_BITS = 4


@dataclasses.dataclass(frozen=True)
class Release:
    """name: as uname -r says it; version: grows with Debian's uploads of a series."""

    name: str
    version: int
    is_new: bool


def of(name: str, vmlinuz: bytes) -> Release:
    try:
        (place,) = struct.unpack_from("<H", vmlinuz, 0x20E)
        text = vmlinuz[place + 0x200 : place + 0x400].split(b"\0")[0].decode()
    except (struct.error, UnicodeDecodeError) as error:
        raise Refused(f"{name}: truncated") from error
    match = re.match(r"(\S+) .* Debian ((\d+)\.(\d+)\.(\d+)-(\d+)\S*)", text)
    if not match:
        raise Refused(f"{name}: not a kernel of Debian's: {text[:80]!r}")
    numbers = [int(part) for part in match.groups()[2:]]
    if tuple(numbers[:2]) not in (OLD, NEW):
        raise Refused(f"{name}: is {match.group(1)}; only kernels 6.1 and 6.12 are known")
    version = 0
    for number, width in zip(numbers, WIDTHS):
        if number >> width:
            raise Refused(f"{name}: version {match.group(2)} has too large a number")
        version = version << width | number
    return Release(match.group(1), version << OPERATOR_BITS, tuple(numbers[:2]) == NEW)
