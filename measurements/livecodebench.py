#!/usr/bin/env python3
"""LiveCodeBench: judging against its own grader, and against the answers' own work; reading a large file.

    measurements/livecodebench.py --data FOLDER --official CHECKOUT [--rounds 3]

FOLDER holds livecodebench/problems_v5_v6_public.jsonl and verdicts/livecodebench-o1-mini/eval_all.json.
CHECKOUT is a clone of https://github.com/LiveCodeBench/LiveCodeBench (or LCB_OFFICIAL names it); without it
the official grader is left out. It needs numpy and tqdm, which come into an environment in the cache folder.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import date
from pathlib import Path
from statistics import median
from types import ModuleType
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchkit.asking.problems.livecodebench import ContestProblem, Window, load_contest  # noqa: E402
from benchkit.files import cache_folder  # noqa: E402 — the path to it is set above
from benchkit.judging.judges.contest import ContestJudge  # noqa: E402
from benchkit.judging.sandbox import open_sandbox  # noqa: E402
from benchkit.languages import PYTHON  # noqa: E402
from benchkit.records import Verdict  # noqa: E402
from tests.judging.judges.right_programs import RIGHT  # noqa: E402

WORKERS = 2
NEEDED = ("numpy", "tqdm")
FILE_BYTES = 1 << 30
MONTH = Window(date(2025, 2, 1), date(2025, 2, 28))

Answer = tuple[ContestProblem, str]

# Reads {"samples", "codes", "processes"} and prints {"seconds", "passed"}; for the official grader's Python.
OFFICIAL = """
import json, os, sys, time
sys.path.insert(0, sys.argv[1])
from lcb_runner.evaluation.compute_code_generation_metrics import codegen_metrics
if __name__ == "__main__":
    job = json.load(open(sys.argv[2]))
    said, sys.stdout = sys.stdout, open(os.devnull, "w")
    begun = time.monotonic()
    _, results, _ = codegen_metrics(
        job["samples"], [[code] for code in job["codes"]], num_process_evaluate=job["processes"], timeout=6
    )
    seconds = time.monotonic() - begun
    graded = [results[at][0] for at in sorted(results)]
    passed = [all(one is True or (one is not False and one > 0) for one in tests) for tests in graded]
    json.dump({"seconds": seconds, "passed": passed}, said)
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument(
        "--data", type=Path, default=os.environ.get("BENCH_TEST_DATA", ROOT / "../shared/data")
    )
    parser.add_argument("--official", type=Path, default=os.environ.get("LCB_OFFICIAL"))
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        judging(Path(options.data), options.official, options.rounds, Path(folder))
        reading(Path(folder) / "made.jsonl", options.rounds)


def judging(data: Path, official: Path | None, rounds: int, folder: Path) -> None:
    """The published answers on the problems at hand, by turns here and there."""
    answers = published(data)
    print(f"judging {len(answers)} answers, {WORKERS} at a time, rounds: {rounds}")
    if official is None:
        print("  (the official grader is left out: --official names a clone of LiveCodeBench/LiveCodeBench)")
    processor_time(answers, rounds)
    ours: list[float] = []
    openings: list[float] = []
    theirs: list[float] = []
    differ: set[str] = set()
    for _ in range(rounds):
        seconds, opening, passed = judged_here(answers)
        ours.append(seconds)
        openings.append(opening)
        if official is not None:
            judged = judged_there(official, [sample(p) for p, _ in answers], [c for _, c in answers], folder)
            theirs.append(judged["seconds"])
            differ |= {p.id for (p, _), a, b in zip(answers, passed, judged["passed"], strict=True) if a != b}
    opening = median(openings)
    print(f"  here, isolation on: {median(ours):.2f} s, {opening:.2f} of them to open it; {sum(passed)} pass")
    if official is not None:
        whole, warm = (median(theirs) / (median(ours) - less) for less in (0, opening))
        print(f"  codegen_metrics, its imports left out: {median(theirs):.2f} s")
        print(f"  ratio {whole:.1f}, with our opening left out too {warm:.1f} (bar: 3)")
        print(f"  verdicts that differ: {', '.join(sorted(differ)) or 'none'}")
        right_programs(official, folder)


def processor_time(answers: list[Answer], rounds: int) -> None:
    """All that judging takes, against the answers' own work: compiled and run in one process, unconfined.

    Seconds of the processor, in alternating pairs: what else the machine does changes both alike.
    """
    pairs = [(children_s(judged_here, answers), children_s(own_work, answers)) for _ in range(rounds)]
    judging, own = (median(column) for column in zip(*pairs, strict=True))
    ratio = median(one / other for one, other in pairs)
    print(f"  processor: {judging:.2f} s, the answers' own work {own:.2f} s, ratio {ratio:.2f} (aim: 1.5)")


def children_s(work: Callable[[list[Answer]], object], answers: list[Answer]) -> float:
    """Processor seconds of a process that does this and ends, with all that it started."""
    child = os.fork()
    if child == 0:
        with Path(os.devnull).open("w") as sys.stdout:
            work(answers)
        os._exit(0)
    before = os.times()
    os.waitpid(child, 0)
    after = os.times()
    return after.children_user + after.children_system - before.children_user - before.children_system


