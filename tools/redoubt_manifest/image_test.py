# SPDX-License-Identifier: MIT
import lzma
import struct
import unittest

from redoubt_manifest import image
from redoubt_manifest.refused import Refused

LOW = image.LINK_BASE & 0xFFFFFFFF
NAMES = b"\0.text\0.bss\0.names\0"
TEXT = bytes(range(16))


def elf() -> bytes:
    """A segment at _text and one at the start of addresses that is loaded behind it, as per-CPU data is."""
    head, segment, row = 64, 56, 64
    names_at = head + 2 * segment + len(TEXT) + 8
    table = names_at + len(NAMES)
    segments = [(1, 5, head + 2 * segment, image.LINK_BASE, image.LOAD_PHYSICAL, 16, 16, 0),
                (1, 6, head + 2 * segment + 16, 0, image.LOAD_PHYSICAL + 32, 8, 8, 0)]
    rows = [(0, 0, 0, 0, 0, 0), (1, 1, 6, image.LINK_BASE, 0, 16), (7, 8, 3, image.LINK_BASE + 64, 0, 32), (12, 3, 0, 0, names_at, len(NAMES))]
    data = b"\x7fELF\x02\x01" + bytes(10) + struct.pack("<HHIQQQIHHHHHH", 2, 62, 1, 0, head, table, 0, 64, segment, 2, row, 4, 3)
    data += b"".join(struct.pack("<IIQQQQQQ", *one) for one in segments) + TEXT + b"percpu!!" + NAMES
    return data + b"".join(struct.pack("<IIQQQQ24x", *one) for one in rows)


def payload() -> bytes:
    data = elf()
    lists = [0, LOW + 8, 0, LOW + 4, 0, LOW + 12, LOW + 2]
    return data + bytes(-len(data) % 4) + struct.pack("<7I", *lists)


def boot_image(data: bytes, packed: bytes) -> bytes:
    head = bytearray(1024)
    head[0x1F1] = 1
    head[0x202:0x206] = b"HdrS"
    body = packed + struct.pack("<I", len(data))
    struct.pack_into("<II", head, 0x248, 16, len(body))
    return bytes(head) + bytes(16) + body


class ImageTest(unittest.TestCase):
    def test_layout(self) -> None:
        found = image.parse("kernel", payload())
        self.assertEqual(found.data, TEXT + bytes(16) + b"percpu!!")
        self.assertEqual(found.sections[".bss"], image.Section(".bss", 64, 32, True))
        self.assertEqual((found.relocated64, found.inverse32, found.relocated32), ([8], [4], [2, 12]))
        self.assertEqual((found.u32(4), found.s32(0)), (0x07060504, 0x03020100))

    def test_lists_of_distances(self) -> None:
        data = bytes(8) + struct.pack("<iii", 4, 0, -16)
        found = image.Image(data, {"list": image.Section("list", 8, 12, False)}, [], [], [])
        self.assertEqual(found.relative_list("list"), [12, 0])
        self.assertEqual(found.relative_list("none"), [])

    def test_unpacking(self) -> None:
        data = payload()
        packed = lzma.compress(data)
        self.assertEqual(image.unpack("kernel", boot_image(data, packed)), data)
        for wrong, why in ((boot_image(data + b"x", packed), "xz cannot unpack"), (boot_image(data, packed)[:-9], "truncated"),
                           (boot_image(data, packed[:-9]), "xz cannot unpack"), (boot_image(data, b"gzip" + packed), "a method"),
                           (bytes(4096), "not a boot image"), (b"MZ", "truncated")):
            with self.assertRaisesRegex(Refused, f"^kernel: .*{why}"):
                image.unpack("kernel", wrong)

    def test_what_is_no_elf_file(self) -> None:
        for data in (b"", b"MZ" + bytes(100), elf()[:100], elf()[:-64]):
            with self.assertRaisesRegex(Refused, "^kernel: .*ELF file"):
                image.parse("kernel", data)


if __name__ == "__main__":
    unittest.main()
