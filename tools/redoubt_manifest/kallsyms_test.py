# SPDX-License-Identifier: MIT
import struct
import unittest

from redoubt_manifest import kallsyms
from redoubt_manifest.image import LINK_BASE, Image, Section
from redoubt_manifest.refused import Refused

START = 0x1000
COUNT = kallsyms.FEWEST_SYMBOLS + 300
# As in a kernel: a token that stands for several characters, among those that stand for themselves.
TOKENS = [b"do_" if code == 1 else bytes([code]) if 0x20 < code < 0x7F else b"x" for code in range(256)]


def padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % 8)


def name_of(number: int) -> str:
    return f"do_{number}" + ("y" * 200 if number == 7 else "")


def packed(number: int) -> bytes:
    text = b"T\x01" + name_of(number)[3:].encode()
    length = bytes([len(text)]) if len(text) < 0x80 else bytes([len(text) & 0x7F | 0x80, len(text) >> 7])
    return length + text


def parts() -> dict[str, bytes]:
    names, markers = b"", []
    for number in range(COUNT):
        if number % 256 == 0:
            markers.append(len(names))
        names += packed(number)
    tokens = b"".join(token + b"\0" for token in TOKENS)
    places = [sum(len(token) + 1 for token in TOKENS[:number]) for number in range(256)]
    values = [0x40 if number == 3 else -1 - 16 * number for number in range(COUNT)]  # 3 is a per-CPU variable
    return {
        "count": padded(struct.pack("<I", COUNT)),
        "names": padded(names),
        "markers": padded(struct.pack(f"<{len(markers)}I", *markers)),
        "order": padded(bytes(3 * COUNT)),
        "tokens": padded(tokens),
        "index": padded(struct.pack("<256H", *places)),
        "offsets": padded(struct.pack(f"<{COUNT}i", *values)),
        "base": struct.pack("<Q", LINK_BASE),
    }


OLD_ORDER = ("offsets", "base", "count", "names", "markers", "order", "tokens", "index")
NEW_ORDER = ("count", "names", "markers", "tokens", "index", "offsets", "base", "order")


def image(order: tuple[str, ...], **changes: bytes) -> Image:
    known = parts() | changes
    data = bytes(START) + b"\x01\x02\x03\x04" * 100 + b"".join(known[name] for name in order) + b"\xff" * 64
    return Image(data, {".rodata": Section(".rodata", START, len(data) - START, False)}, [], [], [])


class KallsymsTest(unittest.TestCase):
    def test_both_orders(self) -> None:
        for order in (OLD_ORDER, NEW_ORDER):
            symbols = kallsyms.decode(image(order))
            self.assertEqual(len(symbols.all), COUNT - 1)
            self.assertEqual(symbols.find("do_5"), 80)
            self.assertEqual(symbols.find(name_of(7)), 112)
            self.assertNotIn("do_3", symbols)
            self.assertEqual(symbols.at(16 * (COUNT - 1)), [name_of(COUNT - 1)])
            self.assertEqual(symbols.around(85), "do_5+0x5")

    def test_what_is_missing_is_named(self) -> None:
        symbols = kallsyms.decode(image(NEW_ORDER))
        with self.assertRaisesRegex(Refused, "no symbol nowhere"):
            symbols.find("nowhere")

    def test_damaged_tables(self) -> None:
        for name, change, why in (("index", bytes(512), "no table of symbol names"),
                                  ("markers", bytes(24), "no symbol names"),
                                  ("base", bytes(8), "no symbol values")):
            with self.assertRaisesRegex(Refused, why):
                kallsyms.decode(image(NEW_ORDER, **{name: change}))


if __name__ == "__main__":
    unittest.main()
