# SPDX-License-Identifier: MIT
"""The fuzzers of selftests/fuzz. A run of a minute or more begins with the corpus that it has gathered so
far; a shorter one, with the seeds only, since a large corpus takes longer to read than that."""

from __future__ import annotations

import concurrent.futures
import os
import re
import tempfile
from pathlib import Path

from redoubt_test import stage

HANG_SECONDS = 120  # for one input, on a busy machine
CORPUS_SECONDS = 60


def runs_of(output: str) -> int:
    """How many inputs libFuzzer says that it has run; 0: it did not come to its end."""
    match = re.search(r"^Done (\d+) runs in \d+ second", output, re.MULTILINE)
    return int(match.group(1)) if match else 0


def finding_of(output: str) -> str:
    """The part of the output that says what is wrong."""
    match = re.search(r"^.*(FINDING|ERROR: |runtime error)", output, re.MULTILINE)
    start = match.start() if match else max(0, len(output) - 4000)
    return output[start : start + 4000]


def fuzz(program: Path, seconds: int) -> stage.Stage:
    if seconds < CORPUS_SECONDS:
        with tempfile.TemporaryDirectory() as corpus:
            return run(program, seconds, Path(corpus))
    corpus = program.parent / program.name.removesuffix("_fuzz")
    corpus.mkdir(exist_ok=True)
    return run(program, seconds, corpus)


def run(program: Path, seconds: int, corpus: Path) -> stage.Stage:
    found = stage.Stage()
    name = program.name.removesuffix("_fuzz")
    result = stage.run(
        [
            program,
            f"-max_total_time={seconds}",
            f"-timeout={HANG_SECONDS}",
            "-max_len=4096",
            "-len_control=0",
            "-print_funcs=0",
            f"-artifact_prefix={program.parent}/{name}-finding-",
            corpus,
        ],
        ASAN_OPTIONS="quarantine_size_mb=8",
    )
    if result.returncode == 0 and runs_of(result.stdout):
        found.ok()
        print(f"fuzz {name}: {runs_of(result.stdout)} inputs", flush=True)
    else:
        found.fail(f"fuzz {name}: exit status {result.returncode}\n{finding_of(result.stdout)}")
    return found


def run_all(seconds: int) -> stage.Stage:
    found = stage.Stage()
    if not stage.make("built-fuzz"):
        found.fail("the fuzzers do not build")
        return found
    programs = [stage.ROOT / word for word in stage.make_output("fuzz-programs")]
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for result in pool.map(lambda program: fuzz(program, seconds), programs):
            found.add(result)
    return found
