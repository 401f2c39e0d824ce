# SPDX-License-Identifier: MIT
"""Mbed TLS's sources as this Debian release has them, unpacked under build/third_party/mbedtls/.

They come from Debian's source package through apt, which checks the archive's signature and the hash of
each file; Debian's patches are applied. What VTL1 is built of is chosen in tools/build/mbedtls.mk.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

from redoubt_setup import apt, private_apt, sources

PACKAGE = "mbedtls"
KEPT = ("include", "library", "LICENSE")


def version_of(dsc: str) -> str:
    """The version that a .dsc file is of."""
    if match := re.search(r"^Version: (\S+)$", dsc, re.MULTILINE):
        return match.group(1)
    raise apt.SetupError("a .dsc file without a version")


def _download(folder: Path, codename: str) -> Path:
    source_list = sources.for_source_packages(sources.system_sources(), codename)
    get = ["apt-get", "-q", "-c", str(private_apt.configuration(folder, source_list))]
    if not apt.run([*get, "update"]):
        raise apt.SetupError("no lists of source packages")
    if not apt.run([*get, "source", "--download-only", PACKAGE], cwd=folder):
        raise apt.SetupError(f"could not download the source package {PACKAGE}")
    return next(folder.glob("*.dsc"))


def provide(folder: Path, codename: str) -> None:
    """Makes sure that the sources are there. Asks the network for nothing if they are."""
    if (folder / "version").is_file():
        return
    apt.say(f"fetching the source package {PACKAGE}, to be unpacked under {folder}")
    scratch = folder.with_name(f"{folder.name}.apt")
    for old in (folder, scratch):
        shutil.rmtree(old, ignore_errors=True)
    scratch.mkdir(parents=True)
    dsc = _download(scratch, codename)
    # Uploaders' keys are not at hand; apt has checked the file against the signed list.
    unpacked = scratch / "unpacked"
    command = ["dpkg-source", "--no-check", "-x", str(dsc), str(unpacked)]
    subprocess.run(command, check=True, stdout=sys.stderr)
    folder.mkdir()
    for name in KEPT:
        shutil.move(unpacked / name, folder / name)
    (folder / "version").write_text(version_of(dsc.read_text(errors="replace")) + "\n")
    shutil.rmtree(scratch)
