"""One simulated power loss: appends, the loss, perhaps a second one during recovery, and what is left."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count
from pathlib import Path
from random import Random
from typing import Any

from benchkit.errors import HistoryError
from benchkit.telling.history.json_file import appending, document
from tests.telling.history.simulated_disk import PowerLoss, SimulatedDisk

HISTORY = Path("/simulated/benchmark_results.json")
STEPS_OF_AN_APPEND = 14
Record = dict[str, Any]


@dataclass(frozen=True)
class Promise:
    """What the history must hold: every acknowledged run, then the one under way or not."""

    acknowledged: list[Record]
    under_way: list[Record]


def lose_power(seed: int) -> str | None:
    """What went wrong in the power losses of this seed; None when nothing did."""
    random = Random(seed)
    before = [_record(random, f"before-{n}") for n in range(random.choice([0, 0, 1, 3, 20]))]
    disk = SimulatedDisk({HISTORY: document.render(document.Document(before))} if before else {})
    for life in range(random.choice([1, 1, 2, 3])):
        promise = _append_until_power_fails(disk, random, life)
        disk = disk.after_power_loss(random)
        if wrong := _broken(disk, promise):
            return wrong
    return _broken_after_one_more(disk, random)


def _append_until_power_fails(disk: SimulatedDisk, random: Random, life: int) -> Promise:
    acknowledged = _records(disk)
    disk.power_fails_at = disk.steps + random.randint(1, 3 * STEPS_OF_AN_APPEND)
    for number in count():
        record = _record(random, f"run-{life}-{number}")
        try:
            appending.append_record(HISTORY, record, disk)
        except PowerLoss:
            return Promise(acknowledged, [record])
        acknowledged = [*acknowledged, record]
    raise AssertionError("the power never failed")


def _records(disk: SimulatedDisk) -> list[Record]:
    return document.parse(appending.read_bytes(HISTORY, disk)).records


def _broken(disk: SimulatedDisk, promise: Promise) -> str | None:
    try:
        records = _records(disk)
    except HistoryError as error:
        return f"cannot be read: {error}"
    if records in (promise.acknowledged, promise.acknowledged + promise.under_way):
        return None
    return f"holds {[r['id'] for r in records]}, acknowledged were {[r['id'] for r in promise.acknowledged]}"


def _broken_after_one_more(disk: SimulatedDisk, random: Random) -> str | None:
    found = _records(disk)
    last = _record(random, "last")
    appending.append_record(HISTORY, last, disk)
    if not document.run_lines(bytes(disk.names[HISTORY].content)):
        return "is not laid out as it should be"
    return _broken(disk, Promise([*found, last], []))


def _record(random: Random, name: str) -> Record:
    return {"id": name, "noise": "x" * random.choice([0, 30, 500, 1500, 5000, 9000])}
