# SPDX-License-Identifier: MIT
import unittest

from redoubt_manifest import release
from redoubt_manifest.refused import Refused


def image(text: str) -> bytes:
    return bytes(0x20E) + (0x100).to_bytes(2, "little") + bytes(0xF0) + text.encode() + bytes(0x400)


def of(version: str) -> release.Release:
    return release.of("kernel", image(f"{version.split('-')[0]}-amd64 (a@b) #1 SMP Debian {version} (2026-11-14)"))


class ReleaseTest(unittest.TestCase):
    def test_names_and_kinds(self) -> None:
        self.assertEqual(of("6.12.117-1~deb12u1").name, "6.12.117-amd64")
        self.assertTrue(of("6.12.117-1~deb12u1").is_new)
        self.assertFalse(of("6.1.192-2").is_new)

    def test_versions_grow_with_uploads(self) -> None:
        order = ["6.1.191-1", "6.1.192-1", "6.1.192-2", "6.1.300-1", "6.12.1-1", "6.12.117-1~deb12u1", "6.12.117-2"]
        versions = [of(text).version for text in order]
        self.assertEqual(versions, sorted(set(versions)))
        self.assertLess(max(versions), 1 << 32)
        self.assertFalse(any(version & 15 for version in versions))

    def test_others_are_refused_by_name(self) -> None:
        with self.assertRaisesRegex(Refused, "kernel: is 6.11.2-amd64; only"):
            of("6.11.2-1")
        with self.assertRaisesRegex(Refused, "not a kernel of Debian's"):
            release.of("kernel", image("6.12.0 (me@here) #1 SMP"))
        with self.assertRaisesRegex(Refused, "truncated"):
            release.of("kernel", b"MZ")


if __name__ == "__main__":
    unittest.main()
