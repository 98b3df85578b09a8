#!/usr/bin/env python3
"""MultiPL-E: our verdicts against those published, and the time against plain programs in two processes.

    measurements/multipl_e.py --data FOLDER [--language js|ts|cpp] [--rounds 1] [--in-turn]

FOLDER holds multipl-e/humaneval-*.jsonl.gz and verdicts/qwen2.5-coder-1.5b-base/multipl-e/*-details.json.gz.
Plain is one `node` a program, for TypeScript the compiler and then `node`, `g++` and then what it built: the
programs as they were published, two at a time, their exit codes compared with the published verdicts as well.
--in-turn is for a machine that does other things: each program by both, one after the other, and the sums.
"""

from __future__ import annotations

import argparse
import gzip
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchkit.asking.problems import Problem, ProblemSet, load  # noqa: E402 — the path to it is set above
from benchkit.asking.problems.multipl_e import WholeProgramProblem  # noqa: E402
from benchkit.judging.judges import Judge, open_judge  # noqa: E402
from benchkit.judging.sandbox import open_sandbox  # noqa: E402
from benchkit.judging.scoring.answering import judge_code  # noqa: E402
from benchkit.languages.typescript import compiler_folder  # noqa: E402
from benchkit.verdict import Verdict  # noqa: E402

WORKERS = 2
LIMIT_S = 15
VERDICTS = Path("verdicts", "qwen2.5-coder-1.5b-base", "multipl-e")
# The file's name, and the commands in its folder that must all end with exit code 0 for a pass.
PLAIN: Mapping[str, tuple[str, tuple[tuple[str, ...], ...]]] = {
    "js": ("test.cjs", (("node", "test.cjs"),)),
    "cpp": ("test.cpp", (("g++", "-std=c++17", "test.cpp", "-o", "test"), ("./test",))),
    "ts": (
        "test.ts",
        (
            (
                *("node", str(compiler_folder() / "bin" / "tsc")),
                *("--target", "esnext", "--module", "commonjs", "test.ts"),
            ),
            ("node", "test.js"),
        ),
    ),
}

Published = Mapping[str, Mapping[str, Any]]  # problem -> code, passed, result


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    arguments.add_argument("--data", type=Path, required=True)
    arguments.add_argument("--language", choices=tuple(PLAIN), action="append")
    arguments.add_argument("--rounds", type=int, default=1)
    arguments.add_argument("--in-turn", action="store_true")
    given = arguments.parse_args()
    for short in given.language or PLAIN:
        measure(short, given.data, given.rounds, in_turn=given.in_turn)


def measure(short: str, data: Path, rounds: int, *, in_turn: bool) -> None:
    """All programs of one language by both, in turn."""
    problem_set = load(f"multipl-e-{short}", data / "multipl-e" / f"humaneval-{short}.jsonl.gz")
    text = gzip.decompress((data / VERDICTS / f"humaneval-{short}-details.json.gz").read_bytes())
    published = {task: rows[0][1] for task, rows in json.loads(text).items()}
    toolchain = problem_set.problems[0].language.find_toolchain()
    with open_sandbox("auto", WORKERS, [str(folder) for folder in toolchain.folders]) as sandbox:
        judge = open_judge(problem_set, sandbox)
        for number in range(rounds):
            if in_turn:
                compare_in_turn(short, judge, problem_set, published, number)
                continue
            ours_s = compare("ours", problem_set, published, lambda one: ours(judge, one, published))
            plain_s = compare("plain", problem_set, published, lambda one: plain(short, published[one.id]))
            print(f"{short}, round {number + 1}: ours {ours_s:.1f} s, plain {plain_s:.1f} s,"
                  f" {ours_s / plain_s:.2f} times plain")  # fmt: skip


def compare_in_turn(
    short: str, judge: Judge, problem_set: ProblemSet, published: Published, number: int
) -> None:
    """What else the machine does slows both by as much; who comes first changes from program to program."""

    def both(numbered: tuple[int, Problem]) -> dict[str, float]:
        place, problem = numbered
        works: list[tuple[str, Callable[[], object]]] = [
            ("ours", lambda: ours(judge, problem, published)),
            ("plain", lambda: plain(short, published[problem.id])),
        ]
        seconds = {}
        for who, work in works if (place + number) % 2 else works[::-1]:
            begun = time.monotonic()
            work()
            seconds[who] = time.monotonic() - begun
        return seconds

    with ThreadPoolExecutor(WORKERS) as pool:
        pairs = list(pool.map(both, enumerate(problem_set.problems)))
    ours_s, plain_s = (sum(each[who] for each in pairs) for who in ("ours", "plain"))
    middle = sorted(each["ours"] / each["plain"] for each in pairs)[len(pairs) // 2]
    print(f"{short}, round {number + 1}, in turn: {ours_s / plain_s:.2f} times plain, median {middle:.2f}")


def compare(
    who: str, problem_set: ProblemSet, published: Published, judged: Callable[[Problem], tuple[bool, str]]
) -> float:
    """Print how many verdicts agree, and each that does not; gives the seconds."""
    begun = time.monotonic()
    with ThreadPoolExecutor(WORKERS) as pool:
        verdicts = list(pool.map(judged, problem_set.problems))
    seconds = time.monotonic() - begun
    agreeing = 0
    for problem, (passed, detail) in zip(problem_set.problems, verdicts, strict=True):
        theirs = published[problem.id]
        agreeing += passed == theirs["passed"]
        if passed != theirs["passed"]:
            said = theirs["result"].strip().partition("\n")[0]
            print(f"  {problem.id}: {who} {'passed' if passed else detail}; published: {said}")
    print(f"{problem_set.name}: {who} agrees with {agreeing} of {len(verdicts)} published verdicts")
    return seconds


def ours(judge: Judge, problem: Problem, published: Published) -> tuple[bool, str]:
    """The tests at the published program's end are taken off: they come from the problem."""
    assert isinstance(problem, WholeProgramProblem)
    code = published[problem.id]["code"]
    source = code.removesuffix(f"\n{problem.tests}")
    assert source != code, f"{problem.id}: the published program does not end in the problem's tests"
    judged = judge_code(judge, problem, source)
    return judged.verdict is Verdict.PASSED, f"{judged.verdict}: {judged.detail}"


def plain(short: str, theirs: Mapping[str, Any]) -> tuple[bool, str]:
    name, commands = PLAIN[short]
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, name).write_text(theirs["code"])
        for command in commands:
            try:
                done = subprocess.run(
                    command, cwd=folder, capture_output=True, timeout=LIMIT_S, stdin=subprocess.DEVNULL
                )
            except subprocess.TimeoutExpired:
                return False, "timeout"
            if done.returncode:
                return False, f"{Path(command[0]).name} ended with exit code {done.returncode}"
    return True, ""


if __name__ == "__main__":
    main()
