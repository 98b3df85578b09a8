"""A night killed with -9 at 50 random instants: every run once in the history, no answer asked for twice.

    .venv/bin/python measurements/batch_kills.py [--kills 50] [--seed 1]

2 demo models on real servers and an endpoint that sees every question, 2 benchmarks, 2 temperatures. Each
start of the batch goes on where the one before was killed. Prints what it saw; fails on anything lost or
done twice, and on a process left behind.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.running.batch import kills  # noqa: E402
from tests.running.batch.support import write_plan  # noqa: E402
from tests.support import F16, QUANTIZED  # noqa: E402

RUNS = 12
ANSWERS = 6 * 20 + 6 * 10


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        os.environ["XDG_CACHE_HOME"] = name
        with kills.watched_endpoint(folder) as (watcher, endpoint):
            local = [{"path": str(path), "server": "xllamacpp"} for path in (F16, QUANTIZED)]
            write_plan(
                folder,
                defaults={"max_tokens": 300},
                models=[endpoint, *local],
                benchmarks=["demo", {"name": "demo", "args": ["--limit", "10", "--prompt", "simple-evals"]}],
                matrix={"temperature": [0.0, 0.4]},
            )
            met = kills.killed_until_done(folder, asked.kills, 3.0, asked.seed)
        kills.assert_each_run_once(folder, RUNS)
        answers = kills.assert_no_answer_twice(folder)
        print(f"{met} of {asked.kills} kills met the night alive; {RUNS} runs, each once in the history")
        again = len(watcher.asked_again)
        print(f"{answers} answers journaled, none twice; {again} asked again though journaled")
        print(f"the endpoint was asked {sum(watcher.asked.values())} times for {len(watcher.asked)} answers")
        sys.exit(answers != ANSWERS or again > 0)


if __name__ == "__main__":
    main()
