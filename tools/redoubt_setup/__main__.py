# SPDX-License-Identifier: MIT
"""Reads the arguments of tools/setup and does what is missing."""

from __future__ import annotations

import argparse
import fcntl
import subprocess
import sys
from pathlib import Path
from typing import TextIO

from redoubt_setup import apt, kernels, mbedtls, packages, qemu

BUILD_FOLDER = Path(__file__).resolve().parents[2] / "build"


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="tools/setup", description=__doc__)
    parser.add_argument("--kernel", action="append", default=[], metavar="VERSION-FLAVOUR", help="e.g. 6.12-cloud")
    parser.add_argument("--optional-kernel", action="append", default=[], metavar="VERSION-FLAVOUR",
                        help="the same, skipped with a message where this release has no such kernel")
    parser.add_argument("--docs", action="store_true", help="also what building the documentation needs")
    parser.add_argument("--debugger", action="store_true", help="also what make debug needs")
    parser.add_argument("--new-qemu", action="store_true", help="also a newer QEMU where the system's is old")
    parser.add_argument("--list", action="store_true", help="only print the packages that would be wanted")
    return parser.parse_args()


def exclusive() -> TextIO:
    """Holds until it is closed: two runs at once do not unpack the same things."""
    BUILD_FOLDER.mkdir(exist_ok=True)
    lock = (BUILD_FOLDER / "setup.lock").open("w")
    fcntl.flock(lock, fcntl.LOCK_EX)
    return lock


def wanted_kernels(options: argparse.Namespace, release: packages.Release) -> dict[str, str]:
    """Meta package of the headers, by the kernel's folder name."""
    found = {}
    for name in [*options.kernel, *options.optional_kernel]:
        version, _, flavour = name.partition("-")
        if (version, flavour) in release.kernels:
            found[name] = release.kernels[version, flavour]
        elif name in options.kernel:
            known = ", ".join("-".join(key) for key in release.kernels)
            raise apt.SetupError(f"Debian {release.codename} has no kernel {name}; it has {known}")
        else:
            apt.say(f"Debian {release.codename} has no kernel {name}: left out")
    return found


def main() -> int:
    options = arguments()
    try:
        release = packages.release_of(Path("/etc/os-release").read_text())
        wanted = wanted_kernels(options, release)
        names = [*packages.BUILD, *(packages.DOCS if options.docs else ()),
                 *(packages.DEBUGGER if options.debugger else ()), *wanted.values()]
        if options.list:
            print("\n".join(names))
            return 0
        lock = exclusive()
        apt.require(names)
        mbedtls.provide(BUILD_FOLDER / "third_party" / "mbedtls", release.codename)
        for name, meta_package in wanted.items():
            kernels.provide(BUILD_FOLDER / "kernels" / name, meta_package)
        if options.new_qemu:
            qemu.provide(BUILD_FOLDER / "qemu-new", release.qemu_suite, release.codename)
        lock.close()
    except (apt.SetupError, packages.UnknownRelease, OSError, subprocess.CalledProcessError) as error:
        apt.say(str(error))
        return 1
    return 0


sys.exit(main())
