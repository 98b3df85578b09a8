#!/usr/bin/env python3
"""The polyglot exercises' examples, judged by us and by the commands of the benchmark's own harness.

    measurements/polyglot.py --checkout DIR [--node-modules DIR] [--language L …] [--every N] [--rounds R]

Ours: two workers, the sandbox, caches warm. Theirs: `cmake … && make`, `npm run test`, `cargo test`,
`go test`, `pytest`, two at once, in fresh folders without a sandbox; jest and its packages lie in
--node-modules (`npm install` in a JavaScript exercise brings them), Rust's crates where `make toolchains`
puts them. Gradle needs a network, so Java has our times alone. Rounds alternate; processor time counts all
processes. Exercises that this machine lacks something for are left out of both.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchkit.asking.tasks import Rules, Task, load_catalogue  # noqa: E402 — the path to it is set above
from benchkit.judging.sandbox import open_sandbox  # noqa: E402
from benchkit.judging.tasks.judge import TaskJudge  # noqa: E402
from benchkit.judging.tasks.testing import Tester  # noqa: E402
from benchkit.judging.tasks.toolchains import find_toolchains  # noqa: E402
from benchkit.languages import Toolchain  # noqa: E402
from benchkit.languages.crates import CONFIG, sources  # noqa: E402
from benchkit.languages.finding import toolchains_folder  # noqa: E402
from benchkit.verdict import Verdict  # noqa: E402

WORKERS = 2
OURS, THEIRS = "ours", "theirs"
TIMES_FASTER, MOST_SECONDS = 5, 150
WITH_HARNESS = ("cpp", "go", "javascript", "python", "rust")
# Their examples need crates of other versions than distributions have.
LEFT_OUT = ("rust/poker", "rust/robot-name")


@dataclass(frozen=True)
class Spent:
    wall_s: float
    cpu_s: float
    exercises: int


def main() -> None:
    given = _arguments()
    if given.side:
        tasks = _tasks(given.checkout, given.language, given.every)
        failed = (
            _judge(tasks) if given.side == OURS else _run_harness(tasks, given.checkout, given.node_modules)
        )
        print(json.dumps({"exercises": len(tasks), "failed": failed}))
        return
    languages = given.language or [*WITH_HARNESS, "java"]
    rows = {language: _measure(language, given) for language in languages}
    print(
        f"{'':12}{'exercises':>10}{'ours s':>9}{'cpu s':>8}{'theirs s':>10}{'cpu s':>8}{'times':>7}{'cpu':>6}"
    )
    for language, (ours, theirs) in rows.items():
        print(_row(language, ours, theirs))
    both = [(ours, theirs) for ours, theirs in rows.values() if theirs]
    if len(both) > 1:
        ours, theirs = _sum([ours for ours, _ in both]), _sum([theirs for _, theirs in both if theirs])
        print(_row("all", ours, theirs))
        print(
            f"{theirs.wall_s / ours.wall_s:.1f} times faster (at least {TIMES_FASTER}),"
            f" {ours.wall_s:.0f} s (under {MOST_SECONDS} for all 178)"
        )


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--checkout", type=Path, required=True)
    parser.add_argument("--node-modules", type=Path, default=Path("node_modules"))
    parser.add_argument("--language", action="append", default=[])
    parser.add_argument("--every", type=int, default=1, help="only each Nth exercise of a language")
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--side", choices=(OURS, THEIRS), help=argparse.SUPPRESS)
    return parser.parse_args()


def _row(name: str, ours: Spent, theirs: Spent | None) -> str:
    head = f"{name:12}{ours.exercises:>10}{ours.wall_s:>9.1f}{ours.cpu_s:>8.1f}"
    if theirs is None:
        return head
    times, cpu = theirs.wall_s / ours.wall_s, theirs.cpu_s / ours.cpu_s
    return f"{head}{theirs.wall_s:>10.1f}{theirs.cpu_s:>8.1f}{times:>7.1f}{cpu:>6.1f}"


def _sum(all_spent: Sequence[Spent]) -> Spent:
    return Spent(
        sum(one.wall_s for one in all_spent),
        sum(one.cpu_s for one in all_spent),
        sum(one.exercises for one in all_spent),
    )


def _measure(language: str, given: argparse.Namespace) -> tuple[Spent, Spent | None]:
    """The medians of the rounds, each side's in turn."""
    sides = (OURS, THEIRS) if language in WITH_HARNESS else (OURS,)
    spent: dict[str, list[Spent]] = {side: [] for side in sides}
    for _ in range(given.rounds):
        for side in sides:
            spent[side].append(_child(side, language, given))
            print(f"{language} {side}: {spent[side][-1]}", file=sys.stderr, flush=True)
    medians = [
        Spent(
            median(one.wall_s for one in spent[side]),
            median(one.cpu_s for one in spent[side]),
            spent[side][0].exercises,
        )
        for side in sides
    ]
    return medians[0], medians[1] if len(medians) > 1 else None


