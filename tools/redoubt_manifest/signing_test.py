# SPDX-License-Identifier: MIT
import stat
import subprocess
import tempfile
import unittest
from pathlib import Path

from redoubt_manifest import signing, wire
from redoubt_manifest.der import DerError, Element
from redoubt_manifest.refused import Refused


class SigningTest(unittest.TestCase):
    folder: tempfile.TemporaryDirectory[str]

    @classmethod
    def setUpClass(cls) -> None:
        cls.folder = tempfile.TemporaryDirectory()
        cls.keys = Path(cls.folder.name) / "keys"
        signing.generate(cls.keys)
        cls.private, cls.public = cls.keys / signing.PRIVATE, cls.keys / signing.PUBLIC

    @classmethod
    def tearDownClass(cls) -> None:
        cls.folder.cleanup()

    def test_a_signature(self) -> None:
        for number in range(20):  # numbers of r and s with and without leading zeros
            data = bytes([number]) * wire.SIGNED_BYTES
            signature = signing.sign(data, self.private)
            self.assertEqual(len(signature), wire.SIGNATURE_BYTES)
            self.assertTrue(signing.verify(data, signature, self.public))
        self.assertFalse(signing.verify(data[:-1] + b"\xff", signature, self.public))
        self.assertFalse(signing.verify(data, signature[:-1] + bytes([signature[-1] ^ 1]), self.public))

    def test_another_key(self) -> None:
        other = Path(self.folder.name) / "other"
        signing.generate(other)
        self.assertFalse(signing.verify(b"x", signing.sign(b"x", other / signing.PRIVATE), self.public))

    def test_the_private_key_is_kept_and_private(self) -> None:
        before = self.private.read_bytes()
        signing.generate(self.keys)
        self.assertEqual(self.private.read_bytes(), before)
        self.assertEqual(stat.S_IMODE(self.private.stat().st_mode), 0o600)

    def test_the_constant_is_the_public_key(self) -> None:
        kind, _, text = (self.keys / signing.CONSTANT).read_text().split("*/")[1].strip().partition("\n")
        self.assertEqual(kind, "#define REDOUBT_OPERATOR_KEY_IS_OWN 0")
        point = bytes(int(word, 16) for word in text.replace(",", " ").split())
        self.assertEqual(point, signing.public_bytes(self.private))
        self.assertEqual(len(point), wire.SIGNATURE_BYTES)
        der = subprocess.run(["openssl", "pkey", "-pubin", "-in", str(self.public), "-outform", "DER"], capture_output=True, check=True)
        self.assertTrue(der.stdout.endswith(b"\x04" + point))

    def test_only_the_operator_says_that_a_key_is_their_own(self) -> None:
        own = Path(self.folder.name) / "own"
        own.mkdir()
        private = own / signing.PRIVATE
        pem = self.private.read_bytes()
        for before, number in ((signing.OWN_MARK + b"\n", 1), (b"some key\n", 0), (b"", 0)):
            private.write_bytes(before + pem)
            signing.generate(own)
            self.assertIn(f"_IS_OWN {number}\n", (own / signing.CONSTANT).read_text())
            self.assertEqual(signing.public_bytes(private), signing.public_bytes(self.private))
            self.assertTrue(signing.verify(b"x", signing.sign(b"x", private), self.public))
        private.write_bytes(pem + signing.OWN_MARK + b"\n")
        self.assertFalse(signing.is_own(private))

    def test_keys_of_another_kind(self) -> None:
        for kind in (["EC", "-pkeyopt", "ec_paramgen_curve:P-256"], ["RSA"]):
            path = Path(self.folder.name) / "wrong.pem"
            subprocess.run(["openssl", "genpkey", "-algorithm", *kind, "-out", str(path)], capture_output=True, check=True)
            with self.assertRaisesRegex(Refused, "not a key of P-384"):
                signing.public_bytes(path)


class DerTest(unittest.TestCase):
    def test_lengths(self) -> None:
        self.assertEqual(Element.parse(b"\x04\x01a").value, b"a")
        self.assertEqual(Element.parse(b"\x04\x81\x80" + bytes(128)).value, bytes(128))
        self.assertEqual([part.value for part in Element.parse(b"\x30\x05\x02\x01a\x05\x00").children()], [b"a", b""])

    def test_what_is_none(self) -> None:
        for text in (b"", b"\x04", b"\x04\x02a", b"\x04\x01ab", b"\x04\x80", b"\x1f\x01\x00", b"\x04\x85\0\0\0\0\x01a"):
            with self.assertRaises(DerError):
                Element.parse(text)


if __name__ == "__main__":
    unittest.main()
