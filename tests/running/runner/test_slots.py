"""--parallel auto measures once how many requests at once are worth it, and not where it would not pay."""

from __future__ import annotations

from dataclasses import replace
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any

import click
import pytest

from benchkit.errors import ServerError
from benchkit.records import ModelFile
from benchkit.running.display import PlainDisplay
from benchkit.running.runner import execute, slots
from benchkit.running.runner.check import values
from benchkit.running.runner.host import server_request
from benchkit.running.runner.slots import Slots, slots_for
from benchkit.serving.gguf import memory_needed, read_model_facts, read_model_file
from benchkit.serving.gguf.memory import DRIVER_BYTES
from benchkit.serving.telemetry.room import Room
from benchkit.setting_kinds import CountOrAuto
from tests.running.runner.plans import scored
from tests.support import F16, runs_in


@pytest.fixture(autouse=True)
def brief(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two steps of a few tokens, and nothing remembered from other days."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(slots, "TOKENS", 4)
    monkeypatch.setattr(slots, "STEPS", (1, 2))
    monkeypatch.setattr(slots, "PROMPT_TOKENS", 40)


def test_slots_are_measured_once(tmp_path: Path) -> None:
    """The curve is in the first record; the second run takes the same number from memory, and says so."""
    plan = scored(tmp_path, "own")
    settings = replace(plan.settings, parallel="auto", server="xllamacpp", context=256, gpu_layers=0)
    told = StringIO()
    for number in (1, 2):
        folder = tmp_path / "runs" / str(number)
        planned = replace(plan, id=f"run-{number}", settings=settings, folder=folder)
        execute(planned, PlainDisplay(BytesIO(), told))
    first, second = runs_in_history(tmp_path)
    assert first["error"] is None
    chosen = first["config"]["slots_chosen"]
    assert [step for step, _ in chosen["curve"]] == [1, 2]
    assert first["config"]["slots"] == chosen["slots"] in (1, 2)
    assert first["config"]["parallel"] == "auto"
    assert second["config"]["slots_chosen"]["curve"] == chosen["curve"]
    assert second["config"]["slots_chosen"]["because"].endswith(", on an earlier day")
    assert told.getvalue().count("measuring how many requests at once are worth it") == 1


def test_a_run_is_served_also_where_measuring_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Four slots, and the reason in the record."""
    plan = scored(tmp_path, "own")
    settings = replace(plan.settings, parallel="auto", server="xllamacpp", context=256, gpu_layers=0)
    monkeypatch.setattr(slots, "_measured", fails)
    request = replace(server_request(plan, read_model_file(F16)), kind="xllamacpp")
    found = slots_for(replace(plan, settings=settings), request, lambda _line: None)
    assert (found.slots, found.because) == (4, "measuring failed: no room for the prompts")


def fails(*_: object) -> Slots:
    raise ServerError("no room for the prompts")


def runs_in_history(folder: Path) -> list[dict[str, Any]]:
    (folder / "history.json").rename(folder / "benchmark_results.json")
    return runs_in(folder)


def test_nothing_is_measured_where_it_would_not_pay(tmp_path: Path) -> None:
    """The demo, a run of few problems, and a server that is not ours to set up keep four."""
    plan = scored(tmp_path, "demo")
    model = read_model_file(F16)
    request = replace(server_request(plan, model), kind="xllamacpp")
    assert slots_for(plan, request, print).because == "the run is shorter than measuring would be"
    few = replace(plan.settings, benchmark="own", script_args=("--limit", "20"))
    assert slots_for(replace(plan, settings=few), request, print).slots == 4
    endpoint = slots_for(plan, replace(request, kind="endpoint", model=None), print)
    assert (endpoint.slots, endpoint.because) == (4, "the server's slots are not ours to set")


def _vram_for(model: ModelFile, slots: int, layers_left: int) -> float:
    """MB for so many slots of its whole context with all but some layers."""
    facts = read_model_facts(model.path)
    layers = len(facts.layers) + 1 - layers_left
    return (memory_needed(facts, 2048, slots, gpu_layers=layers).gpu + DRIVER_BYTES + 1) / 2**20


def test_no_more_slots_are_tried_than_there_is_memory_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the estimate for the free VRAM, or for the free RAM where the layers lie there.

    A model of which only some layers fit keeps as many on the GPU as with one slot.
    """
    plan = scored(tmp_path, "own")
    model = read_model_file(F16)
    request = server_request(plan, model)
    monkeypatch.setattr(slots, "STEPS", (1, 2, 4, 8, 16))
    for room, most in (
        (Room(None, 1.0), 1),
        (Room(None, 1e6), 16),
        (Room(100.0, 1e6), 16),  # no layer fits: all lie in RAM
        (Room(_vram_for(model, 4, 0), 1e6), 4),
        (Room(_vram_for(model, 2, 1), 1e6), 2),
        (Room(1e6, 1e6), 16),
    ):
        monkeypatch.setattr(slots, "free_room", lambda room=room: room)
        assert slots._most_that_fit(request, model) == most


def test_a_script_is_told_a_number(tmp_path: Path) -> None:
    """Never the word auto: before a server is there it is four."""
    plan = scored(tmp_path, "own")
    plan = replace(plan, settings=replace(plan.settings, parallel="auto"))
    assert values(plan)["parallel"] == "4"


@pytest.mark.parametrize("text", ["0", "many", "1.5", ""])
def test_what_is_no_number_of_slots_is_refused(text: str) -> None:
    """With what would be one."""
    with pytest.raises(click.BadParameter, match="is neither auto nor a whole number from 1"):
        CountOrAuto().convert(text, None, None)
    assert (CountOrAuto().convert("auto", None, None), CountOrAuto().convert("8", None, None)) == ("auto", 8)
