"""What a batch adds: between two runs of one server, between two servers, and its dry run of 1,000 runs.

    .venv/bin/python measurements/batch.py [--runs 15] [--models 8]

Prints medians in seconds. Scripts of a few lines write down when they begin and end; between two servers
the server's own stop and start are taken off. The dry run's plan has 100 model files, 2 benchmarks and 5
temperatures.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from itertools import pairwise
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
MODEL = ROOT / "demo" / "demo-q2_k.gguf"
BARS = {"between two runs": 0.2, "between two servers": 0.5, "dry run of 1,000": 2.0}
SCRIPT = """#!/bin/sh
read began rest < /proc/uptime
echo 'Results: x v1 (sha256 0)'
echo 'pass@1: 50.00% (1/2), 95% interval 9.5-90.5'
echo 'Time: 1.0 s'
echo 'Failed tasks: x/1'
sleep 0.2
read ended rest < /proc/uptime
echo "$began $ended" > "$BENCH_OUTPUT_DIR/times"
"""


def batch(folder: Path, plan: dict[str, Any], *flags: str) -> float:
    """Run the plan in this folder; wall seconds."""
    (folder / "plan.yaml").write_text(json.dumps(plan))
    command = [sys.executable, str(ROOT / "bench_runner.py"), "batch", "plan.yaml", *flags]
    clock = time.monotonic()
    subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, "XDG_CACHE_HOME": str(folder)},
        capture_output=True,
        check=True,
    )
    return time.monotonic() - clock


def one_benchmark(folder: Path) -> dict[str, str]:
    script = folder / "script.sh"
    script.write_text(SCRIPT)
    script.chmod(0o755)
    return {"name": "times", "script": "./script.sh", "parser": "human_eval"}


def runs_of(folder: Path) -> list[tuple[float, float, dict[str, Any]]]:
    """Each run's beginning, end and telemetry, in the order in which they ran."""
    runs = json.loads((folder / "benchmark_results.json").read_text())["runs"]
    found = []
    for run in runs:
        began, ended = (Path(run["artifacts"]) / "times").read_text().split()
        found.append((float(began), float(ended), run["telemetry"]))
    return found


def between_runs(count: int) -> float:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        temperatures = [place / 100 for place in range(count)]
        batch(
            folder,
            {
                "defaults": {"server": "xllamacpp"},
                "models": [str(MODEL)],
                "benchmarks": [one_benchmark(folder)],
                "matrix": {"temperature": temperatures},
            },
        )
        return statistics.median(after[0] - before[1] for before, after in pairwise(runs_of(folder)))


def between_servers(count: int) -> float:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for place in range(count):
            shutil.copy(MODEL, folder / f"model-{place}.gguf")
        plan = {
            "defaults": {"server": "xllamacpp"},
            "models": ["*.gguf"],
            "benchmarks": [one_benchmark(folder)],
        }
        batch(folder, plan)
        return statistics.median(
            after[0] - before[1] - float(before[2]["server_stop_s"]) - float(after[2]["server_start_s"])
            for before, after in pairwise(runs_of(folder))
        )


def dry_run() -> float:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for place in range(100):
            shutil.copy(MODEL, folder / f"model-{place}.gguf")
        plan = {
            "models": ["*.gguf"],
            "benchmarks": ["demo", "human_eval"],
            "matrix": {"temperature": [0.0, 0.2, 0.4, 0.6, 0.8]},
        }
        return statistics.median(batch(folder, plan, "--dry-run") for _ in range(5))


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=15)
    parser.add_argument("--models", type=int, default=8)
    asked = parser.parse_args()
    answers = {
        "between two runs": between_runs(asked.runs),
        "between two servers": between_servers(asked.models),
        "dry run of 1,000": dry_run(),
    }
    for name, seconds in answers.items():
        print(f"{name:20} {seconds:6.3f} s   (at most {BARS[name]:g})")
    sys.exit(any(seconds > BARS[name] for name, seconds in answers.items()))


if __name__ == "__main__":
    main()
