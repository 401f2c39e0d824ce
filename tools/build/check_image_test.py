# SPDX-License-Identifier: MIT
import struct
import unittest

from build.check_image import PF_W, PF_X, PT_LOAD, faults_of, image_bytes


def elf(*segments: tuple[int, int, int]) -> bytes:
    """flags, bytes in the file, bytes in memory"""
    header = b"\x7fELF\x02\x01\x01".ljust(32, b"\0") + struct.pack("<QQIHHHHHH", 64, 0, 0, 64, 56, len(segments), 0, 0, 0)
    table = b"".join(struct.pack("<IIQQQQQQ", PT_LOAD, flags, 0, 0, 0, file, memory, 4096) for flags, file, memory in segments)
    return header + table


class CheckImageTest(unittest.TestCase):
    def test_a_good_image(self) -> None:
        self.assertEqual(faults_of(elf((PF_X, 100, 100), (PF_W, 50, 5000)), 150), [])
        self.assertEqual(image_bytes(elf((PF_X, 100, 100), (PF_W, 50, 5000))), 150)

    def test_faults(self) -> None:
        self.assertIn("more than 149", faults_of(elf((PF_X, 100, 100), (PF_W, 50, 50)), 149)[0])
        self.assertIn("writable and executable", faults_of(elf((PF_W | PF_X, 1, 1)), 10)[0])
        self.assertEqual(len(faults_of(elf(), 10)), 1)
        with self.assertRaises(ValueError):
            image_bytes(b"MZ")


if __name__ == "__main__":
    unittest.main()