def _child(side: str, language: str, given: argparse.Namespace) -> Spent:
    command = [sys.executable, __file__, "--side", side, "--language", language]
    command += ["--checkout", str(given.checkout), "--node-modules", str(given.node_modules.resolve())]
    began = time.monotonic()
    process = subprocess.Popen([*command, "--every", str(given.every)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    said = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    wall_s = time.monotonic() - began
    if status:
        sys.exit(f"{side} {language} ended with {status}")
    spent = json.loads(said)
    for name in spent["failed"]:
        print(f"{side}: {name} does not pass", file=sys.stderr)
    return Spent(wall_s, usage.ru_utime + usage.ru_stime, spent["exercises"])


def _tasks(checkout: Path, languages: list[str], every: int) -> list[Task]:
    tasks = [task for task in load_catalogue(checkout, Rules()).problems if task.language.name in languages]
    tasks = [task for task in tasks if task.id not in LEFT_OUT]
    toolchains = find_toolchains(languages)
    with open_sandbox("auto", 1, toolchains.folders) as sandbox:
        tester = Tester(sandbox, toolchains.by_language)
        return [task for task in tasks if isinstance(tester.toolchain_of(task), Toolchain)][::every]


def _judge(tasks: list[Task]) -> list[str]:
    toolchains = find_toolchains(task.language.name for task in tasks)
    with open_sandbox("auto", WORKERS, toolchains.folders) as sandbox:
        judge = TaskJudge(Tester(sandbox, toolchains.by_language))

        def passes(task: Task) -> bool:
            tested = judge.judge_files(task, {**task.workspace, **task.reference})
            return tested.verdict is Verdict.PASSED

        return _failed(tasks, passes)


def _run_harness(tasks: list[Task], checkout: Path, node_modules: Path) -> list[str]:
    return _failed(tasks, lambda task: _passes_there(task, checkout, node_modules))


def _failed(tasks: list[Task], passes: Callable[[Task], bool]) -> list[str]:
    with ThreadPoolExecutor(WORKERS) as pool:
        sound = list(pool.map(passes, tasks))
    return [task.id for task, one in zip(tasks, sound, strict=True) if not one]


def _passes_there(task: Task, checkout: Path, node_modules: Path) -> bool:
    """The exercise's own folder with its example, and the command that the harness runs in it."""
    language, _, exercise = task.id.partition("/")
    origin = checkout / language / "exercises" / "practice" / exercise
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place, exercise)
        subprocess.run(["cp", "-r", str(origin), str(folder)], check=True)
        for name, content in task.reference.items():
            (folder / name).write_bytes(content)
        places = (
            str(Path(sys.executable).parent),
            str(toolchains_folder() / "go" / "bin"),
            os.environ["PATH"],
        )
        environment = {**os.environ, "EXERCISM_RUN_ALL_TESTS": "1", "PATH": os.pathsep.join(places)}
        if language == "javascript":
            (folder / "node_modules").symlink_to(node_modules)
            for spec in folder.glob("*.spec.js"):
                spec.write_text(re.sub(r"\bxtest\(", "test(", spec.read_text()))
        if language == "rust":
            (folder / ".cargo").mkdir()
            (folder / ".cargo" / "config.toml").write_text(CONFIG.format(json.dumps(str(sources()))))
        done = subprocess.run(
            ["sh", "-c", COMMANDS[language]], cwd=folder, env=environment, capture_output=True
        )
        if done.returncode:
            print(f"{task.id}: {(done.stderr or done.stdout).decode()[-300:]}", file=sys.stderr)
        return done.returncode == 0


COMMANDS = {
    "cpp": 'mkdir build && cd build && cmake -DEXERCISM_RUN_ALL_TESTS=1 -G "Unix Makefiles" .. && make',
    "go": "go test ./...",
    "javascript": "npm run test",
    "python": "python -m pytest *_test.py",
    "rust": "cargo test --offline -- --include-ignored",
}

if __name__ == "__main__":
    main()
