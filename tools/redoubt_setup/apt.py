# SPDX-License-Identifier: MIT
"""The system's package manager, used as sparingly as possible."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path


class SetupError(Exception):
    """Set-up cannot go on; the text is all that the user should need."""


def say(text: str) -> None:
    print(f"setup: {text}", file=sys.stderr, flush=True)


def installed_versions(names: Iterable[str]) -> dict[str, str]:
    """Version by name, of those among `names` that are installed."""
    wanted = list(names)
    if not wanted:
        return {}
    query = ["dpkg-query", "-W", "-f", "${Package}\t${db:Status-Abbrev}\t${Version}\n", *wanted]
    answer = subprocess.run(query, capture_output=True, text=True, check=False).stdout
    found = {}
    for line in answer.splitlines():
        name, status, version = line.split("\t")
        if status.startswith("ii"):
            found[name] = version
    return found


def depends_of(name: str) -> str:
    """The Depends field of an installed package."""
    query = ["dpkg-query", "-W", "-f", "${Depends}", name]
    return subprocess.run(query, capture_output=True, text=True, check=True).stdout


def _root_prefix(packages: Sequence[str]) -> list[str]:
    if os.geteuid() == 0:
        return []
    if shutil.which("sudo"):
        can_ask = sys.stdin.isatty()
        if can_ask or subprocess.run(["sudo", "-n", "true"], check=False, capture_output=True).returncode == 0:
            return ["sudo"] if can_ask else ["sudo", "-n"]
    raise SetupError(
        "these packages are missing, and neither root nor sudo is at hand to install them:\n"
        f"  apt-get install --no-install-recommends {' '.join(packages)}"
    )


def run(command: Sequence[str], cwd: Path | None = None) -> bool:
    """Runs with all output on stderr; true if it succeeded."""
    return subprocess.run(command, cwd=cwd, stdout=sys.stderr, stdin=subprocess.DEVNULL, check=False).returncode == 0


def install(packages: Sequence[str]) -> None:
    """Installs the packages named, after refreshing apt's lists."""
    prefix = _root_prefix(packages)
    say(f"installing {' '.join(packages)}")
    environment = ["env", "DEBIAN_FRONTEND=noninteractive"]
    apt = [*prefix, *environment, "apt-get", "-q", "-o", "DPkg::Lock::Timeout=900"]
    if not run([*apt, "update"]):
        say("refreshing the package lists failed; trying with those at hand")
    if not run([*apt, "install", "-y", "--no-install-recommends", *packages]):
        raise SetupError(f"apt-get could not install: {' '.join(packages)}")


def require(packages: Sequence[str]) -> None:
    """Makes sure the packages are installed. Asks the network for nothing if they are."""
    found = installed_versions(packages)
    missing = [name for name in packages if name not in found]
    if missing:
        install(missing)


def download(package: str, version: str, folder: Path) -> Path:
    """Fetches one .deb into an empty folder, as any user."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    command = ["apt-get", "-q", "download", f"{package}={version}"]
    if os.geteuid() == 0:
        command[1:1] = ["-o", "APT::Sandbox::User=root"]
    if not run(command, cwd=folder):
        raise SetupError(f"could not download {package} {version}")
    return next(folder.glob("*.deb"))


def unpack(archive: Path, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    subprocess.run(["dpkg-deb", "-x", str(archive), str(folder)], check=True, stdout=sys.stderr)
