# SPDX-License-Identifier: MIT
import tempfile
import unittest
from pathlib import Path

from redoubt_manifest import authenticode, image, release
from redoubt_manifest.refused import Refused

KERNELS = sorted((Path(__file__).resolve().parents[2] / "build" / "kernels").glob("*/vmlinuz"))


@unittest.skipUnless(KERNELS and authenticode.CA_FILE.exists(), "no kernel has been unpacked, or the package of the CA is missing")
class SignedKernelTest(unittest.TestCase):
    kernel: bytes

    @classmethod
    def setUpClass(cls) -> None:
        cls.kernel = KERNELS[0].read_bytes()

    def refused(self, data: bytes, why: str, ca_file: Path = authenticode.CA_FILE) -> None:
        with self.assertRaisesRegex(Refused, f"^(kernel|/tmp/).*{why}"):
            authenticode.verify("kernel", data, ca_file)

    def changed(self, offset: int) -> bytes:
        data = bytearray(self.kernel)
        data[offset] ^= 1
        return bytes(data)

    def test_as_debian_signed_it(self) -> None:
        authenticode.verify("kernel", self.kernel)

    def test_a_changed_byte_anywhere(self) -> None:
        table = authenticode._Pe("kernel", self.kernel).table
        for offset in (0x20E, 0x1000, len(self.kernel) // 2, table - 1):
            self.refused(self.changed(offset), "changed after it was signed")

    def test_truncated(self) -> None:
        for length in (10, 0x100, 0x1000, len(self.kernel) - 1):
            self.refused(self.kernel[:length], "truncated|not a 64-bit PE")
        self.refused(self.kernel + b"\0", "something follows")

    def test_another_signature(self) -> None:
        # The last bytes but padding are the signature's number.
        self.refused(self.changed(len(self.kernel) - 16), "not signed by Debian")

    def test_the_digest_in_the_signature_replaced(self) -> None:
        """A changed kernel with its own digest in place of the signed one."""
        data = bytearray(self.changed(0x1000))
        before = authenticode._Pe("kernel", self.kernel)
        at = data.index(before.digest(self.kernel), before.table)
        data[at : at + 32] = before.digest(bytes(data))
        self.refused(bytes(data), "not signed by Debian")

    def test_another_authority(self) -> None:
        with tempfile.NamedTemporaryFile() as file:
            file.write(authenticode.CA_FILE.read_bytes()[:-1] + b"\0")
            file.flush()
            self.refused(self.kernel, "not the Debian Secure Boot CA", Path(file.name))

    def test_unsigned(self) -> None:
        pe = authenticode._Pe("kernel", self.kernel)
        data = bytearray(self.kernel[: pe.table])
        data[pe.directory : pe.directory + 8] = bytes(8)
        self.refused(bytes(data), "not signed")

    def test_what_it_is(self) -> None:
        expected = (KERNELS[0].parent / "release").read_text().strip()
        self.assertEqual(release.of("kernel", self.kernel).name, expected)

    def test_a_payload_cut_short(self) -> None:
        with self.assertRaisesRegex(Refused, "kernel: .*truncated"):
            image.unpack("kernel", self.kernel[: len(self.kernel) // 2])


if __name__ == "__main__":
    unittest.main()
