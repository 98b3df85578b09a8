"""Nights on three boxes with a fault in the midst of each: every run once in the history, no server left.

    .venv/bin/python measurements/cluster_faults.py [--nights 20] [--seed 1] [--fault box|runner|head|…]

Each night is a plan of 12 groups. What is counted is checked in each: under `wait` nothing is asked again but
the question that was under way, under `move` what was asked again is told. Needs `make cluster`.
"""
# ruff: noqa: E402 - the root is known only after the first imports

from __future__ import annotations

import argparse
import random
import socket
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from tests.running.boxes.faults import FAULTS, night_with_fault

WAITING_ALLOWS = 1


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--nights", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--fault", choices=[*FAULTS])
    asked = parser.parse_args()
    chance = random.Random(asked.seed)
    failed = 0
    for night in range(asked.nights):
        fault = asked.fault or chance.choice([*FAULTS])
        # A box that never comes back can only be replaced.
        on_lost_box = "move" if fault == "gone" else chance.choice(["move", "wait"])
        with tempfile.TemporaryDirectory(prefix="night-") as name:
            try:
                outcome = night_with_fault(Path(name), _free_port(), fault, on_lost_box, seed=night)
            except AssertionError as error:
                failed += 1
                print(f"{night + 1:3} {fault:8} {on_lost_box}: FAILED: {str(error)[-2000:]}", flush=True)
                continue
        twice = on_lost_box == "wait" and outcome.asked_again > WAITING_ALLOWS
        failed += twice
        line = f"{outcome.seconds:5.1f} s, {outcome.asked_again} asked again{' (FAILED)' if twice else ''}"
        print(f"{night + 1:3} {fault:8} {on_lost_box}: {line}", flush=True)
    print(f"{asked.nights - failed} of {asked.nights} nights as they should be")
    sys.exit(failed > 0)


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


if __name__ == "__main__":
    main()