def own_work(answers: list[Answer]) -> None:
    """Each test of each answer, though it failed one before."""
    rules = PYTHON.contests
    assert rules is not None
    for problem, code in answers:
        source = rules.prepared(code, same_interpreter=True)
        for test in problem.tests():
            sys.stdin = io.TextIOWrapper(io.BytesIO(test.input.encode()))
            module = sys.modules["__main__"] = ModuleType("__main__")
            with suppress(BaseException):
                exec(compile(source, "main.py", "exec"), module.__dict__)
                if problem.method is not None:
                    call = eval(rules.callable_name(problem.method, code), module.__dict__)
                    call(*map(json.loads, filter(str.strip, test.input.splitlines())))


def published(data: Path) -> list[Answer]:
    path = data / "livecodebench" / "problems_v5_v6_public.jsonl"
    problems = {problem.id: problem for problem in load_contest([path], Window()).problems}
    rows = json.loads((data / "verdicts/livecodebench-o1-mini/eval_all.json").read_text())
    return [(problems[r["question_id"]], r["code_list"][0]) for r in rows if r["question_id"] in problems]


def judged_here(answers: list[Answer]) -> tuple[float, float, list[bool]]:
    """Seconds from opening the sandbox to the last verdict, those of opening it, and who passed."""
    begun = time.monotonic()
    with open_sandbox(workers=WORKERS) as sandbox, ThreadPoolExecutor(WORKERS) as pool:
        opened = time.monotonic() - begun
        judge = ContestJudge(sandbox)
        verdicts = list(pool.map(lambda answer: judge.judge(*answer).verdict, answers))
    return time.monotonic() - begun, opened, [verdict is Verdict.PASSED for verdict in verdicts]


def sample(problem: ContestProblem) -> dict[str, str]:
    tests = problem.tests()
    return as_sample([(test.input, test.output) for test in tests], problem.method)


def as_sample(tests: list[tuple[str, str]], method: str | None) -> dict[str, str]:
    """The tests as the official grader takes them."""
    inputs, outputs = zip(*tests, strict=True)
    return {"input_output": json.dumps({"inputs": inputs, "outputs": outputs, "fn_name": method})}


def judged_there(
    official: Path, samples: list[dict[str, str]], codes: list[str], folder: Path
) -> dict[str, Any]:
    job = folder / "job.json"
    job.write_text(json.dumps({"samples": samples, "codes": codes, "processes": WORKERS}))
    done = subprocess.run(
        [official_python(), "-c", OFFICIAL, official.resolve(), job],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        cwd=folder,
        check=False,
    )
    if done.returncode:
        sys.exit(f"the official grader failed: {done.stderr.strip()[-500:]}")
    verdicts: dict[str, Any] = json.loads(done.stdout[done.stdout.rindex('{"seconds"') :])
    return verdicts


def official_python() -> Path:
    """The Python of an environment that holds what the official grader imports."""
    home = cache_folder() / "lcb-official"
    python = home / "bin" / "python"
    if not python.exists():
        print(f"  installing {' and '.join(NEEDED)} into {home}")
        venv.create(home, with_pip=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", *NEEDED], check=True)
    return python


def right_programs(official: Path, folder: Path) -> None:
    """The right programs of the tests, each failed there."""
    samples = [as_sample([*right.earlier, (right.input, right.output)], right.method) for right in RIGHT]
    judged = judged_there(official, samples, [right.source for right in RIGHT], folder)
    wrongly = judged["passed"].count(False)
    print(f"  {len(RIGHT)} small right programs that all pass here: it fails {wrongly} of them")


def reading(path: Path, rounds: int) -> None:
    """One month out of a made file, against json.loads on the month's lines alone."""
    made(path)
    size = path.stat().st_size
    ours, alone = [], []
    for _ in range(rounds):
        begun = time.monotonic()
        contest = load_contest([path], MONTH)
        ours.append(time.monotonic() - begun)
        lines = [line for line in path.open("rb") if b'"contest_date": "2025-02' in line[:2000]]
        begun = time.monotonic()
        for line in lines:
            json.loads(line)
        alone.append(time.monotonic() - begun)
    speed = size / 1e6 / median(ours)
    print(f"reading a month ({len(contest.problems)} problems) of {size / 1e6:.0f} MB")
    print(f"  {median(ours):.2f} s: {speed:.0f} MB/s (bar: 200), with the sha256 of the whole file")
    print(f"  json.loads on its lines alone: {median(alone):.2f} s, ratio {median(ours) / median(alone):.1f}")


def made(path: Path) -> None:
    """Official rows in their field order, 2.5 MB of private tests each, over twenty months."""
    tests = "eJyr" * (5 << 17)
    number = 0
    with path.open("w") as file:
        while file.tell() < FILE_BYTES:
            file.write(json.dumps(made_row(number, tests)) + "\n")
            number += 1


def made_row(number: int, private: str) -> dict[str, str]:
    month = number % 20
    return {
        "question_title": f"Made {number}",
        "question_content": "Add the numbers.\n" * 60,
        "platform": "atcoder",
        "question_id": f"made{number}",
        "contest_id": "made",
        "contest_date": f"{2024 + month // 12}-{month % 12 + 1:02}-15T00:00:00",
        "starter_code": "",
        "difficulty": "easy",
        "public_test_cases": json.dumps([{"input": "1", "output": "1", "testtype": "stdin"}]),
        "private_test_cases": private,
        "metadata": "{}",
    }


if __name__ == "__main__":
    main()
