# SPDX-License-Identifier: MIT
"""Where things are, from the repository's root."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / "build"
KERNELS = BUILD / "kernels"
NEW_QEMU = BUILD / "qemu-new" / "qemu-system-x86_64"
HYPERVISOR = BUILD / "hypervisor" / "hypervisor.elf32"
HYPERVISOR_WITH_DOORS = BUILD / "hypervisor" / "hypervisor-doors.elf32"
VTL1_IMAGES = {"": BUILD / "vtl1" / "vtl1.elf", "selftest": BUILD / "vtl1" / "vtl1-selftest.elf"}
MANIFESTS = BUILD / "manifests"
GUEST = BUILD / "guest"
VM = BUILD / "vm"
GUEST_FILES = Path(__file__).resolve().parent / "guest"
