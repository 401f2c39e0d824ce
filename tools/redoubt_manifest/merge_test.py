# SPDX-License-Identifier: MIT
import types
import unittest

from redoubt_manifest import merge, wire
from redoubt_manifest.alternatives import Alternative, AlternativePatch
from redoubt_manifest.image import Image
from redoubt_manifest.patching import Patch
from redoubt_manifest.refused import Refused
from redoubt_manifest.sites import ADDED, Site, Value


def merged(patches: list[Patch], later: list[Site], data: bytes = bytes(64), relocated: tuple[int, ...] = ()) -> list[Site]:
    image = Image(data, {}, [], list(relocated), [])
    text = types.SimpleNamespace(image=image, code=lambda start, end: data[start:end])
    return merge.merged(text, patches, later)  # type: ignore[arg-type]


def patch(offset: int, length: int, kind: str, *results: bytes) -> Patch:
    return Patch(offset, length, (0, offset), kind, lambda _: set(results))


class MergeTest(unittest.TestCase):
    def test_one_of_a_kind_stays_one(self) -> None:
        found = merged([patch(8, 1, "smp lock", b"\xf0", b"\x3e"), patch(2, 5, "return", b"a" * 5, b"b" * 5)], [])
        self.assertEqual([(site.offset, site.kind, site.target) for site in found],
                         [(2, wire.SITE_RETURN, "return"), (8, wire.SITE_SMP_LOCK, 0)])

    def test_what_cannot_change_is_no_site(self) -> None:
        self.assertEqual(merged([patch(8, 1, "smp lock", b"\x66"), patch(2, 2, "alternative", bytes(2))], []), [])

    def test_overlaps_have_all_values(self) -> None:
        found = merged([patch(2, 4, "alternative", b"abcd", b"efgh"), patch(5, 1, "smp lock", b"\xf0", b"\x3e")], [])
        self.assertEqual((found[0].offset, found[0].length, found[0].kind), (2, 4, wire.SITE_VALUES))
        self.assertEqual(found[0].target, {Value(code) for code in (b"abc\xf0", b"abc\x3e", b"efg\xf0", b"efg\x3e")})

    def test_a_long_one_holds_several(self) -> None:
        locks = [patch(place, 1, "smp lock", b"\xf0", b"\x3e") for place in (3, 8)]
        (site,) = merged([patch(2, 8, "alternative", b"abcdefgh"), *locks], [])
        self.assertEqual((site.offset, site.length, len(site.target)), (2, 8, 4))

    def test_neighbours_do_not_overlap(self) -> None:
        self.assertEqual(len(merged([patch(2, 2, "retpoline", b"ab"), patch(4, 2, "retpoline", b"cd")], [])), 2)

    def test_a_trampoline_covers_its_return(self) -> None:
        site = Site(2, 5, wire.SITE_TRAMPOLINE)
        self.assertEqual(merged([patch(2, 5, "return", b"a" * 5, b"b" * 5)], [site]), [site])
        for other in (patch(3, 5, "return", b"a" * 5), patch(2, 5, "alternative", b"a" * 5)):
            with self.assertRaisesRegex(Refused, "contradict"):
                merged([other], [site])

    def test_fields_of_a_replacement_come_with_it(self) -> None:
        entry = Alternative(2, 8, 32, 8, False, False, False)
        alternative = AlternativePatch(2, 8, (0, 0), "alternative", lambda code: {code, b"abcdefgh"}, entry, {b"abcdefgh"})
        (site,) = merged([alternative], [], relocated=(35,))
        self.assertEqual(site.kind, wire.SITE_SLID_VALUES)
        self.assertEqual(site.target, {Value(bytes(8)), Value(b"abcdefgh", ((3, ADDED),))})

    def test_fields_of_the_original_are_refused(self) -> None:
        for place in (0, 2, 9):
            with self.assertRaisesRegex(Refused, "relocated field"):
                merged([patch(2, 8, "alternative", b"abcdefgh")], [], relocated=(place,))

    def test_too_much(self) -> None:
        many = [bytes([number]) for number in range(merge.MOST_VALUES + 1)]
        with self.assertRaisesRegex(Refused, "too much"):
            merged([patch(2, 1, "alternative", *many)], [])


if __name__ == "__main__":
    unittest.main()
