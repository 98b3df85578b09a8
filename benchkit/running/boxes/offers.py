"""Whether a group of runs could be carried out on this box; asked before the night, and answered in words."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from benchkit.errors import BenchError
from benchkit.records import ModelFile
from benchkit.running.batch.checks import command_of, script_problems
from benchkit.running.batch.estimate import TOO_SMALL, expected_memory
from benchkit.running.batch.expand import Entry
from benchkit.running.boxes.inventory import Inventory
from benchkit.running.orders import Order, planned_runs
from benchkit.running.plan import PlannedRun
from benchkit.serving.telemetry.readers import open_reader
from benchkit.serving.telemetry.room import Room, free_room

_AUTO = "auto"


def refusal(order: Order, inventory: Inventory, runs_dir: Path, room: Room, sound: set[str]) -> str:
    """Why this box cannot take the group, in words; empty where it can.

    `sound` holds the commands whose scripts have found nothing wrong with them; it is added to.
    """
    if order.commands and not inventory.allows_commands:
        return f"it runs no commands of others ({', '.join(order.commands)}): join it with --allow-commands"
    model = inventory.models.get(order.sha256)
    if model is None:
        return f"it has no file of {order.model} (sha256 {order.sha256[:12]}…): join it with --models"
    try:
        plans = planned_runs(order, model.path, runs_dir / "unused.json", runs_dir)
    except BenchError as error:
        return str(error)
    kinds = {plan.settings.server for plan in plans} - {_AUTO}
    if missing := sorted(kind for kind in kinds if inventory.engines.get(kind, "") is None):
        return f"{', '.join(missing)} is not installed there"
    entries = [Entry(plan.id, plan.settings, model) for plan in plans]
    return _without_room(entries, model, room) or _unsound(plans, sound)


def _unsound(plans: list[PlannedRun], sound: set[str]) -> str:
    unchecked = [plan for plan in plans if command_of(plan) not in sound]
    problems = script_problems(unchecked)
    if not problems:
        sound.update(map(command_of, unchecked))
    return "; ".join(problems)


def _without_room(entries: list[Entry], model: ModelFile, room: Room) -> str:
    for entry in entries:
        vram, ram, mark = expected_memory(entry, room)
        if TOO_SMALL in mark:
            needs = f"{vram:,.0f} MB VRAM" if vram else f"{ram or 0:,.0f} MB RAM"
            has = f"{room.vram_mb:,.0f} MB VRAM" if room.vram_mb is not None else f"{room.ram_mb:,.0f} MB RAM"
            return f"{model.path.name} needs about {needs}, and {has} are free: {mark}"
    return ""


def room_of_a_slot() -> Room:
    """The free VRAM of the emptiest GPU, for a group gets one for itself, and all free RAM."""
    room = free_room()
    with closing(open_reader()) as reader:
        free = [
            device.vram_total_mb - (reading.vram_used_mb or 0.0)
            for device, reading in zip(reader.devices, reader.read(), strict=False)
            if device.vram_total_mb is not None
        ]
    return Room(max(free), room.ram_mb) if free else room
