# SPDX-License-Identifier: MIT
import struct
import unittest

from redoubt_manifest import btf, dump, guard, keys, paravirt, regions, wire
from redoubt_manifest.image import LINK_BASE, Image, Section
from redoubt_manifest.kallsyms import Symbols
from redoubt_manifest.refused import Refused


def symbols(**offsets: int) -> Symbols:
    return Symbols([(name, "T", offset) for name, offset in offsets.items()])


def image(data: bytes, *sections: Section) -> Image:
    return Image(data, {section.name: section for section in sections}, [], [], [])


class ParavirtTest(unittest.TestCase):
    def test_what_a_slot_may_hold(self) -> None:
        known = symbols(pv_ops=0x100, native_io_delay=1, kvm_io_delay=2, nop_func=3, BUG_func=4, native_queued_spin_lock_slowpath=5,
                        __pv_queued_spin_lock_slowpath=6, hv_qlock_wait=7, other=8)
        slots = [LINK_BASE + 1, LINK_BASE + 8, LINK_BASE + 5, LINK_BASE + 8, LINK_BASE + 3, 0]
        of = paravirt.targets(image(bytes(0x100) + struct.pack("<6Q", *slots) + bytes(1024)), known)
        self.assertEqual([of(0x100 + 8 * number) for number in range(6)], [[1, 2, None], [8], [5, 6], [8], [None, 7], [4]])


class KeysTest(unittest.TestCase):
    def test_what_is_frozen(self) -> None:
        known = symbols(__start_ro_after_init=0x100, __end_ro_after_init=0x200, some_key=0x110, perf_sched_events=0x300,
                        init_on_alloc=0x310, __SCK__lsm_static_call_file_open_0=0x320)
        found = keys.Keys(known, [0x320, 0x110, 0x300, 0x110, 0x310])
        self.assertEqual([found.number(offset) for offset in (0x110, 0x300, 0x310, 0x320)], [0, 1, 2, 3])
        frozen, free = wire.KEY_FROZEN, wire.KEY_FREE
        self.assertEqual(list(wire.KEY.iter_unpack(found.packed())), [(0x110, frozen), (0x300, free), (0x310, frozen), (0x320, frozen)])


class GuardTest(unittest.TestCase):
    def test_by_name_at_the_entry_or_before_it(self) -> None:
        known = symbols(security_file_open=0x10, commit_creds=0x20, do_sys_openat2=0x30)
        self.assertEqual([guard.is_guarded(known, at) for at in (0x10, 0x14, 0x20, 0x24, 0x30, 0x34, 0x18)],
                         [True, True, True, True, False, False, False])


class RegionsTest(unittest.TestCase):
    def test_pages_by_what_they_hold(self) -> None:
        data = bytearray(0x9000)
        struct.pack_into("<QQ", data, 0x2100, LINK_BASE + 0x4000, 0x1000)
        known = symbols(_etext=0x1800, __start_rodata=0x2000, __start_ro_after_init=0x2F00, __end_ro_after_init=0x6100,
                        __end_rodata=0x7000, idt_table=0x8000, vdso_image_64=0x2100)
        layout = regions.layout(image(bytes(data), Section(".BTF_ids", 0x6E00, 0x80, False)), known)
        rows = [(region.kind, region.offset, region.page_count) for region in layout.regions]
        self.assertEqual(rows, [
            (wire.REGION_TEXT, 0, 2), (wire.REGION_RODATA, 0x2000, 1), (wire.REGION_AFTER_INIT, 0x3000, 1),
            (wire.REGION_AFTER_INIT_USER, 0x4000, 1), (wire.REGION_AFTER_INIT, 0x5000, 1), (wire.REGION_RODATA, 0x6000, 1),
            (wire.REGION_AFTER_INIT, 0x8000, 1)])
        self.assertEqual(layout.masks, [(0x2F00, 0x100), (0x6000, 0x100), (0x6E80, 0x180)])


class BtfTest(unittest.TestCase):
    def types(self) -> btf.Types:
        names = b"\0int\0f\0g\0h\0k\0ops\0run\0fn_t\0"
        at = {name: names.index(b"\0" + name + b"\0") + 1 for name in (b"int", b"f", b"g", b"h", b"k", b"ops", b"run", b"fn_t")}

        def one(name: int, kind: int, count: int, reference: int, *rest: int) -> bytes:
            return struct.pack(f"<III{len(rest)}I", name, kind << 24 | count, reference, *rest)

        types = b"".join((
            one(at[b"int"], btf.INT, 0, 4, 32),                       # 1
            one(0, btf.CONST, 0, 1),                                  # 2: const int
            one(0, btf.FUNC_PROTO, 1, 1, at[b"f"], 1),                # 3: int (int f)
            one(0, btf.FUNC_PROTO, 1, 1, 0, 2),                       # 4: int (const int)
            one(0, btf.PTR, 0, 4),                                    # 5
            one(at[b"fn_t"], btf.TYPEDEF, 0, 5),                      # 6
            one(at[b"ops"], btf.STRUCT, 1, 8, at[b"run"], 6, 0),      # 7
            one(0, btf.PTR, 0, 1),                                    # 8: int *
            one(0, btf.FUNC_PROTO, 1, 1, 0, 8),                       # 9: int (int *)
            one(at[b"f"], btf.FUNC, 1, 3), one(at[b"g"], btf.FUNC, 1, 4), one(at[b"h"], btf.FUNC, 1, 9),
            one(0, btf.FUNC_PROTO, 1, 0, 0, 1),                       # 13: void (int)
            one(at[b"k"], btf.FUNC, 1, 13)))
        data = struct.pack("<HBBIIIII", btf.MAGIC, 1, 0, 24, 0, len(types), len(types), len(names)) + types + names
        return btf.Types(image(data, Section(".BTF", 0, len(data), False)))

    def test_prototypes_compare_as_in_c(self) -> None:
        types = self.types()
        self.assertEqual(types.functions["f"], types.functions["g"])
        self.assertNotEqual(types.functions["f"], types.functions["h"])

    def test_without_what_is_given_back(self) -> None:
        types = self.types()
        nothing = btf.returning_nothing(types.functions["f"])
        self.assertEqual(nothing, types.functions["k"])
        self.assertNotEqual(nothing, types.functions["f"])

    def test_members_and_typedefs(self) -> None:
        types = self.types()
        self.assertEqual(types.member("ops", "run"), types.functions["f"])
        self.assertEqual(types.typedef("fn_t"), types.functions["f"])
        self.assertIsNone(types.member("ops", "stop"))
        self.assertIsNone(types.member("none", "run"))


class PlaceTest(unittest.TestCase):
    OUTPUT = ("ffffffffae000000 T _text\nffffffffb0c30000 B _end\n  12000000-12ffffff : Kernel code\n6.12.1-amd64\nhere\n")

    def test_what_the_guest_says(self) -> None:
        place = dump.Place.parse(self.OUTPUT)
        self.assertEqual(place, dump.Place("6.12.1-amd64", 0xFFFFFFFFAE000000, 0xFFFFFFFFB0C30000, 0x12000000))
        self.assertIsNone(dump.Place.parse(self.OUTPUT[:-2]))

    def test_a_guest_that_does_not_know(self) -> None:
        with self.assertRaisesRegex(Refused, "does not say"):
            dump.Place.parse("6.12.1-amd64\nhere\n")


if __name__ == "__main__":
    unittest.main()
