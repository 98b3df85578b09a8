"""Nights on three boxes with a fault in the midst of each: every run once in the history, no server left.

    .venv/bin/python measurements/cluster_faults.py [--nights 20] [--seed 1] [--fault box|head|…] [--short]

Each night is a plan of 12 groups, with leases of 20 s as a real one has: a cut lasts 60 s, the database is
down for 30 s; --short takes the tests' pace. Night N has the seed SEED + N - 1, from which all that chance
decides follows; the faults take turns, in an order that chance makes of SEED. What is counted is checked in
each: under `wait` nothing that was kept is asked again, under `move` what was asked again is told. Needs
`make cluster`; for the database `make postgres` and PostgreSQL, for boxes' own disks root.
"""
# ruff: noqa: E402 - the root is known only after the first imports

from __future__ import annotations

import argparse
import os
import random
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from benchkit.serving.servers.ports import free_port
from tests.running.boxes.faults import FAULTS, FULL, SHORT, Night, Pace, impossible_here, night_of, pass_night


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--nights", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--fault", choices=[*FAULTS])
    parser.add_argument("--short", action="store_true")
    asked = parser.parse_args()
    for fault, why in impossible_here().items():
        print(f"without {fault}: {why}", flush=True)
    possible = [fault for fault in FAULTS if fault not in impossible_here()]
    random.Random(asked.seed).shuffle(possible)
    pace = SHORT if asked.short else FULL
    failed = 0
    for number in range(asked.nights):
        night = night_of(asked.seed + number, asked.fault or possible[number % len(possible)])
        failed += not _passes(night, pace)
    print(f"{asked.nights - failed} of {asked.nights} nights as they should be")
    sys.exit(failed > 0)


def _passes(night: Night, pace: Pace) -> bool:
    with tempfile.TemporaryDirectory(prefix="night-") as name:
        os.environ["XDG_STATE_HOME"] = str(Path(name) / "state")  # this process reads the database, too
        try:
            outcome = pass_night(Path(name), free_port(), night, pace)
        except Exception as error:
            print(f"{night}: FAILED: {type(error).__name__}: {str(error)[-3000:]}", flush=True)
            return False
    again = f"{outcome.asked_again} asked again, {outcome.told_again} told"
    print(f"{night}: {outcome.seconds:.0f} s, {again}", flush=True)
    return True


if __name__ == "__main__":
    main()
