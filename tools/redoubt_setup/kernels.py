# SPDX-License-Identifier: MIT
"""Debian's kernels: headers are installed, images are only unpacked under build/kernels/."""

from __future__ import annotations

import dataclasses
import re
import shutil
import subprocess
from pathlib import Path

from redoubt_setup import apt


LARGE_TREE_BYTES = 200 << 20


@dataclasses.dataclass(frozen=True)
class Headers:
    """The headers package a meta package stands for: `release` is what uname -r says."""

    release: str
    version: str


def parse_dependency(depends: str) -> str:
    """The kernel release named by a headers meta package's Depends field."""
    match = re.search(r"\blinux-headers-(\d[^\s,]*)", depends)
    if not match:
        raise apt.SetupError(f"no kernel headers named in: {depends}")
    return match.group(1)


def installed_headers(meta_package: str) -> Headers:
    release = parse_dependency(apt.depends_of(meta_package))
    package = f"linux-headers-{release}"
    versions = apt.installed_versions([package])
    if package not in versions:
        raise apt.SetupError(f"{meta_package} is installed, but not {package}")
    return Headers(release, versions[package])


def is_complete(folder: Path, headers: Headers) -> bool:
    """Whether the folder holds the image for exactly these headers."""
    stamp = folder / "version"
    return stamp.is_file() and stamp.read_text().split() == [headers.release, headers.version]


def _link(folder: Path, name: str, target: Path) -> None:
    if not target.exists():
        raise apt.SetupError(f"the kernel package has no {target}")
    (folder / name).symlink_to(target.relative_to(folder) if target.is_relative_to(folder) else target)


def _compress_if_large(modules: Path) -> None:
    """Debian 12's full 6.1 has 400 MB of uncompressed modules, too much for a guest with 1 GiB."""
    files = [str(file) for file in modules.rglob("*.ko")]
    if sum(Path(file).stat().st_size for file in files) > LARGE_TREE_BYTES:
        subprocess.run(["zstd", "-q", "-T0", "-3", "--rm", *files], check=True)


def _fill(folder: Path, headers: Headers) -> None:
    download = folder.parent / f"{folder.name}.download"
    archive = apt.download(f"linux-image-{headers.release}", headers.version, download)
    root = folder / "root"
    apt.unpack(archive, root)
    shutil.rmtree(download)
    if not (root / "lib").exists():
        (root / "lib").symlink_to("usr/lib")
    modules = (root / "lib/modules" / headers.release).resolve()
    _compress_if_large(modules)
    subprocess.run(["/sbin/depmod", "-b", str(root), headers.release], check=True)
    _link(folder, "vmlinuz", root / "boot" / f"vmlinuz-{headers.release}")
    _link(folder, "config", root / "boot" / f"config-{headers.release}")
    _link(folder, "modules", modules)
    _link(folder, "headers", Path("/usr/src") / f"linux-headers-{headers.release}")
    (folder / "release").write_text(f"{headers.release}\n")
    (folder / "version").write_text(f"{headers.release} {headers.version}\n")


def provide(folder: Path, meta_package: str) -> None:
    """Unpacks the image that matches the installed headers, unless it is there already."""
    headers = installed_headers(meta_package)
    if is_complete(folder, headers):
        return
    for attempt in ("first", "with fresh lists"):
        apt.say(f"kernel image {headers.release} ({attempt} attempt)")
        shutil.rmtree(folder, ignore_errors=True)
        try:
            _fill(folder, headers)
            return
        except apt.SetupError:
            # The archive keeps only the newest version: bring the headers up to it, once.
            if attempt != "first":
                raise
            apt.install([meta_package])
            headers = installed_headers(meta_package)
