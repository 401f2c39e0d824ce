# SPDX-License-Identifier: MIT
"""PCI devices for tests of DMA, the IOMMU above them, and the files they serve."""

from __future__ import annotations

import array
import sys
from pathlib import Path

NAMES = ("disk", "net", "edu")
SERVED_NAME = "pattern"
DISK_BYTES = 4 << 20
SERVED_BYTES = 256 << 10
# Without these a virtio device writes past the IOMMU.
VIRTIO = "iommu_platform=on,disable-legacy=on"


class NoDevice(Exception):
    """A name that is not in NAMES."""


def parse(text: str) -> tuple[str, ...]:
    names = tuple(name for name in text.split(",") if name)
    if unknown := set(names) - set(NAMES):
        raise NoDevice(f"no device {', '.join(sorted(unknown))}: there are {', '.join(NAMES)}")
    return names


def pattern(size: int) -> bytes:
    """Number n of 64 bits, little-endian, is n times the golden ratio; selftests/vm/dma.c knows it."""
    words = array.array("Q", ((n * 0x9E3779B97F4A7C15) & 0xFFFFFFFFFFFFFFFF for n in range(size // 8)))
    if sys.byteorder == "big":
        words.byteswap()
    return words.tobytes()


def write_files(names: tuple[str, ...], folder: Path) -> None:
    if "disk" in names:
        (folder / "disk.img").write_bytes(pattern(DISK_BYTES))
    if "net" in names:
        (folder / "served").mkdir()
        (folder / "served" / SERVED_NAME).write_bytes(pattern(SERVED_BYTES))


def iommu() -> list[str]:
    """Its tables have the shape of nested ones: 48 bits, four levels. It must come before other devices.

    No interrupt remapping: QEMU up to 10.0 lets messages of the old format pass it, whatever EIME and CFIS say.
    """
    return ["-device", "intel-iommu,intremap=off,aw-bits=48"]


def options(names: tuple[str, ...], folder: Path) -> list[str]:
    line: list[str] = []
    if "disk" in names:
        path = str(folder / "disk.img").replace(",", ",,")
        line += ["-drive", f"if=none,id=disk,format=raw,file={path}"]
        line += ["-device", f"virtio-blk-pci,drive=disk,{VIRTIO}"]
    if "net" in names:
        path = str(folder / "served").replace(",", ",,")
        line += ["-netdev", f"user,id=net,restrict=on,tftp={path}"]
        line += ["-device", f"virtio-net-pci,netdev=net,romfile=,{VIRTIO}"]
    if "edu" in names:
        # The mask is of the addresses it can reach; its own default is 28 bits.
        line += ["-device", "edu,dma_mask=0xffffffffffffffff"]
    return line
