# SPDX-License-Identifier: MIT
import struct
import unittest

from redoubt_manifest import check, wire
from redoubt_manifest.file import Manifest, digest

SLIDE = 0x40000000
GROUP, TARGET, PLACE = 3, 0x500, 0x100


def branch(opcode: str, target: int = TARGET, place: int = PLACE) -> bytes:
    code = bytes.fromhex(opcode)
    return code + (target - place - len(code) - 4).to_bytes(4, "little", signed=True)


def manifest(sites: list[tuple[int, ...]], values: bytes = b"", **sections: bytes) -> Manifest:
    known = {
        wire.SECTION_SITES: b"".join(wire.SITE.pack(*site) for site in sites),
        wire.SECTION_VALUES: values,
        wire.SECTION_TARGETS: wire.TARGET.pack(GROUP, TARGET) + wire.TARGET.pack(GROUP + 1, TARGET + 1),
        wire.SECTION_REGIONS: sections.get("regions", b""),
        wire.SECTION_DIGESTS: sections.get("digests", b""),
        wire.SECTION_MASKS: sections.get("masks", b""),
    }
    for kind, name in ((wire.SECTION_RELOC64, "reloc64"), (wire.SECTION_RELOC32, "reloc32"), (wire.SECTION_INVERSE32, "inverse32")):
        known[kind] = sections.get(name, b"")
    return Manifest("r", 1, 0xFFFFFFFF81000000, 0x2000, bytes(16), bytes(32), known, b"", b"")


def is_legal(kind: int, found: bytes, argument: int = GROUP, key: int = 0, values: bytes = b"") -> bool:
    memory = bytearray(0x1000)
    memory[PLACE : PLACE + len(found)] = found
    findings = check.Checker(manifest([(PLACE, kind, len(found), key, argument)], values), bytes(memory), SLIDE).run()
    return not findings


NOP5 = bytes.fromhex("0f1f440000")
RETURN5, RETURN6 = b"\xc3" + b"\xcc" * 4, b"\xc3" + b"\xcc" * 5
# By kind: what is legal; what is not.
FORMS: dict[int, tuple[list[bytes], list[bytes]]] = {
    wire.SITE_RETURN: ([RETURN5, branch("e9"), branch("e9") + b"\xcc"], [b"\xc3" + bytes(4), branch("e8"), branch("e9", TARGET + 1), branch("e9") + b"\x90"]),
    wire.SITE_ENDBR: ([bytes.fromhex("f30f1efa"), bytes.fromhex("660f1f00")], [bytes.fromhex("f30f1efb"), bytes(4)]),
    wire.SITE_FTRACE: ([NOP5, branch("e8")], [branch("e9"), branch("e8", TARGET + 1), RETURN5]),
    wire.SITE_FTRACE_CORE: ([NOP5, branch("e8")], [branch("e9"), branch("e8", TARGET + 1)]),
    wire.SITE_STATIC_CALL: ([NOP5, branch("e8"), bytes.fromhex("2e2e2e31c0")], [RETURN5, branch("e9"), branch("e8", TARGET + 1)]),
    wire.SITE_TRAMPOLINE: ([RETURN5, branch("e9"), branch("0f84")], [NOP5, branch("e8"), RETURN6, branch("0f90"), branch("e9", TARGET + 1)]),
    wire.SITE_SMP_LOCK: ([b"\xf0", b"\x3e"], [b"\x90", b"\x2e"]),
}


