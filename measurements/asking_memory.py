#!/usr/bin/env python3
"""The memory of run_eval.py at 1 and at 20 samples a problem: it must stay under 200 MB, and flat.

    .venv/bin/python measurements/asking_memory.py --problems-file HumanEval.jsonl.gz [--samples 20]

A stand-in answers at once with 4 kB of prose around the canonical solution, so that every answer is asked
for, journaled and judged. What is printed is the largest resident set of the script or of any process that
it started.
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
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.stand_ins.chat_server import Turn, chat_server  # noqa: E402 — the root is known only now


def peak_mb(problems: Path, samples: int, base_url: str) -> tuple[float, float]:
    """The peak of one run, and its seconds."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, str(ROOT / "run_eval.py"), "--base-url", base_url, "--output-dir", folder]
        command += ["--problems-file", str(problems), "--samples-per-problem", str(samples)]
        begun = time.perf_counter()
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            sys.exit(f"run_eval.py ended with {process.returncode}")
    return usage.ru_maxrss / 1024, time.perf_counter() - begun


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--problems-file", type=Path, required=True)
    parser.add_argument("--samples", type=int, default=20)
    options = parser.parse_args()
    rows = read_rows(options.problems_file)
    solutions = {row["prompt"].strip(): row["canonical_solution"] for row in rows}

    def answer(turn: Turn) -> None:
        prompt = next(prompt for prompt in solutions if prompt in turn.question)
        turn.status(
            200,
            {"choices": [{"message": {"content": talk(prompt, solutions[prompt])}, "finish_reason": "stop"}]},
        )

    with chat_server(answer) as server:
        for samples in (1, options.samples):
            peak, seconds = peak_mb(options.problems_file, samples, server.base_url)
            print(f"{samples} samples a problem: {peak:.0f} MB at most, {seconds:.1f} s", flush=True)


def read_rows(path: Path) -> list[dict[str, str]]:
    with gzip.open(path, "rt") if path.suffix == ".gz" else path.open() as lines:
        return [json.loads(line) for line in lines]


def talk(prompt: str, solution: str) -> str:
    return f"{'Let me explain. ' * 256}\n```python\n{prompt}\n{solution}\n```\n"


if __name__ == "__main__":
    main()
