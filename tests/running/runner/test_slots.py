"""--parallel auto measures once how many requests at once are worth it, and not where it would not pay."""

from __future__ import annotations

import json
from dataclasses import replace
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any

import click
import pytest

from benchkit.benchmarks import BENCHMARKS
from benchkit.errors import ServerError
from benchkit.records import ModelFile, RaceNow, Status
from benchkit.running.display import PlainDisplay
from benchkit.running.plan import Part
from benchkit.running.runner import execute, slots
from benchkit.running.runner.check import values
from benchkit.running.runner.host import server_request
from benchkit.running.runner.slots import Slots, slots_for
from benchkit.runs import run_of
from benchkit.serving.gguf import memory_needed, read_model_facts, read_model_file
from benchkit.serving.gguf.memory import DRIVER_BYTES
from benchkit.serving.telemetry import machine_facts
from benchkit.serving.telemetry.room import Room
from benchkit.setting_kinds import CountOrAuto
from benchkit.telling.history import open_store, to_record
from tests.running.runner.plans import scored
from tests.support import F16, runs_in


@pytest.fixture(autouse=True)
def brief(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two steps of a few tokens, and nothing remembered from other days."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(slots, "TOKENS", 4)
    monkeypatch.setattr(slots, "STEPS", (1, 2))
    monkeypatch.setattr(slots, "PROMPT_TOKENS", 40)


@pytest.mark.parametrize(
    "saved",
    [
        "", "{", "[1]", "null", '{"slots": 0, "because": "", "curve": []}',
        '{"slots": -3, "because": "", "curve": []}', '{"slots": 100000, "because": "", "curve": []}',
        '{"slots": 1e999, "because": "", "curve": []}', '{"slots": "2", "because": "", "curve": []}',
        '{"slots": 2, "because": "", "curve": [[1e999, 1]]}', '{"slots": 2, "because": "", "curve": 5}',
        '{"slots": true, "because": "", "curve": []}', "[" * 100_000,
    ],
)  # fmt: skip
def test_a_damaged_measurement_is_none(saved: str, tmp_path: Path) -> None:
    """No server is started with no slots, or with a hundred thousand: it is measured again."""
    path = tmp_path / "known.json"
    path.write_text(saved)
    assert slots._recall(path) is None
    path.write_text('{"slots": 2, "because": "measured", "curve": [[1, 5.0], [2, 9]]}')
    assert slots._recall(path) == Slots(2, "measured, on an earlier day", ((1, 5.0), (2, 9.0)))


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


def test_nothing_is_measured_where_it_would_not_pay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The demo, few problems, and a server that is not ours to set up keep four; the record says why."""
    usual(monkeypatch)
    plan = replace(scored(tmp_path, "demo"), benchmark=BENCHMARKS["demo"])
    request = replace(server_request(plan, read_model_file(F16)), kind="xllamacpp")
    short = slots_for(plan, request, print)
    assert (short.slots, short.curve) == (4, ())
    assert short.because.startswith("not measured: 20 answers of some 300 tokens are too few for it")
    few = replace(plan.settings, benchmark="own", script_args=("--limit", "2"))
    assert slots_for(replace(plan, settings=few), request, print).slots == 4
    endpoint = slots_for(plan, replace(request, kind="endpoint", model=None), print)
    assert (endpoint.slots, endpoint.because) == (4, "the server's slots are not ours to set")


def usual(monkeypatch: pytest.MonkeyPatch) -> None:
    """Measured as on other days, by the estimate alone."""
    monkeypatch.setattr(slots, "TOKENS", 64)
    monkeypatch.setattr(slots, "STEPS", (1, 2, 4, 8, 16))
    monkeypatch.setattr(slots, "PROMPT_TOKENS", 300)
    monkeypatch.setattr(slots, "_measured", lambda *_: Slots(8, "measured"))


@pytest.mark.parametrize(
    ("arguments", "max_tokens", "chosen"),
    [
        (("--limit", "40"), 64, 4),  # as long as measuring itself
        (("--limit=40",), 64, 4),
        (("--limit", "40", "--samples-per-problem", "10"), 64, 8),
        (("--limit", "160"), None, 8),
        (("--limit", "20"), None, 4),
        ((), 64, 8),  # nobody knows how many
    ],
)
def test_short_nights_are_not_made_longer_by_measuring(
    arguments: tuple[str, ...],
    max_tokens: int | None,
    chosen: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The run's length is estimated from problems, samples and tokens before anything is measured."""
    usual(monkeypatch)
    plan = scored(tmp_path, "own")
    settings = replace(plan.settings, script_args=arguments, max_tokens=max_tokens)
    request = replace(server_request(plan, read_model_file(F16)), kind="xllamacpp")
    assert slots_for(replace(plan, settings=settings), request, print).slots == chosen


def test_problems_are_counted_in_their_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Forty of 64 tokens are too few, four hundred are not; blank lines are no problems."""
    usual(monkeypatch)
    plan = scored(tmp_path, "own")
    request = replace(server_request(plan, read_model_file(F16)), kind="xllamacpp")
    for count, chosen in ((40, 4), (400, 8)):
        file = tmp_path / "problems.jsonl"
        file.write_text("{}\n\n" * count)
        settings = replace(plan.settings, script_args=("--problems-file", str(file)), max_tokens=64)
        assert slots_for(replace(plan, settings=settings), request, print).slots == chosen


def test_what_earlier_runs_tell_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A slow model is worth measuring, since measuring ends after half a minute; a fast one is not."""
    usual(monkeypatch)
    plan = scored(tmp_path, "own")
    request = replace(server_request(plan, read_model_file(F16)), kind="xllamacpp")
    for speed, chosen in ((500.0, 4), (5.0, 8)):
        run = run_of(
            id=f"at {speed}", model="demo", benchmark="own", status=Status.OK,
            timestamp="2026-11-25T00:00:00+00:00",
            machine=machine_facts(),
            config={"path": str(F16.resolve()), "script_args": []},
            results={"score": 1.0, "total_problems": 40},
            telemetry={"completion_tokens": 2560, "tokens_per_second": speed},
        )  # fmt: skip
        open_store(plan.settings.history).append(run)
        found = slots_for(plan, request, print)
        assert found.slots == chosen
        if chosen == 4:
            words = "not measured: 40 answers of some 64 tokens take about 8 s, and measuring takes up to 6 s"
            assert found.because == words


def test_a_race_goes_on_with_the_slots_it_began_with(tmp_path: Path) -> None:
    """What was measured meanwhile for the same file changes no run that is under way."""
    plan = scored(tmp_path, "demo")
    plan.folder.mkdir(parents=True)
    began = run_of(
        id=plan.id, model="demo", benchmark="demo", status=Status.OK, timestamp="2026-11-25T00:00:00+00:00",
        config={"slots_chosen": {"slots": 2, "because": "measured", "curve": [[1, 5.0], [2, 9.0]]}},
    )  # fmt: skip
    (plan.folder / "run.json").write_text(json.dumps(to_record(began)))
    request = replace(server_request(plan, read_model_file(F16)), kind="xllamacpp")
    found = slots_for(replace(plan, part=Part(7, 10)), request, print)
    assert found == Slots(2, "measured", ((1, 5.0), (2, 9.0)))


@pytest.mark.parametrize(("problems", "slots_of_it"), [(40, 8), (None, 8), (80, 16), (164, 32)])
def test_a_race_takes_no_more_slots_than_leave_it_some_waves(
    problems: int | None, slots_of_it: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of 40 problems 32 at once would nearly all be asked of a model that has lost; a whole run has them."""
    curve = ((1, 100.0), (2, 150.0), (4, 200.0), (8, 250.0), (16, 300.0), (32, 400.0))
    monkeypatch.setattr(slots, "_recall", lambda _path: Slots(32, "measured", curve))
    plan = scored(tmp_path, "demo")
    request = replace(server_request(plan, read_model_file(F16)), kind="xllamacpp")
    part = Part(7, 10, RaceNow("best", 1, 12, 12, problems))
    found = slots_for(replace(plan, part=part), request, print)
    assert (found.slots, found.curve) == (slots_of_it, curve)
    assert ("; in a race " in found.because) == (slots_of_it < 32)
    assert slots_for(plan, request, print).slots == 32


def test_a_race_counts_all_samples_of_its_problems(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its first model, of which only the file tells, and all others take equally many slots."""
    curve = ((1, 100.0), (8, 250.0), (16, 300.0), (32, 400.0))
    monkeypatch.setattr(slots, "_recall", lambda _path: Slots(32, "measured", curve))
    plan = scored(tmp_path, "own")
    request = replace(server_request(plan, read_model_file(F16)), kind="xllamacpp")
    file = tmp_path / "problems.jsonl"
    file.write_text("{}\n" * 40)
    words = ("--problems-file", str(file), "--samples-per-problem", "4")
    plan = replace(plan, settings=replace(plan.settings, script_args=words))
    for problems in (None, 40):
        part = Part(7, 10, RaceNow("best", 1, 12, 12, problems))
        assert slots_for(replace(plan, part=part), request, print).slots == 32


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
