# SPDX-License-Identifier: MIT
"""Types of the kernel's functions, from its BTF. Linux, Documentation/bpf/btf.rst."""

from __future__ import annotations

import dataclasses
import struct

from redoubt_manifest.image import Image
from redoubt_manifest.refused import Refused

MAGIC = 0xEB9F
INT, PTR, ARRAY, STRUCT, UNION, ENUM, FWD, TYPEDEF, VOLATILE, CONST, RESTRICT, FUNC, FUNC_PROTO = range(1, 14)
VAR, DATASEC, FLOAT, DECL_TAG, TYPE_TAG, ENUM64 = range(14, 20)
# Bytes behind a type's head: fixed, and for each of its elements.
FIXED = {INT: 4, ARRAY: 12, VAR: 4, DECL_TAG: 4}
ELEMENT = {STRUCT: 12, UNION: 12, ENUM: 8, FUNC_PROTO: 8, DATASEC: 12, ENUM64: 12}
TRANSPARENT = (TYPEDEF, RESTRICT, TYPE_TAG)
HEAD = struct.Struct("<III")
# What a function takes and gives back, comparable.
Prototype = tuple[object, ...]
VOID = (0, "")


def returning_nothing(prototype: Prototype) -> Prototype:
    """The same with void for what is given back."""
    return (prototype[0], VOID, *prototype[2:])


@dataclasses.dataclass(frozen=True)
class _Type:
    """reference: the type it is made of, or its size; place: of what follows its head."""

    name: int
    kind: int
    count: int
    reference: int
    place: int


class Types:
    """Prototypes by function, and those of pointers in structures by member."""

    def __init__(self, image: Image) -> None:
        section = image.section(".BTF")
        if not section:
            raise Refused("the kernel has no .BTF")
        self._data = image.data[section.offset : section.end]
        magic, _, _, head, types, types_bytes, strings, _ = struct.unpack_from("<HBBIIIII", self._data)
        if magic != MAGIC:
            raise Refused("the kernel's .BTF cannot be read")
        self._strings = head + strings
        self._types = [_Type(0, 0, 0, 0, 0)]
        self._read(head + types, head + types + types_bytes)
        self._keys: dict[int, object] = {}
        self.functions: dict[str, Prototype] = {}
        self._structures: dict[str, _Type] = {}
        for one in self._types:
            if one.kind == FUNC:
                self.functions[self._name(one.name)] = self._prototype(self._types[one.reference])
            elif one.kind in (STRUCT, UNION):
                self._structures.setdefault(self._name(one.name), one)

    def _read(self, at: int, end: int) -> None:
        while at < end:
            name, info, reference = HEAD.unpack_from(self._data, at)
            kind, count = info >> 24 & 0x1F, info & 0xFFFF
            self._types.append(_Type(name, kind, count, reference, at + HEAD.size))
            at += HEAD.size + FIXED.get(kind, 0) + ELEMENT.get(kind, 0) * count

    def _name(self, offset: int) -> str:
        start = self._strings + offset
        return self._data[start : self._data.index(b"\0", start)].decode()

    def _key(self, number: int) -> object:
        """Equal for types that C takes for the same."""
        if number not in self._keys:
            self._keys[number] = self._make_key(number)
        return self._keys[number]

    def _make_key(self, number: int) -> object:
        one = self._types[number]
        if one.kind in TRANSPARENT:
            return self._key(one.reference)
        if one.kind in (PTR, CONST, VOLATILE):
            return (one.kind, self._key(one.reference))
        if one.kind in (STRUCT, UNION, FWD):
            return ("struct", self._name(one.name) or number)
        if one.kind in (ENUM, ENUM64):
            return ("enum", self._name(one.name) or number)
        if one.kind == ARRAY:
            element, _, count = struct.unpack_from("<III", self._data, one.place)
            return (ARRAY, self._key(element), count)
        return self._prototype(one) if one.kind == FUNC_PROTO else (one.kind, self._name(one.name))

    def _unqualified(self, number: int) -> object:
        while self._types[number].kind in (CONST, VOLATILE, *TRANSPARENT):
            number = self._types[number].reference
        return self._key(number)

    def _prototype(self, one: _Type) -> Prototype:
        parameters = struct.unpack_from(f"<{2 * one.count}I", self._data, one.place)[1::2]
        return ("function", self._unqualified(one.reference), *(self._unqualified(number) for number in parameters))

    def member(self, structure: str, name: str) -> Prototype | None:
        """The prototype of the functions that a member points at."""
        one = self._structures.get(structure)
        for number in range(one.count if one else 0):
            assert one
            text, reference, _ = struct.unpack_from("<III", self._data, one.place + 12 * number)
            if self._name(text) == name:
                return self._pointed(reference)
        return None

    def typedef(self, name: str) -> Prototype | None:
        """The prototype of the functions that a pointer of that type points at."""
        for number, one in enumerate(self._types):
            if one.kind == TYPEDEF and self._name(one.name) == name:
                return self._pointed(number)
        return None

    def _pointed(self, number: int) -> Prototype | None:
        key = self._unqualified(number)
        if isinstance(key, tuple) and key[0] == PTR and isinstance(key[1], tuple) and key[1][0] == "function":
            return key[1]
        return None
