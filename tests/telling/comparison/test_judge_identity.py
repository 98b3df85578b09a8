"""A judge is known by its file, or by its address and name: a check of another judge says nothing of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from benchkit.records import Run
from benchkit.telling.comparison.catalog import Catalog
from benchkit.telling.comparison.judge_identity import identity_of
from benchkit.telling.comparison.judgements import judged_set, judgements_of, why_uncalibrated
from benchkit.telling.history import open_store
from tests.telling.history.runs import a_run

PROGRAMS = {"backend": "0123"}
AT_BOX = {"path": None, "base_url": "http://box:8000/v1"}


def judge_run(name: str, benchmark: str = "judge", told: dict[str, Any] | None = None, **facts: Any) -> Run:
    """A judging run of the model `stand-in`, or with `calibrated` its check."""
    further = {"judge": {"programs": PROGRAMS, "votes": 3, "points": 50.0, **(told or {})}}
    given: dict[str, Any] = {"model": "stand-in", "config": AT_BOX, "results": {"further": further}} | facts
    return a_run(name, benchmark=benchmark, **given)


def check_run(name: str = "c-1", told: dict[str, Any] | None = None, **facts: Any) -> Run:
    return judge_run(name, "judge_check", {"calibrated": True, **(told or {})}, **facts)


def doubt(tmp_path: Path, judging: Run, *checks: Run) -> str:
    """Why the judge's word does not count in a history with these checks."""
    store = open_store(tmp_path / "results.json")
    for run in checks:
        store.append(run)
    return why_uncalibrated(Catalog(store), judging)


def at(url: str | None, **further: Any) -> dict[str, Any]:
    return {"config": {"path": None, "base_url": url, **further}}


def of_file(sha256: str | None) -> dict[str, Any]:
    return {"config": {"path": "/models/stand-in.gguf"}, "model_file": {"sha256": sha256}}


SERVED = {"served": {"n_params": 7, "size": 70}}
ONE_JUDGE = {
    "the same address": (at("http://box:8000/v1"), at("http://box:8000/v1")),
    "a slash at its end": (at("http://box:8000/v1"), at("http://BOX:8000/v1/")),
    "with and without a login": (at("http://me:secret@box:8000/v1"), at("http://box:8000/v1")),
    "the machine itself, by two names": (at("http://127.0.0.1:8000/v1"), at("http://localhost:8000/v1")),
    "one file": (of_file("ab"), of_file("ab")),
    "a server that told nothing at one time": ({"told": SERVED}, {}),
}
OTHER_JUDGES = {
    "another address": (at("http://box:8000/v1"), at("http://other:8000/v1"), "the model at other:8000/v1"),
    "another port": (at("http://box:8000/v1"), at("http://box:8001/v1"), "the model at box:8001/v1"),
    "another path": (at("http://box:8000/a/v1"), at("http://box:8000/b/v1"), "the model at box:8000/b/v1"),
    "an old sheet without its address": (at("http://box:8000/v1"), at(None), "does not tell"),
    "another quantization in the file": (of_file("ab"), of_file("cd"), "another file"),
    "a file that nobody hashed": (of_file("ab"), of_file(None), "another file"),
    "an address, and a file of its name": (at("http://box:8000/v1"), of_file("cd"), "another file"),
    "another model behind the address": (
        {"told": SERVED},
        {"told": {"served": {"n_params": 7, "size": 40}}},
        "another model of this name at box:8000/v1 (other size)",
    ),
    "another quantization, as the server's list has it": (
        {"server": {"further": {"quantization": "awq"}}},
        {"server": {"further": {"quantization": "gptq"}}},
        "(other quantization)",
    ),
    "this machine, and another one's own address": (
        at("http://localhost:8000/v1") | {"machine": {"cpu": "A"}},
        at("http://localhost:8000/v1") | {"machine": {"cpu": "B"}},
        "the model at localhost:8000/v1 of another machine",
    ),
}


@pytest.mark.parametrize("case", ONE_JUDGE)
def test_a_check_counts_for_the_judge_that_was_checked(case: str, tmp_path: Path) -> None:
    """However its address was typed; what a server tells only at times proves no difference."""
    judging, checked = ONE_JUDGE[case]
    assert doubt(tmp_path, judge_run("r-1", **judging), check_run(**checked)) == ""


@pytest.mark.parametrize("case", OTHER_JUDGES)
def test_a_check_counts_for_no_other_judge_of_the_same_name(case: str, tmp_path: Path) -> None:
    """The difference is told, with the command that checks this one."""
    judging, checked, said = OTHER_JUDGES[case]
    why = doubt(tmp_path, judge_run("r-1", **judging), check_run(**checked))
    assert why.startswith("its check, c-1, was of ")
    assert said in why
    assert "bench_runner.py judge check" in why


def test_the_latest_check_of_this_judge_counts_whoever_was_checked_since(tmp_path: Path) -> None:
    """Two servers may call two models by one name: each has its own sheet."""
    own = check_run("c-1", timestamp="2026-01-01T10:00:00+01:00")
    other = check_run(
        "c-2", {"calibrated": False}, **at("http://other:8000/v1"), timestamp="2026-01-02T10:00:00+01:00"
    )
    assert doubt(tmp_path, judge_run("r-1"), own, other) == ""
    failed = check_run(
        "c-3", {"calibrated": False, "failed": ["kappa"]}, timestamp="2026-01-03T10:00:00+01:00"
    )
    assert "its check, c-3, failed: kappa" in doubt(tmp_path / "later", judge_run("r-1"), own, other, failed)


def test_fewer_votes_than_were_checked_are_doubted(tmp_path: Path) -> None:
    """A majority of three was checked, and a single vote is less sure; more votes are no worse."""
    assert "check it with --votes 1" in doubt(tmp_path, judge_run("r-1", told={"votes": 1}), check_run())
    assert doubt(tmp_path, judge_run("r-1", told={"votes": 5})) == ""
    unchecked = doubt(tmp_path / "empty", judge_run("r-1", told={"votes": 1}))
    assert unchecked.endswith("judge check stand-in --base-url http://box:8000/v1 --votes 1")


def test_judges_of_one_name_at_two_addresses_are_two(tmp_path: Path) -> None:
    """Each is told with its address; of one judge the latest judging counts."""
    store = open_store(tmp_path / "results.json")
    store.append(judged := a_run("r-1"))
    answers = {"name": judged_set("r-1")}
    store.append(judge_run("j-1", problem_set=answers, timestamp="2026-01-01T10:00:00+01:00"))
    store.append(judge_run("j-2", problem_set=answers, timestamp="2026-01-02T10:00:00+01:00"))
    store.append(judge_run("j-3", problem_set=answers, **at("http://other:8000/v1")))
    found = judgements_of(Catalog(store), judged)
    assert [(one.judge, one.judging.id) for one in found] == [
        ("stand-in at box:8000", "j-2"),
        ("stand-in at other:8000", "j-3"),
    ]


def test_a_providers_model_is_named_by_its_provider_alone() -> None:
    """Its address is the provider's and tells nothing more; a key in an address is never part of a name."""
    provider = judge_run("r-1", model="openrouter/a/b", **at("https://openrouter.ai/api/v1"))
    assert identity_of(provider).label == "openrouter/a/b"
    secret = judge_run("r-1", **at("http://me:secret@box:8000/v1?key=secret"))
    assert identity_of(secret).label == "stand-in at box:8000"
    assert "secret" not in repr(identity_of(secret))
