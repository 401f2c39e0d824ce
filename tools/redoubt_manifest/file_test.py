# SPDX-License-Identifier: MIT
import unittest

from redoubt_manifest import file, wire
from redoubt_manifest.build import Content
from redoubt_manifest.refused import Refused
from redoubt_manifest.release import Release

SECTIONS = {wire.SECTION_SYMBOLS: b"s" * 8, wire.SECTION_REGIONS: b"r" * 4097, wire.SECTION_NAMES: b"n"}
MODES = {wire.POLICY_TEXT: wire.MODE_ENFORCE, wire.POLICY_DATA: wire.MODE_AUDIT}


def whole() -> bytes:
    signed, body = file.unsigned(Content(Release("6.12.1-amd64", 77, True), 0x200000, SECTIONS), MODES)
    return signed + bytes(range(wire.SIGNATURE_BYTES)) + body


class FileTest(unittest.TestCase):
    def test_there_and_back(self) -> None:
        found = file.parse("manifest", whole())
        self.assertEqual((found.release, found.version, found.image_bytes), ("6.12.1-amd64", 77, 0x200000))
        self.assertEqual(found.sections, SECTIONS)
        self.assertEqual(found.minimum_modes, bytes([2, 0, 0, 1]) + bytes(12))
        self.assertEqual(found.signature, bytes(range(wire.SIGNATURE_BYTES)))

    def test_places(self) -> None:
        data = whole()
        self.assertEqual(data[wire.PAGE : wire.PAGE + 9], b"s" * 8 + b"\0")
        self.assertEqual(data[2 * wire.PAGE : 2 * wire.PAGE + 4097], b"r" * 4097)
        self.assertEqual(len(data) % wire.PAGE, 0)

    def test_the_same_input_gives_the_same_bytes(self) -> None:
        self.assertEqual(whole(), whole())

    def test_truncated(self) -> None:
        for length in (0, 100, wire.HEADER_BYTES - 1, wire.HEADER_BYTES, len(whole()) - wire.PAGE):
            with self.assertRaisesRegex(Refused, "^manifest: truncated"):
                file.parse("manifest", whole()[:length])

    def test_a_changed_section_is_named(self) -> None:
        data = bytearray(whole())
        data[2 * wire.PAGE] ^= 1
        with self.assertRaisesRegex(Refused, "^manifest: section regions is not what the header says"):
            file.parse("manifest", bytes(data))

    def test_another_format(self) -> None:
        for offset in (0, 8, 28):
            data = bytearray(whole())
            data[offset] ^= 0x40
            with self.assertRaisesRegex(Refused, "^manifest: not a manifest of format"):
                file.parse("manifest", bytes(data))

    def test_what_vtl1_needs_is_never_empty(self) -> None:
        with self.assertRaisesRegex(Refused, "section masks would be empty"):
            file.unsigned(Content(Release("x", 1, True), 0, {wire.SECTION_MASKS: b""}), {})


if __name__ == "__main__":
    unittest.main()