class SitesTest(unittest.TestCase):
    def test_forms(self) -> None:
        for kind, (legal, illegal) in FORMS.items():
            for found in legal:
                self.assertTrue(is_legal(kind, found), (kind, found.hex()))
            for found in illegal:
                self.assertFalse(is_legal(kind, found), (kind, found.hex()))

    def test_jump_labels(self) -> None:
        for found in (NOP5, branch("e9", 0x120), bytes.fromhex("6690"), bytes.fromhex("eb1e")):
            self.assertTrue(is_legal(wire.SITE_JUMP_LABEL, found, 0x120), found.hex())
        for found in (branch("e9", 0x121), branch("e8", 0x120), bytes.fromhex("eb1f"), bytes.fromhex("9090"), bytes.fromhex("7e1e")):
            self.assertFalse(is_legal(wire.SITE_JUMP_LABEL, found, 0x120), found.hex())

    def test_values(self) -> None:
        for found, expected in ((b"cd", True), (b"ef", True), (b"ab", False), (b"de", False), (b"gh", False)):
            self.assertEqual(is_legal(wire.SITE_VALUES, found, 2, 2, b"abcdefgh"), expected, found)

    def test_values_with_fields(self) -> None:
        values = bytes([1, wire.SLID_ADDED, 5, wire.SLID_SUBTRACTED]) + b"a" + struct.pack("<II", 0x81000000, 0x10)
        values += bytes(4) + b"b" * 9
        right = b"a" + struct.pack("<II", 0x81000000 + SLIDE, (0x10 - SLIDE) & 0xFFFFFFFF)
        self.assertTrue(is_legal(wire.SITE_SLID_VALUES, right, 0, 2, values))
        self.assertTrue(is_legal(wire.SITE_SLID_VALUES, b"b" * 9, 0, 2, values))
        self.assertFalse(is_legal(wire.SITE_SLID_VALUES, right[:5] + struct.pack("<I", 0x10), 0, 2, values))

    def test_relocated(self) -> None:
        right = struct.pack("<Q", 0xFFFFFFFF81000010 + SLIDE)
        self.assertTrue(is_legal(wire.SITE_RELOCATED, right, 0x81000010))
        self.assertTrue(is_legal(wire.SITE_RELOCATED, right[:4], 0x81000010))
        self.assertFalse(is_legal(wire.SITE_RELOCATED, right, 0x81000011))

    def test_constants_agree(self) -> None:
        sites = [(place, wire.SITE_CONSTANT, 1, 0, group) for place, group in ((1, 7), (2, 7), (3, 8))]
        self.assertEqual(check.Checker(manifest(sites), b"\0\5\5\6", 0).run(), [])
        self.assertEqual([one.offset for one in check.Checker(manifest(sites), b"\0\5\4\6", 0).run()], [2])

    def test_an_unknown_kind_is_not_legal(self) -> None:
        self.assertFalse(is_legal(99, NOP5))


class PagesTest(unittest.TestCase):
    def findings(self, memory: bytes) -> list[int]:
        linked = bytearray(range(256)) * 16
        linked[8:16], linked[16:20], linked[20:24] = struct.pack("<Q", 0xFFFFFFFF81000000), struct.pack("<I", 0x81000000), struct.pack("<I", 9)
        linked[0x100], linked[0x200:0x210] = 0, bytes(16)
        one = manifest(
            [(0x100, wire.SITE_SMP_LOCK, 1, 0, 0)],
            regions=wire.REGION.pack(wire.REGION_AFTER_INIT, 0, 1, 0) + wire.REGION.pack(wire.REGION_TEXT, 0x1000, 1, 1),
            digests=bytes(32) + digest(bytes(linked)), masks=wire.MASK.pack(0x1200, 16),
            reloc64=struct.pack("<I", 0x1008), reloc32=struct.pack("<I", 0x1010), inverse32=struct.pack("<I", 0x1014))
        one.sections[wire.SECTION_SITES] = wire.SITE.pack(0x1100, wire.SITE_SMP_LOCK, 1, 0, 0)
        return [finding.offset for finding in check.Checker(one, bytes(0x1000) + memory, SLIDE).run()]

    def memory(self) -> bytearray:
        data = bytearray(range(256)) * 16
        data[8:16], data[16:20] = struct.pack("<Q", 0xFFFFFFFF81000000 + SLIDE), struct.pack("<I", 0x81000000 + SLIDE)
        data[20:24], data[0x100] = struct.pack("<I", (9 - SLIDE) & 0xFFFFFFFF), 0xF0
        return data

    def test_as_linked_but_for_slide_sites_and_masks(self) -> None:
        self.assertEqual(self.findings(bytes(self.memory())), [])
        masked = self.memory()
        masked[0x205] ^= 1
        self.assertEqual(self.findings(bytes(masked)), [])

    def test_every_other_byte_counts(self) -> None:
        for place in (0, 8, 15, 16, 20, 0xFF, 0x101, 0x1FF, 0x210, 0xFFF):
            data = self.memory()
            data[place] ^= 1
            self.assertEqual(self.findings(bytes(data)), [0x1000], hex(place))


class DisorderTest(unittest.TestCase):
    def test_order(self) -> None:
        lock = wire.SITE_SMP_LOCK
        self.assertEqual(check.disorder(manifest([(1, lock, 2, 0, 0), (3, lock, 1, 0, 0)], reloc32=struct.pack("<II", 4, 8))), [])
        for sites, words in (([(1, lock, 3, 0, 0), (3, lock, 1, 0, 0)], []), ([], [8, 10]), ([], [8, 4]), ([(5, lock, 1, 0, 0)], [4]), ([], [4094])):
            self.assertTrue(check.disorder(manifest(sites, reloc32=struct.pack(f"<{len(words)}I", *words))), (sites, words))


if __name__ == "__main__":
    unittest.main()
