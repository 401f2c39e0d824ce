# SPDX-License-Identifier: MIT
import re
import struct
import unittest
from pathlib import Path

from redoubt_manifest import wire

HEADER = Path(__file__).resolve().parents[2] / "hvcall" / "abi" / "manifest.h"
STRUCTURES = {"manifest_section": wire.SECTION, "manifest_symbol": wire.SYMBOL, "manifest_region": wire.REGION,
              "manifest_site": wire.SITE, "manifest_target": wire.TARGET, "manifest_key": wire.KEY, "manifest_mask": wire.MASK,
              "manifest_name": wire.NAME, "manifest_export": wire.EXPORT, "manifest_module_key": wire.MODULE_KEY}
LETTERS = {"__u64": "Q", "__u32": "I", "__u16": "H", "__u8": "B"}


class WireTest(unittest.TestCase):
    def test_numbers_are_those_of_the_header(self) -> None:
        text = HEADER.read_text()
        found = re.findall(r"^#define MANIFEST_(\w+) \(?(0x[0-9a-f]+|\d+)(?:u|ull)(?: << (\d+)\))?", text, re.MULTILINE)
        self.assertGreater(len(found), 50)
        for name, number, shift in found:
            self.assertEqual(getattr(wire, name, None), int(number, 0) << int(shift or 0), name)

    def test_structures_are_those_of_the_header(self) -> None:
        text = HEADER.read_text()
        for name, form in STRUCTURES.items():
            body = re.search(rf"^struct {name} {{\n(.*?)^}};", text, re.MULTILINE | re.DOTALL)
            assert body, name
            fields = re.findall(r"^\t(__u\d+) \w+(?:\[(\w+)\])?;", body.group(1), re.MULTILINE)
            expected = "<" + "".join(f"{wire.DIGEST_BYTES}s" if count else LETTERS[kind] for kind, count in fields)
            self.assertEqual(form.size, struct.calcsize(expected), name)
            self.assertEqual(form.unpack(bytes(range(form.size))), struct.unpack(expected, bytes(range(form.size))), name)

    def test_the_sections_begin_where_the_header_says(self) -> None:
        self.assertIn(f"ABI_OFFSET(manifest_header, sections, {wire.HEADER.size});", HEADER.read_text())


if __name__ == "__main__":
    unittest.main()
