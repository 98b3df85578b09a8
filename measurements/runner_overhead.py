"""What the runner adds around a script, and how soon the first request is sent, with a demo model.

    .venv/bin/python measurements/runner_overhead.py [--server xllamacpp] [--runs 7]

Prints three medians in seconds: from the command to the first request that reaches the server, the wall time
of the whole run less the script's own, and `--help`.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MODEL = ROOT / "demo" / "demo-f16.gguf"
BARS = {"command to first request": 1.5, "added around the script": 1.0, "--help": 0.25}


def one_run(server: str) -> tuple[float, float]:
    """Seconds from the command to the first request, and what the runner added."""
    with tempfile.TemporaryDirectory() as folder:
        command = [
            sys.executable,
            str(ROOT / "bench_runner.py"),
            "--model",
            str(MODEL),
            "--benchmark",
            "demo",
        ]
        began, clock = time.time(), time.monotonic()
        done = subprocess.run(
            [*command, "--server", server, "--max-tokens", "300", "--json"],
            cwd=folder,
            capture_output=True,
            text=True,
            check=True,
        )
        wall = time.monotonic() - clock
        run = json.loads(done.stdout)
        answers = Path(run["artifacts"], "answers.jsonl").read_text().splitlines()
        asked = [row["started"] for row in map(json.loads, answers) if "started" in row]
        return min(asked) - began, wall - run["telemetry"]["script_s"]


def help_time() -> float:
    clock = time.monotonic()
    subprocess.run([sys.executable, str(ROOT / "bench_runner.py"), "--help"], capture_output=True, check=True)
    return time.monotonic() - clock


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--server", default="xllamacpp")
    parser.add_argument("--runs", type=int, default=7)
    options = parser.parse_args()
    one_run(options.server)  # the first run pays for hashing the model
    runs = [one_run(options.server) for _ in range(options.runs)]
    figures = {
        "command to first request": [first for first, _ in runs],
        "added around the script": [added for _, added in runs],
        "--help": [help_time() for _ in range(options.runs)],
    }
    print(f"{options.server}, {options.runs} runs")
    for name, seconds in figures.items():
        spread = f"{min(seconds):.3f}–{max(seconds):.3f}"
        print(f"{name:28} {statistics.median(seconds):.3f} s ({spread}), bar {BARS[name]} s")


if __name__ == "__main__":
    main()
