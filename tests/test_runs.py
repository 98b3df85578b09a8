"""A run's parts: typed facts out of any record, and the record as it was."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from benchkit.records import Status
from benchkit.run_parts import RunConfig, RunMachine, RunResults, RunTelemetry, part_as_record, read_part
from benchkit.runs import run_of

ODD = {
    "temperature": "warm",
    "context": 4096.0,
    "script_args": ["--limit", 3],
    "gpu_layers": "all",
    "seed": True,
    "new in a later version": [1],
    "max_tokens": None,
}


def test_known_names_have_types_and_the_rest_is_kept() -> None:
    """A value of another type is no fact; a name without a field is told beside the fields."""
    config = read_part(RunConfig, ODD)
    assert (config.temperature, config.context, config.gpu_layers, config.seed) == (None, 4096, "all", None)
    assert config.script_args == ("--limit", "3")
    assert config.further == {"new in a later version": [1]}
    assert config.value("new in a later version") == [1]
    assert config.value("context") == 4096


def test_a_record_is_written_as_it_was_read() -> None:
    """Values, their order and explicit nulls stay, also those that no field understands."""
    assert list(part_as_record(read_part(RunConfig, ODD)).items()) == list(ODD.items())


def test_a_changed_fact_is_written_and_the_others_stay() -> None:
    """What is replaced replaces what stood in the record; None does, too."""
    changed = replace(read_part(RunConfig, ODD), origin="/there.json", gpu_layers=None)
    assert part_as_record(changed) == {**ODD, "origin": "/there.json", "gpu_layers": None}


def test_a_part_that_was_made_here_is_written_by_its_facts() -> None:
    """Without a record, the known facts are the record."""
    assert part_as_record(RunMachine(gpu="RTX 3090", cores=8)) == {"gpu": "RTX 3090", "cores": 8}


@pytest.mark.parametrize("number", [math.nan, math.inf, "12", True, [1.0]])
def test_what_is_no_number_is_not_known(number: object) -> None:
    """No table computes with it."""
    assert read_part(RunTelemetry, {"vram_peak_mb": number}).vram_peak_mb is None


def test_the_scripts_own_facts_keep_their_name() -> None:
    """The record's `further` is the script's, not what this version has no field for."""
    results = read_part(RunResults, {"score": 50, "further": {"unjudged": ["a"]}, "counts": {"passed": 1}})
    assert (results.score, results.script_further, results.further) == (50.0, {"unjudged": ["a"]}, {})
    assert results.counts == {"passed": 1}


def test_a_part_is_read_when_it_is_asked_for() -> None:
    """A list of ten thousand runs shows little of each: what nobody asks for is not read."""
    run = run_of(id="a", timestamp="", benchmark="b", model="m", status=Status.OK, results={"score": 1.5})
    assert "results" not in vars(run)
    assert run.results.score == 1.5
    assert run.results is run.results
    assert replace(run, model="n").results == run.results
    with pytest.raises(AttributeError, match="no attribute 'reslts'"):
        getattr(run, "reslts")  # noqa: B009 — the type check knows that there is none
