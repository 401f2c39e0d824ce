# SPDX-License-Identifier: MIT
import io
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

from redoubt_vm.cpio import BLOCK, Archive


def written(fill) -> bytes:
    out = io.BytesIO()
    archive = Archive(out)
    fill(archive)
    archive.finish()
    return out.getvalue()


def sample(archive: Archive) -> None:
    archive.file("a/b/text", b"hello\n", 0o755)
    archive.link("a/link", "b/text")
    archive.device("dev/null", 1, 3)


class CpioTest(unittest.TestCase):
    def test_same_input_gives_same_bytes(self) -> None:
        self.assertEqual(written(sample), written(sample))

    def test_ends_at_a_block_so_that_another_may_follow(self) -> None:
        self.assertEqual(len(written(sample)) % BLOCK, 0)

    def test_header_has_the_fields_the_kernel_reads(self) -> None:
        data = written(lambda archive: archive.file("x", b"abc", 0o644))
        self.assertEqual(data[:6], b"070701")
        fields = [int(data[6 + 8 * n : 14 + 8 * n], 16) for n in range(13)]
        self.assertEqual(fields[1], 0o100644)
        self.assertEqual(fields[6], 3)
        self.assertEqual(fields[11], 2)
        self.assertEqual(data[110:112], b"x\0")
        self.assertEqual(data[112:115], b"abc")

    def test_parents_come_first_and_once(self) -> None:
        data = written(sample)
        self.assertLess(data.index(b"a\0"), data.index(b"a/b\0"))
        self.assertLess(data.index(b"a/b\0"), data.index(b"a/b/text\0"))
        self.assertEqual(data.count(b"a/b\0"), 1)

    @unittest.skipUnless(shutil.which("cpio"), "no cpio here")
    def test_cpio_reads_it(self) -> None:
        with tempfile.TemporaryDirectory() as name:
            data = written(lambda archive: archive.file("a/b/text", b"hello\n"))
            subprocess.run(["cpio", "-id", "--quiet"], input=data, cwd=name, check=True)
            self.assertEqual((Path(name) / "a/b/text").read_bytes(), b"hello\n")


if __name__ == "__main__":
    unittest.main()
