"""A group of runs as it is sent to a box: settings as plain values, the model by what its file holds."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from enum import StrEnum
from pathlib import Path
from typing import Any

from benchkit.errors import ClusterError
from benchkit.running.plan import PlannedRun, plan_run
from benchkit.setting_kinds import FILE, PROGRAM
from benchkit.settings import SETTINGS, RunSettings, set_by_somebody

_PATHS = {one.name for one in SETTINGS.values() if one.kind in (FILE, PROGRAM)}
# What a box decides itself: where it writes, and where it has the file.
_OF_THE_BOX = {"history", "runs_dir", "model"}
# What names a program or a text for a shell.
COMMANDS = ("script", "shell", "llama_server")


class OnLostBox(StrEnum):
    """What becomes of a group whose box dies, or is cut off."""

    MOVE = "move"  # another box that can begins it anew
    WAIT = "wait"  # it waits for this box, which goes on from its journal


@dataclass(frozen=True)
class OrderedRun:
    id: str
    folder: str  # its name among the box's runs: the same one whenever it goes on
    settings: Mapping[str, Any]


@dataclass(frozen=True)
class Order:
    """One attempt at a group of runs that share a server."""

    group: str
    attempt: int
    on_lost_box: OnLostBox
    lease_s: float  # for so long nobody else may take it after the last look at it
    sha256: str  # of the model's file
    model: str  # what it is called
    runs: tuple[OrderedRun, ...]

    def to_json(self) -> str:
        return json.dumps(asdict(self))

    @property
    def commands(self) -> list[str]:
        """What of it would run something that no plan of benchmarks needs."""
        return sorted({name for run in self.runs for name in COMMANDS if run.settings.get(name)})


def order_of(
    plans: Sequence[PlannedRun], group: str, on_lost_box: OnLostBox, lease_s: float, sha256: str
) -> Order:
    """As it is before the first attempt at it."""
    runs = tuple(OrderedRun(plan.id, plan.folder.name, _plain(plan)) for plan in plans)
    return Order(group, 0, on_lost_box, lease_s, sha256, plans[0].name, runs)


def read_order(text: str) -> Order:
    """Raises ClusterError where it is none, or one of another version."""
    try:
        record = json.loads(text)
        runs = tuple(OrderedRun(**run) for run in record.pop("runs"))
        on_lost_box = OnLostBox(record.pop("on_lost_box"))
        return Order(**record, on_lost_box=on_lost_box, runs=runs)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise ClusterError(f"an order that is not understood ({error}): both need the same version") from None


def planned_runs(order: Order, model: Path, history: Path, runs_dir: Path) -> list[PlannedRun]:
    """The runs of the order on this box."""
    return [_planned(run, model, history, runs_dir) for run in order.runs]


def _planned(run: OrderedRun, model: Path, history: Path, runs_dir: Path) -> PlannedRun:
    folder = Path(run.folder).name  # never outside the box's runs
    settings = replace(_settings(run.settings), model=model, history=history, runs_dir=runs_dir)
    return replace(plan_run(settings, run.id), folder=(runs_dir / folder).resolve())


def _plain(plan: PlannedRun) -> dict[str, Any]:
    settings = plan.settings
    given = set_by_somebody(settings) | {"name": plan.name, "benchmark": settings.benchmark}
    given["answer_tokens"] = settings.answer_tokens
    return {name: _as_text(value) for name, value in given.items() if name not in _OF_THE_BOX}


def _as_text(value: Any) -> Any:
    return str(value) if isinstance(value, Path) else value


def _settings(given: Mapping[str, Any]) -> RunSettings:
    known = {one.name for one in fields(RunSettings)} - _OF_THE_BOX
    if unknown := sorted(set(given) - known):
        raise ClusterError(
            f"an order with unknown settings: {', '.join(unknown)}: both need the same version"
        )
    return RunSettings(**{name: _typed(name, value) for name, value in given.items()})


def _typed(name: str, value: Any) -> Any:
    if name in _PATHS and value is not None:
        return Path(value)
    return tuple(value) if isinstance(value, list) else value


def group_name(
    plans: Sequence[PlannedRun], keys: Sequence[str], recorded: Sequence[str], history: str
) -> str:
    """The same for the same runs in a later batch, and another once some of them are to be done again.

    Batches with different histories must not take each other's groups for their own.
    """
    text = json.dumps([history, sorted(keys), sorted(recorded)])
    digest = hashlib.sha256(text.encode()).hexdigest()[:16]
    name = "".join(letter if letter.isalnum() else "-" for letter in plans[0].name)[:40]
    return f"{name}-{digest}"
