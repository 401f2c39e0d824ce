# SPDX-License-Identifier: MIT
"""What a person sees of refusals: the file's name, what is wrong, and an exit status."""

import subprocess
import tempfile
import unittest
from pathlib import Path

from redoubt_manifest import authenticode, dump, file, signing, wire
from redoubt_manifest.build import Content
from redoubt_manifest.release import Release

TOOL = Path(__file__).resolve().parents[1] / "manifest"
KERNELS = sorted((TOOL.parents[1] / "build" / "kernels").glob("*/vmlinuz"))


def run(*words: str | Path) -> tuple[int, str]:
    answer = subprocess.run([TOOL, *words], capture_output=True, text=True, check=False)
    return answer.returncode, answer.stderr


class CommandsTest(unittest.TestCase):
    def setUp(self) -> None:
        holder = tempfile.TemporaryDirectory()
        self.addCleanup(holder.cleanup)
        self.folder = Path(holder.name)
        signing.generate(self.folder)
        self.manifest = self.folder / "manifest"
        signed, body = file.unsigned(Content(Release("6.12.1", 1, True), 0x1000, {wire.SECTION_NAMES: b"n"}), {})
        self.manifest.write_bytes(signed + signing.sign(signed, self.folder / signing.PRIVATE) + body)

    def refused(self, why: str, *words: str | Path) -> None:
        status, text = run(*words)
        self.assertEqual(status, 1)
        self.assertRegex(text, f"^manifest: {self.folder}.*{why}")

    def test_signature_shown(self) -> None:
        self.assertEqual(run("show", self.manifest, "--key", self.folder / signing.PUBLIC), (0, ""))
        other = self.folder / "other"
        signing.generate(other)
        self.refused("not signed with", "show", self.manifest, "--key", other / signing.PUBLIC)

    def test_truncated(self) -> None:
        self.manifest.write_bytes(self.manifest.read_bytes()[:5000])
        self.assertEqual(run("show", self.manifest)[0], 0)
        self.manifest.write_bytes(self.manifest.read_bytes()[:4096])
        self.refused("truncated", "show", self.manifest)

    def test_a_dump_of_another_kernel(self) -> None:
        dump.Dump("6.1.0", 0, bytes(0x1000)).write(self.folder / "dump")
        self.refused("another kernel: 6.1.0, not 6.12.1", "check", self.manifest, "--dump", self.folder / "dump")

    @unittest.skipUnless(KERNELS and authenticode.CA_FILE.exists(), "no kernel has been unpacked, or the CA is missing")
    def test_a_kernel_in_anothers_folder(self) -> None:
        (self.folder / "vmlinuz").symlink_to(KERNELS[0].resolve())
        (self.folder / "release").write_text("6.12.1-other\n")
        words = ("make", self.folder, "--key", self.folder / signing.PRIVATE, "--out", self.folder / "out")
        self.refused("another kernel: .*, not 6.12.1-other", *words)
        self.assertFalse((self.folder / "out").exists())


if __name__ == "__main__":
    unittest.main()
