# SPDX-License-Identifier: MIT
"""Writes cpio archives as the kernel's initramfs loader reads them: "newc", SVR4 without checksum.

@source Linux, Documentation/driver-api/early-userspace/buffer-format.rst
The same input gives the same bytes: owner is root, times are 0, inode numbers count up.
"""

from __future__ import annotations

import stat
from pathlib import Path, PurePosixPath
from typing import BinaryIO

TRAILER = "TRAILER!!!"
ALIGNMENT = 4
# An archive ends at a multiple of this, so that another may follow it in one initramfs.
BLOCK = 512


class Archive:
    """A cpio archive being written; parents of an entry are made as needed."""

    def __init__(self, out: BinaryIO) -> None:
        self._out = out
        self._bytes = 0
        self._inode = 0
        self._folders: set[PurePosixPath] = set()

    def _write(self, data: bytes) -> None:
        self._out.write(data)
        self._bytes += len(data)

    def _pad(self, to: int = ALIGNMENT) -> None:
        self._write(bytes(-self._bytes % to))

    def _entry(self, name: str, mode: int, data: bytes = b"", device: tuple[int, int] = (0, 0)) -> None:
        self._inode += 1
        encoded = name.encode() + b"\0"
        inode = 0 if name == TRAILER else self._inode
        fields = (inode, mode, 0, 0, 1, 0, len(data), 0, 0, *device, len(encoded), 0)
        self._write(b"070701" + b"".join(b"%08X" % field for field in fields))
        self._write(encoded)
        self._pad()
        self._write(data)
        self._pad()

    def _parents(self, path: PurePosixPath) -> None:
        for parent in reversed(path.parents):
            if parent.name:
                self.folder(parent)

    def folder(self, path: str | PurePosixPath, mode: int = 0o755) -> None:
        path = _relative(path)
        if path not in self._folders:
            self._parents(path)
            self._folders.add(path)
            self._entry(str(path), stat.S_IFDIR | mode)

    def file(self, path: str | PurePosixPath, data: bytes, mode: int = 0o644) -> None:
        path = _relative(path)
        self._parents(path)
        self._entry(str(path), stat.S_IFREG | mode, data)

    def link(self, path: str | PurePosixPath, target: str) -> None:
        path = _relative(path)
        self._parents(path)
        self._entry(str(path), stat.S_IFLNK | 0o777, target.encode())

    def device(self, path: str | PurePosixPath, major: int, minor: int, mode: int = 0o600) -> None:
        """A character device."""
        path = _relative(path)
        self._parents(path)
        self._entry(str(path), stat.S_IFCHR | mode, device=(major, minor))

    def copy(self, path: str | PurePosixPath, source: Path) -> None:
        """A file of this machine, with its contents and whether it may be executed."""
        executable = source.stat().st_mode & stat.S_IXUSR
        self.file(path, source.read_bytes(), 0o755 if executable else 0o644)

    def tree(self, path: str | PurePosixPath, source: Path) -> None:
        """A folder of this machine with all files and links below it."""
        base = _relative(path)
        self.folder(base)
        for item in sorted(source.rglob("*")):
            target = base / item.relative_to(source)
            if item.is_symlink():
                self.link(target, str(item.readlink()))
            elif item.is_dir():
                self.folder(target)
            else:
                self.copy(target, item)

    def finish(self) -> None:
        self._entry(TRAILER, 0)
        self._pad(BLOCK)


def _relative(path: str | PurePosixPath) -> PurePosixPath:
    return PurePosixPath(str(path).lstrip("/"))
