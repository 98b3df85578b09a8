"""bench_runner.py list: one line a run, on any terminal."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from benchkit.records import Status
from benchkit.telling.history import open_store
from benchkit.telling.tables.width import shown_width
from tests.support import Bench
from tests.telling.history.runs import a_run


@pytest.fixture
def store_of_odd_runs(tmp_path: Path) -> None:
    """A model whose name moves the cursor, and a failed run with a long error."""
    store = open_store(tmp_path / "benchmark_results.json")
    store.append(a_run("20260101-a", model="evil\x1b[2J\r\nname 模型"))
    store.append(a_run("20260101-b", status=Status.FAILED, error="the server died: " + "why " * 40))


@pytest.mark.usefixtures("store_of_odd_runs")
def test_nothing_in_a_run_moves_the_cursor(bench: Bench) -> None:
    """Control characters are shown as what they are not, and break no line."""
    lines = bench("list", COLUMNS="1000").stdout.splitlines()
    assert len(lines) == 4
    assert "evil�[2J��name 模型" in lines[2]
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f]", "".join(lines))


@pytest.mark.usefixtures("store_of_odd_runs")
@pytest.mark.parametrize("width", [60, 80, 120])
def test_no_line_is_wider_than_the_terminal(bench: Bench, width: int) -> None:
    """The id, the model and the score stay; what there is no room for is named."""
    *table, blank, said = bench("list", COLUMNS=str(width)).stdout.splitlines()
    assert max(map(shown_width, table)) <= width
    assert {"id", "model", "score"} <= set(table[0].split())
    assert blank == ""
    assert said.startswith("no room for: ")
    left_out = said.removeprefix("no room for: ").partition(" (")[0].split(", ")
    assert not {*left_out} & {*table[0].split()}


@pytest.mark.usefixtures("store_of_odd_runs")
def test_a_wide_terminal_shortens_only_the_error(bench: Bench) -> None:
    """Where all columns fit, a long error loses its middle and nothing else goes."""
    table = bench("list", COLUMNS="150").stdout.splitlines()
    assert "the server died" in table[3]
    assert "…" in table[3]
    assert max(map(shown_width, table)) <= 150
    assert "no room" not in "".join(table)
