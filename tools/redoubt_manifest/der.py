# SPDX-License-Identifier: MIT
"""As much of DER (X.690) as signatures and certificates need: elements with definite lengths."""

from __future__ import annotations

import dataclasses


class DerError(Exception):
    """Bytes are not DER."""


@dataclasses.dataclass(frozen=True)
class Element:
    """tag: the identifier byte; value: the contents; whole: with tag and length."""

    tag: int
    value: bytes
    whole: bytes

    @classmethod
    def first(cls, data: bytes) -> Element:
        """The element at the start of the bytes."""
        if len(data) < 2 or data[0] & 0x1F == 0x1F:
            raise DerError("no element")
        length, start = data[1], 2
        if length & 0x80:
            count = length & 0x7F
            if not 1 <= count <= 4:
                raise DerError("length")
            length, start = int.from_bytes(data[2 : 2 + count], "big"), 2 + count
        if len(data) < start + length:
            raise DerError("truncated")
        return cls(data[0], data[start : start + length], data[: start + length])

    @classmethod
    def parse(cls, data: bytes) -> Element:
        """Exactly one element."""
        element = cls.first(data)
        if len(element.whole) != len(data):
            raise DerError("something follows")
        return element

    def children(self) -> list[Element]:
        found, rest = [], self.value
        while rest:
            found.append(self.first(rest))
            rest = rest[len(found[-1].whole) :]
        return found
