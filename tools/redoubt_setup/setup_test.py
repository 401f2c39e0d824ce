# SPDX-License-Identifier: MIT
import unittest

from redoubt_setup import kernels, mbedtls, packages, qemu, sources
from redoubt_setup.apt import SetupError

DEB822 = """Types: deb
# a comment
URIs: http://mirror.example/debian
Suites: bookworm bookworm-updates
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

Types: deb-src
URIs: http://mirror.example/source
Suites: bookworm

Types: deb
Enabled: no
URIs: http://mirror.example/off
Suites: bookworm
"""


class SourcesTest(unittest.TestCase):
    def test_paragraphs(self) -> None:
        found = sources.parse_deb822(DEB822)
        self.assertEqual([one.uri for one in found], ["http://mirror.example/debian"])
        self.assertEqual(found[0].suites, ("bookworm", "bookworm-updates"))

    def test_lines(self) -> None:
        text = "# deb http://x/ bookworm main\ndeb [arch=amd64 signed-by=/k.gpg] http://y/debian bookworm main contrib\n"
        self.assertEqual(sources.parse_one_line(text), [sources.Source("http://y/debian", ("bookworm",), ("main", "contrib"), "/k.gpg")])

    def test_another_suite_comes_from_the_same_mirror_with_the_same_key(self) -> None:
        text = sources.with_suite(sources.parse_deb822(DEB822), "bookworm", "bookworm-backports")
        key = "[signed-by=/usr/share/keyrings/debian-archive-keyring.gpg]"
        self.assertIn(f"deb {key} http://mirror.example/debian bookworm-backports main\n", text)
        self.assertIn(f"deb {key} http://mirror.example/debian bookworm-updates main\n", text)

    def test_source_packages_come_from_this_release_and_its_updates(self) -> None:
        text = sources.for_source_packages(sources.parse_deb822(DEB822), "bookworm")
        key = "[signed-by=/usr/share/keyrings/debian-archive-keyring.gpg]"
        mirror = f"deb-src {key} http://mirror.example/debian"
        self.assertEqual(text, f"{mirror} bookworm main\n{mirror} bookworm-updates main\n")
        with self.assertRaises(SetupError):
            sources.for_source_packages(sources.parse_deb822(DEB822), "trixie")

    def test_foreign_mirrors_are_left_out(self) -> None:
        with self.assertRaises(SetupError):
            sources.with_suite([sources.Source("http://z", ("nodistro",), ("main",))], "bookworm", "b")


class PackagesTest(unittest.TestCase):
    def test_known_releases(self) -> None:
        self.assertEqual(packages.release_of('ID=debian\nVERSION_ID="12"\n').codename, "bookworm")
        self.assertNotIn(("6.1", "cloud"), packages.release_of('ID=debian\nVERSION_ID="13"\n').kernels)

    def test_others_are_named(self) -> None:
        with self.assertRaisesRegex(packages.UnknownRelease, "Ubuntu 24.04"):
            packages.release_of('ID=ubuntu\nVERSION_ID="24.04"\nPRETTY_NAME="Ubuntu 24.04"\n')


class KernelsTest(unittest.TestCase):
    def test_release_of_a_meta_package(self) -> None:
        depends = "linux-headers-6.12.117+deb12-cloud-amd64 (= 6.12.117-1~deb12u1)"
        self.assertEqual(kernels.parse_dependency(depends), "6.12.117+deb12-cloud-amd64")

    def test_no_headers_named(self) -> None:
        with self.assertRaises(SetupError):
            kernels.parse_dependency("linux-compiler-gcc-12-x86")


class QemuTest(unittest.TestCase):
    def test_versions_compare_as_numbers(self) -> None:
        self.assertEqual(qemu.parse_version("QEMU emulator version 10.0.2 (Debian)"), (10, 0))
        self.assertLess(qemu.parse_version("QEMU emulator version 7.2.22"), qemu.FIRST_GOOD_VERSION)
        self.assertEqual(qemu.parse_version("nonsense"), ())


class MbedtlsTest(unittest.TestCase):
    def test_version_of_a_source_package(self) -> None:
        self.assertEqual(mbedtls.version_of("Format: 3.0\nVersion: 2.28.3-1\nStandards-Version: 4.6\n"), "2.28.3-1")
        with self.assertRaises(SetupError):
            mbedtls.version_of("Standards-Version: 4.6\n")


if __name__ == "__main__":
    unittest.main()
