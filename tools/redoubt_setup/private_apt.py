# SPDX-License-Identifier: MIT
"""An apt configuration of our own: source list, state and cache under one folder, the system's keys.

With it other suites, or source packages, can be fetched without a trace in the system's configuration.
"""

from __future__ import annotations

import os
from pathlib import Path


def configuration(folder: Path, source_list: str) -> Path:
    """Fills an empty folder; the result is for apt's option -c."""
    etc = folder / "etc"
    for name in ("etc", "state/lists/partial", "cache/archives/partial"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    (etc / "sources.list").write_text(source_list)
    path = etc / "apt.conf"
    path.write_text(
        f'Dir::Etc::sourcelist "{etc}/sources.list";\n'
        'Dir::Etc::sourceparts "/dev/null";\n'
        f'Dir::State "{folder}/state";\n'
        'Dir::State::status "/var/lib/dpkg/status";\n'
        f'Dir::Cache "{folder}/cache";\n'
        f'Dir::Cache::archives "{folder}/cache/archives";\n'
        "#clear APT::Update::Post-Invoke;\n"
        "#clear APT::Update::Post-Invoke-Success;\n"
        "#clear DPkg::Post-Invoke;\n"
        'Acquire::IndexTargets::deb::DEP-11::DefaultEnabled "false";\n'
        'Acquire::IndexTargets::deb::Translations::DefaultEnabled "false";\n'
        'Debug::NoLocking "true";\n' + ('APT::Sandbox::User "root";\n' if os.geteuid() == 0 else "")
    )
    return path
