"""A table of runs that a report wrote, opened as a history that can only be read."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchkit.errors import HistoryError
from benchkit.telling.comparison.catalog import Catalog
from benchkit.telling.history import open_store
from benchkit.telling.history.finding import Filter, SortOrder
from benchkit.telling.history.index.history import open_indexed
from benchkit.telling.reports.material import Material
from benchkit.telling.reports.rows import Csv
from tests.telling.comparison.nights import a_history, a_run

COLUMNS = ("score", "time", "tokens_per_second", "vram", "size", "solved", "quantization", "cost", "hard")


def table_of(folder: Path) -> Path:
    telemetry = {"vram_peak_mb": 8192.0, "tokens_per_second": 41.5, "cost": 0.02}
    results = {"difficulty_scores": {"hard": 12.5}}
    good = a_run('Qwen, 7B "x"', failed=[1, 2], total=10, telemetry=telemetry, results=results)
    bad = a_run("Äther", id="bad", status="failed", error="out of\nVRAM")
    path = folder / "runs.csv"
    path.write_bytes(Csv().render(Material(Catalog(open_store(a_history(folder, good, bad))))))
    return path


def test_what_a_table_shows_is_the_same_as_before(tmp_path: Path) -> None:
    """Written, opened and written once more, no figure of a table changes."""
    path = table_of(tmp_path)
    store = open_store(f"csv://{path}")
    again = Csv().render(Material(Catalog(store))).decode().splitlines()
    for new, old in zip(_cells(again), _cells(path.read_text().splitlines()), strict=True):
        assert new == old
    assert [run.status.value for run in store.runs()] == ["ok", "failed"]
    assert store.get("bad").error == "out of\nVRAM"
    assert store.find(Filter(text="äther"), SortOrder("score")).total == 1


def _cells(lines: list[str]) -> list[list[str]]:
    import csv

    table = csv.DictReader("\n".join(lines).splitlines(keepends=True))
    return [[row[name] for name in COLUMNS] for row in table]


def test_it_is_read_again_when_it_is_another_one(tmp_path: Path) -> None:
    """Also through what keeps runs of a file in mind."""
    path = table_of(tmp_path)
    history = open_indexed(f"csv://{path}")
    assert len(history.latest_heads()) == 2
    path.write_text("run,timestamp,benchmark,model,status,error,score\nnew,,b,m,ok,,x\n")
    assert [head.id for head in history.latest_heads()] == ["new"]
    assert history.get("new").results.score is None


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"task,verdict\n1,passed\n", "has no column run, timestamp, benchmark, model, status, error"),
        (b"", "has no column run"),
        (b"\xff\xfe\0", "it is no text in UTF-8"),
        (b"run,timestamp,benchmark,model,status,error\n" + b"x" * 200_000, "field larger than field limit"),
        (None, "No such file or directory"),
    ],
)
def test_what_is_no_table_of_runs_is_named_with_the_next_step(
    tmp_path: Path, content: bytes | None, said: str
) -> None:
    path = tmp_path / "x.csv"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(HistoryError, match=said) as raised:
        open_store(f"csv://{path}").heads()
    assert str(path) in str(raised.value)


def test_nothing_of_it_is_ever_changed(tmp_path: Path) -> None:
    path = table_of(tmp_path)
    before, store = path.read_bytes(), open_store(f"csv://{path}")
    for attempt in (
        store.check,
        lambda: store.append(a_run("C")),
        lambda: store.delete("bad"),
        lambda: store.annotate("bad", text="x"),
    ):
        with pytest.raises(HistoryError, match="only read; name a history with --history"):
            attempt()
    assert path.read_bytes() == before
