#!/usr/bin/env python3
"""The polyglot exercises' examples, judged by us and by the commands of the benchmark's own harness.

    measurements/polyglot.py --checkout DIR --node-modules DIR    about 10 minutes on two idle cores
    measurements/polyglot.py --checkout DIR --ours --rounds 3     does each example pass three times?

Ours: two workers, the sandbox, caches warm. Theirs: `cmake … && make`, `npm run test`, `cargo test`,
`go test`, `pytest`, two at once, in fresh folders without a sandbox; jest and its packages lie in
--node-modules (`npm install` in a JavaScript exercise brings them), Rust's crates where `make toolchains`
puts them, Boost's in libboost-date-time-dev. Gradle needs a network, so Java has our times alone. Both sides
take turns, language by language; processor time counts all processes. Exercises that this machine lacks
something for are left out of both, and named.

Each part is kept in --results as soon as it is done, and not measured again: --within SECONDS begins no part
after that time, and the same command goes on later.
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
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchkit.asking.tasks import PolyglotRules, Task, load_catalogue  # noqa: E402 — the path to it is set above
from benchkit.errors import MissingDependency  # noqa: E402
from benchkit.judging.sandbox import open_sandbox  # noqa: E402
from benchkit.judging.tasks.harnesses import HARNESSES, BuildPlan, Trial  # noqa: E402
from benchkit.judging.tasks.harnesses.rust import dependencies_of  # noqa: E402
from benchkit.judging.tasks.judge import TaskJudge  # noqa: E402
from benchkit.judging.tasks.testing import Tester  # noqa: E402
from benchkit.judging.tasks.toolchains import find_toolchains  # noqa: E402
from benchkit.languages import Toolchain  # noqa: E402
from benchkit.languages.crates import CONFIG, compiled_crates, sources  # noqa: E402
from benchkit.languages.finding import toolchains_folder  # noqa: E402
from benchkit.verdict import Verdict  # noqa: E402

WORKERS = 2
OURS, THEIRS, BUILDS = "ours", "theirs", "builds"
TIMES_FASTER, MOST_SECONDS, MOST_OF_CPP = 5, 150, 2
COMMANDS = {
    "cpp": 'mkdir build && cd build && cmake -DEXERCISM_RUN_ALL_TESTS=1 -G "Unix Makefiles" .. && make',
    "go": "go test ./...",
    "javascript": "npm run test",
    "python": "python -m pytest *_test.py",
    "rust": "cargo test --offline -- --include-ignored",
}
"""Of the harness; `{language}` without one has our times alone."""
LANGUAGES = (*COMMANDS, "java")
IN_ONE_PART = {"cpp": 9, "java": 12, "javascript": 25, "rust": 15}  # exercises; of the others all


@dataclass(frozen=True)
class Part:
    """What one child process measures."""

    side: str
    language: str
    number: int
    round: int = 0


@dataclass(frozen=True)
class Measured:
    part: Part
    wall_s: float
    cpu_s: float
    exercises: list[str]
    failed: list[str] = field(default_factory=list)
    each_cpu_s: dict[str, float] = field(default_factory=dict)  # of builds


def main() -> None:
    given = _arguments()
    if given.side:
        print(json.dumps(_work(given)))
        return
    known = _read(given.results)
    began = time.monotonic()
    left = 0
    for part in _parts(given):
        if part in known:
            continue
        if time.monotonic() - began > given.within:
            left += 1
            continue
        _keep(given.results, known, _measure(part, given))
    if left:
        print(f"{left} parts are left: the same command goes on with them")
        return
    _report(known, given)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--checkout", type=Path, required=True)
    parser.add_argument("--node-modules", type=Path, default=Path("node_modules"))
    parser.add_argument("--language", action="append", choices=LANGUAGES, default=[])
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--ours", action="store_true", help="measure our side alone")
    parser.add_argument("--results", type=Path, default=Path("polyglot_times.jsonl"))
    parser.add_argument("--within", type=float, default=float("inf"), metavar="SECONDS")
    parser.add_argument("--side", choices=(OURS, THEIRS, BUILDS), help=argparse.SUPPRESS)
    parser.add_argument("--number", type=int, help=argparse.SUPPRESS)
    given = parser.parse_args()
    given.language = given.language or list(LANGUAGES)
    given.node_modules = given.node_modules.resolve()
    return given


def _parts(given: argparse.Namespace) -> Iterator[Part]:
    """Both sides take turns."""
    there = load_catalogue(given.checkout, PolyglotRules()).problems
    for number in range(given.rounds):
        for language in given.language:
            count = sum(task.language.name == language for task in there)
            for part in range(-(-count // IN_ONE_PART.get(language, count or 1))):
                yield Part(OURS, language, part, number)
                if language in COMMANDS and not given.ours:
                    yield Part(THEIRS, language, part, number)
    if "cpp" in given.language and not given.ours:
        yield Part(BUILDS, "cpp", -1)


def _read(path: Path) -> dict[Part, Measured]:
    lines = path.read_text().splitlines() if path.exists() else []
    rows = [json.loads(line) for line in lines]
    return {(part := Part(**row["part"])): Measured(**{**row, "part": part}) for row in rows}


def _keep(path: Path, known: dict[Part, Measured], measured: Measured) -> None:
    known[measured.part] = measured
    with path.open("a") as file:
        file.write(json.dumps(asdict(measured)) + "\n")


def _measure(part: Part, given: argparse.Namespace) -> Measured:
    command = [sys.executable, __file__, "--side", part.side, "--language", part.language]
    command += ["--checkout", str(given.checkout), "--node-modules", str(given.node_modules)]
    command += ["--number", str(part.number), *(["--ours"] if given.ours else [])]
    began = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    said = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    wall_s = time.monotonic() - began
    if status:
        sys.exit(f"{part} ended with {status}")
    measured = Measured(part, wall_s, usage.ru_utime + usage.ru_stime, **json.loads(said))
    head = f"{part.language} {part.number + 1}, {part.side}, round {part.round + 1}"
    failed = f", NOT passed: {', '.join(measured.failed)}" if measured.failed else ""
    count = len(measured.exercises)
    print(
        f"{head}: {count} exercises, {wall_s:.1f} s, {measured.cpu_s:.1f} s of processor time{failed}",
        file=sys.stderr,
        flush=True,
    )
    return measured


def _report(known: dict[Part, Measured], given: argparse.Namespace) -> None:
    rows = [
        row for part, row in known.items() if part.round < given.rounds and part.language in given.language
    ]
    _print_passes([row for row in rows if row.part.side == OURS])
    if given.ours:
        return
    head = (
        f"{'':12}{'exercises':>10}{'ours s':>9}{'cpu s':>8}{'theirs s':>10}{'cpu s':>8}{'times':>7}{'cpu':>6}"
    )
    print(head)
    for name, languages in [*((one, [one]) for one in given.language), ("all but java", list(COMMANDS))]:
        count, wall_s, cpu_s = _total(rows, OURS, languages)
        line = f"{name:12}{count:>10}{wall_s:>9.1f}{cpu_s:>8.1f}"
        _, their_wall_s, their_cpu_s = _total(rows, THEIRS, languages)
        if their_wall_s:
            line += f"{their_wall_s:>10.1f}{their_cpu_s:>8.1f}{their_wall_s / wall_s:>7.1f}"
            line += f"{their_cpu_s / cpu_s:>6.1f}"
        print(line)
    print(
        f"{their_wall_s / wall_s:.1f} times faster, {their_cpu_s / cpu_s:.1f} by processor time"
        f" (at least {TIMES_FASTER}); {wall_s:.0f} s (under {MOST_SECONDS} for all 178)"
    )
    for row in rows:
        if row.each_cpu_s:
            name, cpu_s = max(row.each_cpu_s.items(), key=lambda pair: pair[1])
            print(f"the dearest in C++: {name}, {cpu_s:.1f} s of processor time (at most {MOST_OF_CPP})")


def _total(rows: Sequence[Measured], side: str, languages: Sequence[str]) -> tuple[int, float, float]:
    """Exercises, seconds and processor seconds: the medians of the rounds, added up."""
    parts: dict[tuple[str, int], list[Measured]] = {}
    for row in rows:
        if row.part.side == side and row.part.language in languages:
            parts.setdefault((row.part.language, row.part.number), []).append(row)
    return (
        sum(len(several[0].exercises) for several in parts.values()),
        sum(median(row.wall_s for row in several) for several in parts.values()),
        sum(median(row.cpu_s for row in several) for several in parts.values()),
    )


def _print_passes(rows: Sequence[Measured]) -> None:
    tries: dict[str, list[bool]] = {}
    for row in rows:
        for name in row.exercises:
            tries.setdefault(name, []).append(name not in row.failed)
    always = sum(all(passed) for passed in tries.values())
    for name, passed in tries.items():
        if not all(passed):
            print(f"{name}: passed {sum(passed)} times of {len(passed)}")
    times = min(map(len, tries.values()), default=0)
    print(f"{always} of {len(tries)} examples passed each of {times} times")


def _work(given: argparse.Namespace) -> dict[str, object]:
    """One part: what was tried, and what did not pass."""
    (language,) = given.language
    catalogue = load_catalogue(given.checkout, PolyglotRules())
    everything = [task for task in catalogue.problems if task.language.name == language]
    size = IN_ONE_PART.get(language, len(everything) or 1)
    if given.number >= 0:
        everything = everything[given.number * size : (given.number + 1) * size]
    toolchains = find_toolchains([language])
    toolchain = toolchains.by_language[language]
    if isinstance(toolchain, MissingDependency):
        sys.exit(f"{language}: {toolchain}")
    with open_sandbox("auto", WORKERS, toolchains.folders) as sandbox:
        tester = Tester(sandbox, toolchains.by_language)
        tasks = [task for task in everything if isinstance(tester.toolchain_of(task), Toolchain)]
        if not given.ours:
            tasks = [task for task in tasks if not _lacks_crates(task, toolchain)]
        for name in sorted({task.id for task in everything} - {task.id for task in tasks}):
            print(f"{name}: this machine lacks something for it", file=sys.stderr)
        judged = {"exercises": [task.id for task in tasks]}
        if given.side == OURS:
            judge = TaskJudge(tester)
            return {**judged, "failed": _failed(tasks, lambda task: _passes_here(task, judge))}
    if given.side == THEIRS:
        return {**judged, "failed": _failed(tasks, lambda task: _passes_there(task, given))}
    return {**judged, "each_cpu_s": {task.id: _build_cpu_s(task, toolchain) for task in tasks}}


def _lacks_crates(task: Task, toolchain: Toolchain) -> bool:
    """Whether its example asks for crates that are not here in that series: cargo builds it with no other."""
    if task.language.name != "rust":
        return False
    wanted = dependencies_of({**task.workspace, **task.reference})
    return compiled_crates(toolchain.version).doubts(wanted) != ""


def _failed(tasks: list[Task], passes: Callable[[Task], bool]) -> list[str]:
    with ThreadPoolExecutor(WORKERS) as pool:
        sound = list(pool.map(passes, tasks))
    return [task.id for task, one in zip(tasks, sound, strict=True) if not one]


def _passes_here(task: Task, judge: TaskJudge) -> bool:
    tested = judge.judge_files(task, {**task.workspace, **task.reference})
    if tested.verdict is not Verdict.PASSED:
        print(f"{task.id}: {tested.verdict}: {tested.detail}", file=sys.stderr)
    return tested.verdict is Verdict.PASSED


def _passes_there(task: Task, given: argparse.Namespace) -> bool:
    """The exercise's own folder with its example, and the command that the harness runs in it."""
    language, _, exercise = task.id.partition("/")
    origin = given.checkout / language / "exercises" / "practice" / exercise
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place, exercise)
        subprocess.run(["cp", "-r", str(origin), str(folder)], check=True)
        for name, content in task.reference.items():
            (folder / name).write_bytes(content)
        ours = (Path(sys.executable).parent, toolchains_folder() / "go" / "bin")
        path = os.pathsep.join([*map(str, ours), os.environ["PATH"]])
        environment = {**os.environ, "EXERCISM_RUN_ALL_TESTS": "1", "PATH": path}
        if language == "javascript":
            (folder / "node_modules").symlink_to(given.node_modules)
            for spec in folder.glob("*.spec.js"):
                spec.write_text(re.sub(r"\bxtest\(", "test(", spec.read_text()))
        if language == "rust":
            (folder / ".cargo").mkdir()
            (folder / ".cargo" / "config.toml").write_text(CONFIG.format(json.dumps(str(sources()))))
        command = ["sh", "-c", COMMANDS[language]]
        done = subprocess.run(command, cwd=folder, env=environment, capture_output=True)
        if done.returncode:
            print(f"{task.id}: {(done.stderr or done.stdout).decode()[-300:]}", file=sys.stderr)
        return done.returncode == 0


def _build_cpu_s(task: Task, toolchain: Toolchain) -> float:
    """Of what builds the example, run here as it is run in the sandbox."""
    files = {**task.workspace, **task.reference, **task.tests}
    plan: BuildPlan = HARNESSES[task.language.name].plan(Trial(files, tuple(task.tests)), toolchain)
    with tempfile.TemporaryDirectory() as place:
        for name, content in plan.files.items():
            Path(place, name).parent.mkdir(parents=True, exist_ok=True)
            Path(place, name).write_bytes(content)
        process = subprocess.Popen(plan.build, cwd=place)
        _, status, usage = os.wait4(process.pid, 0)
        if status:
            sys.exit(f"{task.id} does not build")
    return usage.ru_utime + usage.ru_stime


if __name__ == "__main__":
    main()
