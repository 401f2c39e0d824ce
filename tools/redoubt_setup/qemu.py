# SPDX-License-Identifier: MIT
"""A newer QEMU beside the system's, unpacked under build/qemu-new/; nothing is installed.

It is fetched with an apt configuration of its own (private_apt.py).
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import time
from pathlib import Path

from redoubt_setup import apt, private_apt, sources

# Multi-threaded emulation of several CPUs is sound from here on.
FIRST_GOOD_VERSION = (8, 1)
RETRY_AFTER_SECONDS = 24 * 3600

WRAPPER = """#!/bin/sh
# SPDX-License-Identifier: MIT
# Runs the unpacked QEMU with its own modules, firmware and libraries.
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
export QEMU_MODULE_DIR="$here/root/usr/lib/x86_64-linux-gnu/qemu"
export LD_LIBRARY_PATH="$here/root/usr/lib/x86_64-linux-gnu:$here/root/lib/x86_64-linux-gnu"
exec "$here/root/usr/bin/qemu-system-x86_64" -L "$here/data" "$@"
"""


def parse_version(text: str) -> tuple[int, ...]:
    """The version in the first line of `qemu-system-x86_64 --version`; () if there is none."""
    match = re.search(r"version (\d+)\.(\d+)", text)
    return tuple(int(part) for part in match.groups()) if match else ()


def version_of(program: str) -> tuple[int, ...]:
    try:
        answer = subprocess.run([program, "--version"], capture_output=True, text=True, check=False)
    except OSError:
        return ()
    return parse_version(answer.stdout)


def _download(folder: Path, suite: str, codename: str) -> list[Path]:
    source_list = sources.with_suite(sources.system_sources(), codename, suite)
    get = ["apt-get", "-q", "-c", str(private_apt.configuration(folder, source_list))]
    wanted = ["qemu-system-x86", "qemu-system-common", "qemu-system-data", "seabios", "ipxe-qemu"]
    fetch = ["install", "-y", "--download-only", "--reinstall", "--no-install-recommends", "-t", suite]
    if not apt.run([*get, "update"]):
        raise apt.SetupError(f"no package lists of {suite}")
    if not apt.run([*get, *fetch, *wanted]):
        raise apt.SetupError(f"no QEMU from {suite}")
    return sorted((folder / "cache/archives").glob("*.deb"))


def _gather_firmware(root: Path, data: Path) -> None:
    """One folder with every firmware file, links replaced by what they point at."""
    data.mkdir()
    for name in ("qemu", "seabios", "ipxe-qemu", "qemu-efi"):
        for file in sorted((root / "usr/share" / name).rglob("*")):
            target = root / os.readlink(file).lstrip("/") if file.is_symlink() else file
            if file.is_symlink() and not os.readlink(file).startswith("/"):
                target = (file.parent / os.readlink(file)).resolve()
            destination = data / file.relative_to(root / "usr/share" / name)
            if target.is_file() and not destination.exists():
                destination.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(target, destination)


def _fill(folder: Path, suite: str, codename: str) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    scratch = folder.with_name(f"{folder.name}.apt")
    shutil.rmtree(scratch, ignore_errors=True)
    for archive in _download(scratch, suite, codename):
        apt.unpack(archive, folder / "root")
    shutil.rmtree(scratch)
    _gather_firmware(folder / "root", folder / "data")
    wrapper = folder / "qemu-system-x86_64"
    wrapper.write_text(WRAPPER)
    wrapper.chmod(0o755)
    version = version_of(str(wrapper))
    if version < FIRST_GOOD_VERSION:
        raise apt.SetupError(f"the QEMU from {suite} does not run here")
    (folder / "version").write_text(".".join(map(str, version)) + "\n")


def provide(folder: Path, suite: str, codename: str) -> None:
    """Unpacks a newer QEMU if the system's is old. A failure is said, and is not fatal."""
    if (folder / "version").is_file() or version_of("qemu-system-x86_64") >= FIRST_GOOD_VERSION:
        return
    failed = folder.with_name(f"{folder.name}.failed")
    if failed.exists() and time.time() - failed.stat().st_mtime < RETRY_AFTER_SECONDS:
        return
    apt.say(f"fetching a newer QEMU from {suite}, to be unpacked under {folder}")
    try:
        if not suite:
            raise apt.SetupError("no suite is known that has it")
        _fill(folder, suite, codename)
        failed.unlink(missing_ok=True)
    except (apt.SetupError, OSError, subprocess.CalledProcessError) as error:
        shutil.rmtree(folder, ignore_errors=True)
        failed.parent.mkdir(parents=True, exist_ok=True)
        failed.touch()
        apt.say(f"going on without a newer QEMU: {error} (next attempt in a day, or remove {failed})")
