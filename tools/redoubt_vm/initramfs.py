# SPDX-License-Identifier: MIT
"""The guest's file system: a cached archive per kernel, and a small one per run behind it."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from pathlib import Path

from redoubt_vm import cpio, paths
from redoubt_vm.kernel import Kernel
from redoubt_vm.request import Request

BUSYBOX = Path("/bin/busybox")
# Not busybox's shell: that prefers its own modprobe to kmod's, whatever PATH says.
SHELL = Path("/bin/dash")
KMOD = Path("/bin/kmod")
KMOD_NAMES = ("depmod", "insmod", "lsmod", "modinfo", "modprobe", "rmmod")
# Opened by libkmod only when it meets a compressed module, so that ldd does not name them.
KMOD_LAZY_LIBRARIES = ("liblzma.so.5", "libzstd.so.1")
MOUNT_POINTS = ("dev", "proc", "sys", "run", "tmp", "root", "mnt", "etc", "var")


def libraries_of(program: Path) -> dict[str, Path]:
    """The shared libraries a program needs: path in the guest, file here."""
    answer = subprocess.run(["ldd", str(program)], capture_output=True, text=True, check=True).stdout
    found = {}
    for line in answer.splitlines():
        name, _, rest = line.strip().partition(" => ")
        path = (rest or name).split(" (")[0].strip()
        if path.startswith("/"):
            found[path] = Path(path).resolve()
    folder = next((Path(path).parent for path in found if path.endswith("libc.so.6")), Path("/lib"))
    for name in KMOD_LAZY_LIBRARIES:
        if (folder / name).exists():
            found.setdefault(str(folder / name), (folder / name).resolve())
    return found


def _write_base(archive: cpio.Archive, kernel: Kernel) -> None:
    for name in MOUNT_POINTS:
        archive.folder(name, 0o1777 if name == "tmp" else 0o755)
    archive.device("dev/console", 5, 1)
    archive.device("dev/null", 1, 3, 0o666)
    # Where /lib and /usr/lib are one, kmod may look for modules below either.
    archive.link("usr/lib", "/lib")
    archive.copy("bin/busybox", BUSYBOX)
    applets = subprocess.run([str(BUSYBOX), "--list-full"], capture_output=True, text=True, check=True)
    for applet in applets.stdout.split():
        if Path(applet).name not in (*KMOD_NAMES, "busybox", "sh"):
            archive.link(applet, "/bin/busybox")
    archive.copy("bin/sh", SHELL)
    archive.copy("bin/kmod", KMOD)
    for name in KMOD_NAMES:
        archive.link(f"sbin/{name}", "/bin/kmod")
    for path, file in {**libraries_of(KMOD), **libraries_of(SHELL)}.items():
        archive.copy(path, file)
    archive.file("etc/passwd", b"root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/sh\n")
    # For the interactive shell, which is busybox's because dash cannot edit a line.
    archive.file("etc/shrc", "".join(f"alias {name}=/sbin/{name}\n" for name in KMOD_NAMES).encode())
    archive.file("etc/group", b"root:x:0:\nnogroup:x:65534:\n")
    archive.tree(f"lib/modules/{kernel.release}", kernel.modules)


def base_archive(kernel: Kernel) -> Path:
    """The part that depends on the kernel and this machine's packages only."""
    inputs = [(kernel.folder / "version").read_bytes(), Path(__file__).read_bytes(), Path(cpio.__file__).read_bytes()]
    inputs += [f"{file.stat().st_mtime_ns} {file.stat().st_size}".encode() for file in (BUSYBOX, KMOD, SHELL)]
    key = hashlib.sha256(b"\0".join(inputs)).hexdigest()[:16]
    path = paths.VM / f"base-{kernel.name}-{key}.cpio"
    if not path.exists():
        paths.VM.mkdir(parents=True, exist_ok=True)
        for old in paths.VM.glob(f"base-{kernel.name}-*.cpio"):
            old.unlink(missing_ok=True)
        partial = path.with_suffix(f".{os.getpid()}")
        with partial.open("wb") as out:
            archive = cpio.Archive(out)
            _write_base(archive, kernel)
            archive.finish()
        partial.rename(path)
    return path


def _write_run(archive: cpio.Archive, kernel: Kernel, request: Request) -> None:
    archive.copy("init", paths.GUEST_FILES / "init")
    archive.copy("tests/run", paths.GUEST_FILES / "run_tests")
    for name, text in request.files().items():
        archive.file(f"request/{name}", text.encode())
    image = paths.VTL1_IMAGES[request.variant]
    if image.exists():
        archive.copy("lib/firmware/redoubt/vtl1.elf", image)
    manifest = paths.MANIFESTS / kernel.name / "redoubt-manifest.bin"
    if manifest.exists():
        archive.copy(f"lib/firmware/redoubt/manifest-{kernel.release}.bin", manifest)
    driver = kernel.driver_folder(request.variant)
    pair = kernel.driver_folder("pair")
    modules = [*driver.glob("vtl0_driver/*.ko"), *driver.glob("selftests/vm/module/*.ko")]
    for module in sorted([*modules, *pair.glob("selftests/conformance/module/*.ko")]):
        archive.copy(f"lib/modules/{kernel.release}/updates/{module.name}", module)
    if (paths.GUEST / "redoubt").exists():
        archive.copy("usr/bin/redoubt", paths.GUEST / "redoubt")
    archive.folder("tests")
    archive.tree("tests", paths.GUEST / "tests")
    for path, file in request.extra_files.items():
        archive.copy(path, file)


def build(kernel: Kernel, request: Request, out: Path) -> None:
    """Writes the initramfs for one run."""
    base = base_archive(kernel)
    with out.open("wb") as file:
        with base.open("rb") as source:
            shutil.copyfileobj(source, file, 1 << 20)
        archive = cpio.Archive(file)
        _write_run(archive, kernel, request)
        archive.finish()
