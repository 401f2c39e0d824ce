# SPDX-License-Identifier: MIT
import unittest

from redoubt_manifest import alternatives
from redoubt_manifest.nops import NOPS, new_filler, new_optimized, old_filler, old_optimized
from redoubt_manifest.patching import Patch, lock_results, relative, retpoline_results, return_results, run

THUNKS = 0x10000


def code(text: str) -> bytes:
    return bytes.fromhex(text)


class NopsTest(unittest.TestCase):
    def test_fillers(self) -> None:
        self.assertEqual(old_filler(11), NOPS[8] + NOPS[3])
        self.assertEqual(new_filler(11), NOPS[11])
        self.assertEqual(new_filler(15), code("eb0d") + b"\xcc" * 13)
        self.assertEqual(new_filler(200), code("e9c3000000") + b"\xcc" * 195)

    def test_old_joins_single_bytes_only(self) -> None:
        self.assertEqual(old_optimized(code("c3 90 90 90")), code("c3") + NOPS[3])
        self.assertEqual(old_optimized(code("6690 90 c3")), code("6690 90 c3"))
        self.assertEqual(old_optimized(code("90 c3 90 90")), code("90 c3") + NOPS[2])

    def test_new_joins_all_but_a_last_one(self) -> None:
        self.assertEqual(new_optimized(code("c3 6690 90 90")), code("c3") + NOPS[4])
        for last in ("c3 90", "c3 666690"):
            self.assertEqual(new_optimized(code(last)), code(last))
        self.assertEqual(new_optimized(code("90 90 c3 0f1f00")), NOPS[2] + code("c3 0f1f00"))
        self.assertEqual(new_optimized(code("eb29") + b"\x90" * 41), code("eb29 eb27") + b"\xcc" * 39)


class TablesTest(unittest.TestCase):
    def test_returns(self) -> None:
        self.assertEqual(return_results(5, 0x100, [0x200]), {code("c3cccccccc"), code("e9fb000000")})

    def test_locks(self) -> None:
        self.assertEqual(lock_results(b"\xf0"), {b"\xf0", b"\x3e"})
        self.assertEqual(lock_results(b"\x66"), {b"\x66"})

    def test_retpolines(self) -> None:
        call = relative(0xE8, 0x100, THUNKS)
        self.assertEqual(retpoline_results(call, 0x100, THUNKS, new_optimized),
                         {call, code("ffd0 0f1f00"), code("0faee8 ffd0")})
        jump = relative(0xE9, 0x100, THUNKS + 32 * 3)
        self.assertEqual(retpoline_results(jump, 0x100, THUNKS, old_optimized), {jump, code("ffe3 cc 6690"), code("0faee8 ffe3")})

    def test_retpolines_with_a_prefix(self) -> None:
        call = b"\x2e" + relative(0xE8, 0x101, THUNKS + 32 * 11)
        self.assertEqual(retpoline_results(call, 0x100, THUNKS, new_optimized),
                         {call, code("41ffd3 0f1f00"), code("0faee8 41ffd3")})

    def test_a_call_elsewhere_stays(self) -> None:
        for target in (THUNKS + 1, THUNKS + 32 * 16, THUNKS - 32):
            call = relative(0xE8, 0x100, target)
            self.assertEqual(retpoline_results(call, 0x100, THUNKS, new_optimized), {call})

    def test_passes_go_in_their_order(self) -> None:
        second = Patch(11, 1, (2, 0), "b", lambda found: {bytes([found[0] + 1])})
        first = Patch(10, 2, (1, 0), "a", lambda found: {found, b"\x50\x60"})
        self.assertEqual(run(b"\x00\x10\x20\x30", 9, [second, first]), {b"\x00\x10\x21\x30", b"\x00\x50\x61\x30"})


class PlacedTest(unittest.TestCase):
    def entry(self, length: int, source_length: int, offset: int = 0x100) -> alternatives.Alternative:
        return alternatives.Alternative(offset, length, 0x9000, source_length, False, False, False)

    def test_a_call_goes_where_it_went(self) -> None:
        moved = relative(0xE8, 0x100, 0x5000) + NOPS[2]
        for placed in (alternatives.old_placed, alternatives.new_placed):
            self.assertEqual(placed(self.entry(7, 5), relative(0xE8, 0x9000, 0x5000)), moved)

    def test_a_near_jump_becomes_short(self) -> None:
        jump = relative(0xE9, 0x9000, 0x120)
        self.assertEqual(alternatives.old_placed(self.entry(5, 5), jump), code("eb1e 0f1f00"))
        self.assertEqual(alternatives.new_placed(self.entry(5, 5), jump), code("eb1e cccccc"))

    def test_a_far_or_backward_jump_of_6_1_stays_long(self) -> None:
        for target in (0x182, 0xF0):
            self.assertEqual(alternatives.old_placed(self.entry(5, 5), relative(0xE9, 0x9000, target)), relative(0xE9, 0x100, target))
        self.assertEqual(alternatives.new_placed(self.entry(5, 5), relative(0xE9, 0x9000, 0xF0)), code("ebee cccccc"))

    def test_what_stays_inside_is_not_moved(self) -> None:
        inside = code("7402 ffd0 c3")
        self.assertEqual(alternatives.new_placed(self.entry(5, 5), inside), inside)

    def test_a_relative_address_is_moved(self) -> None:
        found = alternatives.new_placed(self.entry(8, 8), code("65488905") + (0x100000).to_bytes(4, "little"))
        self.assertEqual(int.from_bytes(found[4:], "little"), 0x100000 + 0x9000 - 0x100)

    def test_certainty(self) -> None:
        self.assertEqual(alternatives._certainty(alternatives.FEATURE_ALWAYS, False), (True, False))
        self.assertEqual(alternatives._certainty(alternatives.FEATURE_XEN_PV, True), (True, False))
        self.assertEqual(alternatives._certainty(alternatives.FEATURE_CALL_DEPTH, False), (False, True))
        self.assertEqual(alternatives._certainty(7, False), (False, False))


if __name__ == "__main__":
    unittest.main()
