"""Every make of history store does the same; the commands know only the Protocol."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from benchkit.commands import find_command
from benchkit.errors import HistoryError, UnknownName
from benchkit.telling.history import find_run, open_store
from benchkit.telling.history.base import Store
from benchkit.telling.history.finding import IN_ORDER, Filter, Page, SortOrder
from benchkit.telling.history.stores import STORES
from tests.telling.comparison.nights import a_run, worked_example
from tests.telling.history import memory_store
from tests.telling.history.runs import a_run as run_named

MAKES = ("file", "memory", pytest.param("postgresql", marks=pytest.mark.heavy))


@pytest.fixture
def place(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A new history's name in the make that the test asks for."""
    monkeypatch.setitem(STORES, "memory", f"{memory_store.__name__}:MemoryStore")
    if request.param == "postgresql":
        return str(request.getfixturevalue("database"))
    return f"memory://{tmp_path}" if request.param == "memory" else str(tmp_path / "h.json")


every_make = pytest.mark.parametrize("place", MAKES, indirect=True)


def typed(*arguments: str) -> Result:
    """What a person types, run in this process, where the additional make is known."""
    name, command, rest = find_command(arguments)
    return CliRunner().invoke(command, rest, prog_name=name, standalone_mode=False)


@every_make
def test_commands_work_on_every_make(place: str) -> None:
    """list, show, compare, leaderboard, noise, notes and deletion over a store they know nothing about."""
    store = open_store(place)
    for run in worked_example():
        store.append(run)
    store.append(a_run("A", failed=[1, 2], id="again"))
    assert "run-B" in typed("list", "--history", place).output
    assert "HumanEval/48" in typed("show", "run-A", "--history", place).output
    assert "17 fixed, 8 broken" in typed("compare", "run-A", "run-B", "--history", place).output
    assert "tier 1" in typed("leaderboard", "list", "--history", place).output
    assert "did not always get the same" in typed("noise", "A", "--history", place).output
    typed("leaderboard", "add", "again", "--note", "a second try", "--history", place)
    assert "a second try" in typed("leaderboard", "history", "A", "--history", place).output
    typed("leaderboard", "delete", "again", "--yes", "--history", place)
    assert [head.id for head in open_store(place).heads()] == ["run-A", "run-B"]
    assert open_store(place).notes() == {}
    assert f"no run 'again' in {place}" in str(typed("show", "again", "--history", place).exception)


@every_make
def test_find_filters_orders_and_pages(place: str) -> None:
    """The unknown comes last in either direction; a page tells how many there are in all."""
    store = some_runs(place)

    def ids(wanted: Filter, order: SortOrder) -> list[str]:
        return [run.id for run in store.find(wanted, order).runs]

    assert ids(Filter(), SortOrder()) == ["a", "b", "c", "d"]
    assert ids(Filter(), SortOrder("added", descending=True)) == ["d", "c", "b", "a"]
    assert ids(Filter(), SortOrder("score")) == ["c", "a", "d", "b"]
    assert ids(Filter(), SortOrder("score", descending=True)) == ["d", "a", "c", "b"]
    assert ids(Filter(benchmark="lcb"), SortOrder()) == ["d"]
    assert ids(Filter(text="OTHER"), SortOrder()) == ["c", "d"]
    assert ids(Filter(model="other", status="failed"), SortOrder()) == []
    page = store.find(order=SortOrder("score"), page=Page(1, 2))
    assert ([run.id for run in page.runs], page.total) == (["a", "d"], 4)
    with pytest.raises(UnknownName, match="unknown order 'colour'"):
        store.find(order=SortOrder("colour"))


