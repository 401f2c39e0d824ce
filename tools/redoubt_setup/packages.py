# SPDX-License-Identifier: MIT
"""The one table of package names, by Debian release."""

from __future__ import annotations

import dataclasses

# Names that are the same in every supported release.
BUILD = (
    "clang-19",
    "clang-format-19",
    "clang-tidy-19",
    "libc++-19-dev",
    "libc++abi-19-dev",
    "libclang-rt-19-dev",
    "lld-19",
    "llvm-19",
    "gcc",
    "libc6-dev",
    "dpkg-dev",  # unpacks source packages
    "openssl",  # makes the operator's key
    "make",
    "perl",  # kernel-doc, which a kernel build with W=1 runs
    "googletest",
    "busybox-static",
    "kmod",
    "xz-utils",
    "zstd",
    "lz4",  # Debian 12's 6.1 cloud kernels are packed with it
    "openssl",
    "shim-unsigned",  # Debian's Secure Boot CA, which has signed all kernels
    "qemu-system-x86",
    "seabios",
)

DOCS = ("python3-sphinx",)
DEBUGGER = ("gdb",)


@dataclasses.dataclass(frozen=True)
class Release:
    """What one Debian release calls things.

    kernels: (version, flavour) -> the meta package of the headers. The image package's name and
    exact version follow from the headers that are installed.
    qemu_suite: where a QEMU >= 8.1 is found if the release's own is older; empty if it is not.
    """

    codename: str
    kernels: dict[tuple[str, str], str]
    qemu_suite: str = ""


RELEASES: dict[str, Release] = {
    "12": Release(
        codename="bookworm",
        kernels={
            ("6.12", "cloud"): "linux-headers-6.12-cloud-amd64",
            ("6.12", "full"): "linux-headers-6.12-amd64",
            ("6.1", "cloud"): "linux-headers-cloud-amd64",
            ("6.1", "full"): "linux-headers-amd64",
        },
        qemu_suite="bookworm-backports",
    ),
    "13": Release(
        codename="trixie",
        kernels={
            ("6.12", "cloud"): "linux-headers-cloud-amd64",
            ("6.12", "full"): "linux-headers-amd64",
        },
    ),
}


class UnknownRelease(Exception):
    """This machine runs something the table has no column for."""


def parse_os_release(text: str) -> dict[str, str]:
    """The fields of an os-release file, without quotes."""
    fields = {}
    for line in text.splitlines():
        name, equals, value = line.partition("=")
        if equals:
            fields[name.strip()] = value.strip().strip('"')
    return fields


def release_of(os_release: str) -> Release:
    """The column for the machine whose /etc/os-release is given."""
    fields = parse_os_release(os_release)
    version = fields.get("VERSION_ID", "")
    if fields.get("ID") != "debian" or version not in RELEASES:
        found = fields.get("PRETTY_NAME", "an unknown system")
        raise UnknownRelease(f"knows Debian {' and '.join(RELEASES)}, this is {found}")
    return RELEASES[version]
