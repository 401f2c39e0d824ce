# SPDX-License-Identifier: MIT
"""clang-tidy on every C++ source, in parallel. What has passed is not looked at again until it, a file
it includes, the flags, the configuration or the tool changes."""

from __future__ import annotations

import concurrent.futures
import hashlib
import os
import re
import subprocess

from lint.tree import ROOT, Source

PROGRAM = "clang-tidy-19"
CACHE = ROOT / "build" / "lint" / "tidy"
INCLUDE = re.compile(r'^\s*#\s*include\s*"([^"]+)"', re.MULTILINE)


def files_of(sources: list[Source]) -> list[Source]:
    """Tests are left out: GoogleTest's macros are not to our taste."""
    return [source for source in sources if source.suffix == ".cpp" and source.is_cxx and not source.is_test]


def closure(source: Source, by_path: dict[str, Source]) -> list[Source]:
    """The source and all it includes of ours, in a fixed order."""
    found: dict[str, Source] = {}
    waiting = [source]
    while waiting:
        one = waiting.pop()
        if one.path not in found:
            found[one.path] = one
            waiting += [by_path[name] for name in INCLUDE.findall(one.text) if name in by_path]
    return [found[path] for path in sorted(found)]


def key_of(parts: list[str]) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def _flags(goal: str) -> list[str]:
    environment = {key: value for key, value in os.environ.items() if key not in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL")}
    words = subprocess.run(
        ["make", "-s", goal], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    ).stdout.split()
    # The compiler's name; and flags for code generation that the tool does not care for.
    return [word for word in words[1:] if not word.startswith("-ffile-prefix-map")]


def _tidy(path: str, flags: list[str], *options: str) -> subprocess.CompletedProcess[str]:
    command = [PROGRAM, "--quiet", *options, path, "--", *flags]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def _judge(path: str, flags: list[str]) -> str:
    answer = _tidy(path, flags)
    if "crash backtrace" in answer.stderr:
        # The analyzer of clang 19 dies over some comparisons of addresses; the other checks do not need it.
        answer = _tidy(path, flags, "--checks=-clang-analyzer-*")
    if answer.returncode == 0:
        return ""
    lines = [line.replace(f"{ROOT}/", "") for line in answer.stdout.splitlines() if re.search(r": (error|warning):", line)]
    return "\n".join(lines) or f"{path}: {PROGRAM} failed: {answer.stderr.strip().splitlines()[:1]}"


def check(sources: list[Source]) -> list[str]:
    by_path = {source.path: source for source in sources}
    flags = {"hypervisor": _flags("flags-hypervisor"), "": _flags("flags-vtl1")}
    version = subprocess.run([PROGRAM, "--version"], capture_output=True, text=True, check=True).stdout
    common = [version, by_path[".clang-tidy"].text]
    CACHE.mkdir(parents=True, exist_ok=True)

    def look(source: Source) -> str:
        words = flags.get(source.folder, flags[""])
        texts = [f"{one.path}\0{one.text}" for one in closure(source, by_path)]
        stamp = CACHE / key_of([*common, *words, *texts])
        if stamp.exists():
            return ""
        wrong = _judge(source.path, words)
        if not wrong:
            stamp.touch()
        return wrong

    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        results = pool.map(look, files_of(sources))
        # A finding in a header shows up with every file that includes it.
        return list(dict.fromkeys(line for result in results for line in result.splitlines()))