@every_make
def test_find_takes_conditions_on_what_was_measured(place: str) -> None:
    """Bounds, moments, names taken apart and tags; what nobody knows meets no condition."""
    store = open_store(place)
    store.append(
        run_named(
            "a", model="Coder-7B-Q4_K_M", timestamp="2026-01-01T10:00:00+01:00", config={"gpu_layers": 7}
        )
    )
    store.append(
        run_named("b", model="coder-7b-Q8_0", timestamp="2026-01-02T10:00:00+01:00", telemetry={}, results={})
    )
    store.append(
        run_named("c", model="other", model_file={"quantization": "Q8_0", "size_bytes": 7_000_000_000})
    )
    store.annotate("b", tags=["night"])

    def ids(order: SortOrder = IN_ORDER, **wanted: Any) -> str:
        return "".join(run.id for run in store.find(Filter(**wanted), order).runs)

    assert [ids(family="Coder-7B"), ids(quantization="Q8_0"), ids(gpu_layers="7")] == ["a", "bc", "a"]
    assert [ids(min_score=70.1), ids(max_score=70), ids(max_vram_mb=8000)] == ["ac", "", "ac"]
    assert [ids(min_size_bytes=1), ids(max_size_bytes=1), ids(tag="night"), ids(tag="day")] == [
        "c",
        "",
        "b",
        "",
    ]
    new_year = datetime(2026, 1, 1, 12, tzinfo=UTC)
    assert [ids(since=new_year), ids(until=new_year)] == ["b", "ac"]
    assert ids(SortOrder("family")) == "abc"
    assert ids(SortOrder("family", descending=True)) == "cba"
    assert ids(SortOrder("size_bytes", descending=True)) == "cba"


def some_runs(place: str) -> Store:
    store = open_store(place)
    scores = {"a": 50.0, "b": None, "c": 10.0, "d": 90.0}
    for name, score in scores.items():
        model, benchmark = "other" if name in "cd" else "one", "lcb" if name == "d" else "human_eval"
        store.append(run_named(name, model=model, benchmark=benchmark, results={"score": score}))
    return store


@every_make
def test_an_unknown_id_is_refused(place: str) -> None:
    """Getting and deleting take exactly one id."""
    store = some_runs(place)
    for refused in (store.get, store.delete):
        with pytest.raises(HistoryError, match="holds no run 'x'"):
            refused("x")
    assert find_run(store, "a").id == "a"


def test_an_open_store_sees_what_others_change(tmp_path: Path) -> None:
    """What was read is used again only as long as the file is the same."""
    store, other = open_store(tmp_path / "h.json"), open_store(tmp_path / "h.json")
    assert store.heads() == []
    other.append(run_named("a"))
    assert [head.id for head in store.heads()] == ["a"]
    other.append(run_named("b"))
    assert store.get("b").id == "b"
    other.delete("a")
    assert [run.id for run in store.runs()] == ["b"]


def test_schemes(tmp_path: Path) -> None:
    """An unknown one is refused with the known ones before anything is read; a file's URL is its path."""
    refused = typed("list", "--history", "mysql://box/runs").exception
    assert isinstance(refused, UnknownName)
    known = "csv://, file://, postgres://, postgresql://"
    assert f"unknown history store 'mysql://': known are {known}" in str(refused)
    open_store(f"file://{tmp_path}/h.json").append(run_named("a"))
    assert [head.id for head in open_store(tmp_path / "h.json").heads()] == ["a"]


def test_links_and_pipes_among_a_runs_files_are_none(tmp_path: Path) -> None:
    """A program under test could have left them there: a link would show any file, a pipe wait for ever."""
    (tmp_path / "secret").write_text("secret")
    folder = tmp_path / "runs" / "odd"
    folder.mkdir(parents=True)
    (folder / "output.log").symlink_to(tmp_path / "secret")
    os.mkfifo(folder / "server.log")
    (folder / "events.jsonl").write_text("{}")
    store, run = open_store(tmp_path / "history.json"), run_named("odd", artifacts=str(folder))
    for name in ("output.log", "server.log", "../../secret"):
        with pytest.raises(FileNotFoundError):
            store.artifact(run, name)
    with store.artifact(run, "events.jsonl") as file:
        assert file.read() == b"{}"
