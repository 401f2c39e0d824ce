# SPDX-License-Identifier: MIT
import struct
import subprocess
import tempfile
import unittest
from pathlib import Path

from redoubt_manifest import extras, sites, wire
from redoubt_manifest.image import LINK_BASE, Image, Section
from redoubt_manifest.kallsyms import Symbols
from redoubt_manifest.refused import Refused


def certificate(*kind: str) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        command = ["openssl", "req", "-x509", "-newkey", *kind, "-nodes", "-keyout", f"{folder}/key", "-out", f"{folder}/crt",
                   "-outform", "DER", "-subj", "/CN=a module key", "-set_serial", "0x0a9e"]
        subprocess.run(command, check=True, capture_output=True)
        return Path(folder, "crt").read_bytes()


EC = ("ec", "-pkeyopt", "ec_paramgen_curve:P-384")


def module_keys(data: bytes) -> bytes:
    image = Image(data + struct.pack("<Q", len(data)), {}, [], [], [])
    return extras.module_keys(image, Symbols([("system_certificate_list", "T", 0), ("system_certificate_list_size", "T", len(data))]))


class ExtrasTest(unittest.TestCase):
    def test_names(self) -> None:
        symbols = Symbols([("b", "T", 16), ("a", "t", 4), ("data", "D", 8), ("__pfx_b", "t", 0), ("outside", "T", 64)])
        self.assertEqual(extras.read_names(extras.names(symbols, 64)), [(4, "a"), (16, "b")])

    def test_exports(self) -> None:
        strings = b"beta\0alpha\0HOME\0"
        rows = 0x100 + len(strings)
        data = bytearray(0x100) + strings
        for name, value, home in (("beta", 0x20, ""), ("alpha", 0x5000, "HOME")):
            at, places = len(data), [value, strings.index(name.encode()) + 0x100, strings.index(home.encode()) + 0x100 if home else 0]
            distances = [place - at - 4 * number if place else 0 for number, place in enumerate(places)]
            data += struct.pack("<iii", *distances)
        data += struct.pack("<II", 0xBE, 0xA1)
        edges = {"__start___ksymtab": rows, "__stop___ksymtab": rows + 12, "__start___ksymtab_gpl": rows + 12, "__stop___ksymtab_gpl": rows + 24,
                 "__start___kcrctab": rows + 24, "__start___kcrctab_gpl": rows + 28, "_end": 0x1000}
        section = extras.exports(Image(bytes(data), {}, [], [], []), Symbols([(name, "T", place) for name, place in edges.items()]))
        count, *fields = struct.unpack_from("<11I", section)
        self.assertEqual(count, 2)

        def text(place: int) -> bytes:
            return section[place : section.index(b"\0", place)]

        alpha, beta = fields[:5], fields[5:]
        self.assertEqual((text(alpha[0]), text(alpha[1]), *alpha[2:]),
                         (b"alpha", b"HOME", (LINK_BASE + 0x5000) & 0xFFFFFFFF, 0xA1, wire.EXPORT_GPL | wire.EXPORT_OUTSIDE))
        self.assertEqual((text(beta[0]), *beta[1:]), (b"beta", 0, 0x20, 0xBE, 0))

    def test_module_keys(self) -> None:
        rsa, ec = certificate("rsa:2048"), certificate(*EC)
        section = module_keys(rsa + ec)
        kind, issuer, serial, key = wire.MODULE_KEY.unpack_from(section)
        self.assertEqual((kind, serial, key), (wire.MODULE_KEY_RSA, 2, 256))
        self.assertEqual(section[16 + issuer : 18 + issuer], b"\x0a\x9e")
        self.assertIn(section[18 + issuer : 18 + issuer + key], rsa)
        second = (16 + issuer + serial + key + 3) // 4 * 4
        kind, issuer, serial, key = wire.MODULE_KEY.unpack_from(section, second)
        self.assertEqual((kind, serial, key), (wire.MODULE_KEY_P384, 2, 96))
        self.assertIn(b"\x04" + section[second + 18 + issuer :][:96], ec)
        self.assertIn(section[second + 16 :][:issuer], ec)

    def test_other_keys_are_refused(self) -> None:
        with self.assertRaisesRegex(Refused, "neither RSA nor P-384"):
            module_keys(certificate("ec", "-pkeyopt", "ec_paramgen_curve:P-256"))
        with self.assertRaisesRegex(Refused, "cannot be read"):
            module_keys(certificate(*EC)[:-1])


class CutOptionsTest(unittest.TestCase):
    def test_both_states(self) -> None:
        data = bytes(5) + b"a,b" + sites.CUT_OPTIONS + b"x"
        (site,) = sites._cut_options(Image(data, {".rodata": Section(".rodata", 0, len(data), False)}, [], [], []))
        self.assertEqual((site.offset, site.length, site.kind), (8, len(sites.CUT_OPTIONS), wire.SITE_VALUES))
        assert isinstance(site.target, frozenset)
        self.assertEqual({value.code.count(b"\0") for value in site.target}, {2, 5})


if __name__ == "__main__":
    unittest.main()
