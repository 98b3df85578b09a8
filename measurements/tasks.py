#!/usr/bin/env python3
"""Judging all references of a catalogue against the plain commands that people would type, as a ratio.

    measurements/tasks.py [--catalogue DIR] [--rounds 3]

Ours: two workers, the sandbox, caches warm. Plain: the same compilers and test runners one after the other in
ordinary folders, caches warm too, their time divided by two. Both see the same files; rounds alternate.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchkit.asking.tasks import OURS, Task, load_catalogue  # noqa: E402 — the path to it is set above
from benchkit.asking.tasks.folders import read_solution  # noqa: E402
from benchkit.judging.sandbox import open_sandbox  # noqa: E402
from benchkit.judging.tasks.harnesses.base import support  # noqa: E402
from benchkit.judging.tasks.judge import TaskJudge  # noqa: E402
from benchkit.judging.tasks.testing import Tester  # noqa: E402
from benchkit.judging.tasks.toolchains import Toolchains, find_toolchains  # noqa: E402
from benchkit.languages import Toolchain  # noqa: E402
from benchkit.languages.cpp import FLAGS  # noqa: E402
from benchkit.languages.javascript import packages_folder  # noqa: E402
from benchkit.verdict import Verdict  # noqa: E402

WORKERS = 2
CHECK_MAIN = "bench_main.cpp"


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    arguments.add_argument("--catalogue", type=Path, default=OURS)
    arguments.add_argument("--rounds", type=int, default=3)
    given = arguments.parse_args()
    tasks = [task for task in load_catalogue(given.catalogue).problems if not task.generates_tests]
    toolchains = find_toolchains(task.language.name for task in tasks)
    tasks = [task for task in tasks if isinstance(toolchains.by_language[task.language.name], Toolchain)]
    with open_sandbox("auto", WORKERS, toolchains.folders) as sandbox:
        judge = TaskJudge(Tester(sandbox, toolchains.by_language))
        rounds = [(_ours(judge, tasks), _plain(toolchains, tasks)) for _ in range(given.rounds)]
        level = sandbox.isolation.level
    for ours, plain in rounds:
        print(f"ours {ours:.2f} s, plain {plain:.2f} s / {WORKERS}: {ours / (plain / WORKERS):.2f}")
    ratio = median(ours / (plain / WORKERS) for ours, plain in rounds)
    print(f"{len(tasks)} references, {WORKERS} workers, {level}: {ratio:.2f} times the plain commands")


def _ours(judge: TaskJudge, tasks: list[Task]) -> float:
    def passes(task: Task) -> bool:
        tested = judge.judge_files(task, {**task.workspace, **read_solution(task)})
        return tested.verdict is Verdict.PASSED

    began = time.monotonic()
    with ThreadPoolExecutor(WORKERS) as pool:
        sound = list(pool.map(passes, tasks))
    if not all(sound):
        sys.exit(f"a reference fails: {tasks[sound.index(False)].id}")
    return time.monotonic() - began


def _plain(toolchains: Toolchains, tasks: list[Task]) -> float:
    whole = 0.0
    for task in tasks:
        with tempfile.TemporaryDirectory() as place:
            folder = Path(place)
            files = {**task.workspace, **read_solution(task), **task.tests}
            if task.language.name == "cpp":
                files |= {name: support(name) for name in ("check.hpp", CHECK_MAIN)}
            for name, content in files.items():
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                (folder / name).write_bytes(content)
            whole += _timed(toolchains.by_language[task.language.name], task, folder)
    return whole


def _timed(toolchain: object, task: Task, folder: Path) -> float:
    assert isinstance(toolchain, Toolchain)
    environment = {**os.environ, **toolchain.environment}
    environment |= {cache.variable: str(cache.folder) for cache in toolchain.caches}
    environment |= {"PYTHONDONTWRITEBYTECODE": "1", "NO_COLOR": "1"}
    if task.language.name in ("javascript", "html"):
        (folder / "node_modules").symlink_to(packages_folder())
    began = time.monotonic()
    for command in _commands(toolchain, task, folder):
        # The token's place, which our own main of C++ reads.
        done = subprocess.run(
            command, cwd=folder, env=environment, input=b"token report\n", capture_output=True
        )
        if done.returncode:
            sys.exit(f"{task.id}: {' '.join(command)}: {done.stderr.decode()[-500:]}")
    return time.monotonic() - began


def _commands(toolchain: Toolchain, task: Task, folder: Path) -> Iterator[list[str]]:
    programs = {name: str(path) for name, path in toolchain.executables.items()}
    tests = sorted(task.tests)
    match task.language.name:
        case "python":
            yield [programs["python3"], "-m", "unittest", "discover", "-p", "test_*.py"]
        case "javascript" | "html":
            yield [programs["node"], "--test", *(name for name in tests if ".test." in name)]
        case "go":
            yield [programs["go"], "test", "-count=1", "-vet=off", "./..."]
        case "rust":
            yield ["cargo", "test", "-q", "--offline"]
        case "cpp":
            sources = sorted(path.name for path in folder.glob("*.cpp"))
            yield [programs["g++"], *FLAGS, "-o", "tests", *sources]
            yield ["./tests"]


if __name__ == "__main__":
    main()
