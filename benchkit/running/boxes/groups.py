"""The groups at work on this box, each a process of its own under the supervisor, and what became of them.

A group stays known until whoever sent it has taken its results. What a former life of this box left behind
lies in the group's folder: the next attempt goes on from there.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from threading import RLock
from typing import Any

from benchkit.errors import UsageError
from benchkit.files import DISK_IS_FULL, atomic_write, make_private_folder
from benchkit.json_values import json_objects
from benchkit.link.calls import BUSY, GroupState, Refused
from benchkit.masking import Mask
from benchkit.running.batch.disk_space import too_little_to_start
from benchkit.running.boxes.cleaning import note_begun, note_delivered, remove_delivered
from benchkit.running.boxes.group_process import ENDED, HISTORY, MODEL, ORDER, OUTPUT, RUNS
from benchkit.running.boxes.inventory import Inventory
from benchkit.running.boxes.offers import refusal, room_of_a_slot
from benchkit.running.live import live_runs
from benchkit.running.orders import OnLostBox, Order, read_order
from benchkit.running.runner.child import Child
from benchkit.telling.history import open_store, to_record

GROUPS = "groups-of-cluster"  # a folder among the box's runs
PROCESS = "benchkit.running.boxes.group_process"
FENCE_SHARE = 0.75  # of its lease: by then a group that may be moved has stopped here
CHUNK_BYTES = 1 << 20
CLEANS_EVERY_S = 3600.0
# By which a program chooses its GPU; of the makers, whichever it asks.
GPU_VARIABLES = ("CUDA_VISIBLE_DEVICES", "HIP_VISIBLE_DEVICES", "GGML_VK_VISIBLE_DEVICES")


@dataclass
class AtWork:
    """One attempt at a group, from its start until its results are taken."""

    order: Order
    folder: Path
    child: Child
    slot: int
    looked_at: float = field(default_factory=time.monotonic)
    fenced: bool = False

    @property
    def is_over(self) -> bool:
        return self.child.wait(0) is not None

    def covers(self, order: Order) -> bool:
        """Whether its process does all that a later attempt asks for."""
        return not self.fenced and not self.is_over and all(run in self.order.runs for run in order.runs)


def make_groups_folder(runs_dir: Path) -> None:
    """Raises UsageError where no group could be kept there, before anything is sent."""
    folder = runs_dir.resolve() / GROUPS
    try:
        make_private_folder(folder)
    except OSError as error:
        raise UsageError(f"--runs-dir {runs_dir} cannot be made: {error.strerror}") from None
    if not os.access(folder, os.W_OK | os.X_OK):
        raise UsageError(f"--runs-dir {runs_dir} cannot be written ({folder}): name another")


class Groups:
    """May be used from several threads."""

    def __init__(self, inventory: Inventory, runs_dir: Path) -> None:
        self.inventory = inventory
        self._runs_dir = runs_dir.resolve()
        self._lock = RLock()
        self._groups: dict[str, AtWork] = {}
        self._room = room_of_a_slot()
        self._sound: set[str] = set()  # commands that were checked
        self._cleaned = float("-inf")
        self._clean()

    def facts(self) -> dict[str, Any]:
        with self._lock:
            working = [one.order.model for one in self._groups.values() if not one.is_over]
        return {**self.inventory.facts(), "at_work": working}

    def offer(self, orders: list[str]) -> list[str]:
        """For each order why it cannot be carried out here; empty where it can."""
        with self._lock:
            if all(one.is_over for one in self._groups.values()):
                self._room = room_of_a_slot()
        return [self._refusal(read_order(text)) for text in orders]

    def _refusal(self, order: Order) -> str:
        return refusal(order, self.inventory, self._runs_dir, self._room, self._sound)

    def start(self, order: str) -> dict[str, Any]:
        """Begin a group, or go on with it; a later attempt takes over what an earlier one has at work."""
        asked = read_order(order)
        with self._lock:
            if problem := self._refusal(asked):
                raise Refused(problem)
            known = self._groups.get(asked.group)
            if known is not None and known.order.attempt > asked.attempt:
                raise Refused(f"attempt {asked.attempt} at {asked.group} is over")
            if known is not None and known.covers(asked):
                known.order, known.looked_at = asked, time.monotonic()
                return {}
            if known is not None:
                self._end(known)
            self._groups[asked.group] = self._begun(asked)
        return {}

    def _begun(self, order: Order) -> AtWork:
        taken = {one.slot for one in self._groups.values() if not one.is_over}
        free = [slot for slot in range(self.inventory.slots) if slot not in taken]
        if not free:
            raise Refused(BUSY, may_pass=True)
        if little := too_little_to_start(self._runs_dir):
            raise Refused(f"{little} for {self._runs_dir}", may_pass=True)
        folder = self._runs_dir / GROUPS / order.group
        try:
            make_private_folder(folder)
            atomic_write(folder / ORDER, order.to_json())
            atomic_write(folder / MODEL, str(self.inventory.models[order.sha256].path))
            atomic_write(folder / RUNS, str(self._runs_dir))
            (folder / ENDED).unlink(missing_ok=True)
            note_begun(folder)
        except OSError as error:
            full = error.errno in DISK_IS_FULL
            raise Refused(f"{folder} cannot be written: {error.strerror}", may_pass=full) from None
        command = (sys.executable, "-m", PROCESS, str(folder))
        child = Child(command, self._environment(free[0]), folder / OUTPUT, lambda _chunk: None, Mask())
        return AtWork(order, folder, child, free[0])

    def _environment(self, slot: int) -> dict[str, str]:
        if len(self.inventory.gpus) < 2:
            return {}
        return {"CUDA_DEVICE_ORDER": "PCI_BUS_ID"} | {name: str(slot) for name in GPU_VARIABLES}

    def look(self, groups: Mapping[str, int]) -> dict[str, Any]:
        """How these attempts are; looking keeps their leases."""
        with self._lock:
            known = {group: self._known(group, attempt) for group, attempt in groups.items()}
        wanted = {run.id for one in known.values() if isinstance(one, AtWork) for run in one.order.runs}
        snapshots = {
            run.announcement.run_id: asdict(run.snapshot)
            for run in (live_runs() if wanted else ())
            if run.announcement.run_id in wanted and not run.announcement.box
        }
        return {
            group: {"state": one} if isinstance(one, GroupState) else _state_of(one, snapshots)
            for group, one in known.items()
        }

    def _known(self, group: str, attempt: int) -> AtWork | GroupState:
        one = self._groups.get(group)
        if one is None or one.order.attempt < attempt:
            return GroupState.UNKNOWN
        if one.order.attempt > attempt or one.fenced:
            return GroupState.LOST
        one.looked_at = time.monotonic()
        return one

    def stop(self, group: str, attempt: int, forget: bool) -> dict[str, Any]:
        """End a group that may be at work, and forget it where its results are taken."""
        with self._lock:
            one = self._groups.get(group)
            if one is None or one.order.attempt > attempt:
                return {}
            self._end(one)
            if forget:
                del self._groups[group]
                note_delivered(one.folder)
                self._clean()
        return {}

    def _clean(self) -> None:
        if time.monotonic() - self._cleaned > CLEANS_EVERY_S:
            self._cleaned = time.monotonic()
            remove_delivered(self._runs_dir / GROUPS, self._groups)

    def _end(self, one: AtWork) -> None:
        if not one.is_over:
            one.child.stop()

    def fence(self) -> list[str]:
        """Stop what may be at work elsewhere by now, for nobody has looked at it; the groups' names."""
        now, stopped = time.monotonic(), []
        with self._lock:
            for group, one in self._groups.items():
                may_move = one.order.on_lost_box is OnLostBox.MOVE
                if may_move and not one.is_over and now - one.looked_at > FENCE_SHARE * one.order.lease_s:
                    one.fenced = True
                    self._end(one)
                    stopped.append(group)
        return stopped

    def end(self) -> None:
        """This box leaves."""
        with self._lock:
            for one in self._groups.values():
                self._end(one)

    def record(self, group: str, run: str) -> dict[str, Any]:
        """A run's record, and which of its files may be asked for."""
        folder = self._folder_of(group)
        recorded = open_store(folder / HISTORY).get(run)
        files = sorted(Path(recorded.artifacts or "").rglob("*"))
        small = {
            str(path.relative_to(recorded.artifacts or "")): path.stat().st_size
            for path in files
            if path.is_file() and not path.is_symlink() and path.suffix != ".log"
        }
        return {"record": to_record(recorded), "files": small}

    def file(self, group: str, run: str, name: str, offset: int) -> dict[str, Any]:
        """A part of one of its files, as text of Latin-1: each byte a letter."""
        artifacts = Path(open_store(self._folder_of(group) / HISTORY).get(run).artifacts or "")
        path = (artifacts / name).resolve()
        if not path.is_relative_to(artifacts.resolve()):
            raise Refused(f"{name} is no file of this run")
        with path.open("rb") as file:
            file.seek(offset)
            data = file.read(CHUNK_BYTES)
        return {"data": data.decode("latin-1")}

    def _folder_of(self, group: str) -> Path:
        """Whoever takes its results still looks at it."""
        with self._lock:
            if group in self._groups:
                self._groups[group].looked_at = time.monotonic()
        folder = self._runs_dir / GROUPS / Path(group).name
        if not folder.is_dir():
            raise Refused(f"it knows no group {group}")
        return folder


def _state_of(one: AtWork, snapshots: Mapping[str, Any]) -> dict[str, Any]:
    over = one.is_over  # before the lines are read: they are whole then
    state: dict[str, Any] = {
        "state": GroupState.OVER if over else GroupState.WORKING,
        "ended": _ended(one.folder / ENDED),
        "runs": {run.id: snapshots[run.id] for run in one.order.runs if run.id in snapshots},
    }
    if over and len(state["ended"]) < len(one.order.runs):
        unwritten = one.child.unwritten
        state["error"] = _last_line(one.folder / OUTPUT) if unwritten is None else str(unwritten)
    return state


def _ended(path: Path) -> list[dict[str, Any]]:
    try:
        return list(json_objects(path.read_bytes().splitlines()))
    except OSError:
        return []


def _last_line(path: Path) -> str:
    try:
        lines = path.read_text(errors="replace").strip().splitlines()
    except OSError:
        lines = []
    return lines[-1] if lines else "its process ended without a word"
