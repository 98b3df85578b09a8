"""Appending, reading and finding runs in real files."""

from __future__ import annotations

import json
import math
import os
from pathlib import Path

import pytest

from benchkit.errors import HistoryError, UsageError
from benchkit.records import Run, Status
from benchkit.telling.history import find_run, open_store, to_record
from benchkit.telling.history.json_file import document
from tests.telling.history.runs import FIRST_LIST, a_run


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "benchmark_results.json"


def test_what_is_appended_is_read_again(path: Path) -> None:
    """Every field comes back, in order of time."""
    runs = [a_run("a"), a_run("b", status=Status.FAILED, error="the server died")]
    for run in runs:
        open_store(path).append(run)
    assert [run.id for run in open_store(path).runs()] == ["a", "b"]
    assert open_store(path).runs()[1].error == "the server died"
    assert open_store(path).runs()[0].config == runs[0].config


def test_the_file_is_json_with_one_run_a_line(path: Path) -> None:
    """Any JSON reader takes it, and so does a person with grep."""
    for name in "abc":
        open_store(path).append(a_run(name))
    text = path.read_text()
    assert [run["id"] for run in json.loads(text)["runs"]] == ["a", "b", "c"]
    assert json.loads(text)["schema"] == 1
    assert [json.loads(line.rstrip(","))["id"] for line in text.splitlines()[1:-1]] == ["a", "b", "c"]
    assert "größer" in text


def test_the_fixed_names_are_always_there(path: Path) -> None:
    """A run that failed before it had any result has them too, as null or empty."""
    open_store(path).append(a_run(config={}, results={}))
    (record,) = json.loads(path.read_text())["runs"]
    assert record["config"] == {"path": None, "gpu_layers": None}
    assert record["results"] == {
        "score": None,
        "time_taken": None,
        "total_passed": None,
        "total_problems": None,
        "difficulty_scores": {},
        "failed_tasks": [],
    }


def test_what_json_has_no_word_for_is_written_so_that_it_can_be_read(path: Path) -> None:
    """NaN and infinity become null; paths, tuples, sets and half surrogates do no harm."""
    odd = {"nan": math.nan, "inf": [math.inf], "path": Path("/x"), "set": {"b", "a"}, "name": "a\udc80"}
    open_store(path).append(a_run(telemetry=odd))
    assert "NaN" not in path.read_text()
    read = open_store(path).runs()[0].telemetry.further
    assert read == {"nan": None, "inf": [None], "path": "/x", "set": ["a", "b"], "name": "a\udc80"}


def test_what_a_newer_version_wrote_is_kept(path: Path) -> None:
    """Unknown names, beside the runs and inside one, survive reading and appending."""
    record = to_record(a_run("new")) | {"colour": "green"}
    path.write_text(json.dumps({"schema": 1.2, "note": "mine", "runs": [record]}, indent=2))
    open_store(path).append(a_run("later"))
    whole = json.loads(path.read_text())
    assert (whole["schema"], whole["note"], whole["runs"][0]["colour"]) == (1.2, "mine", "green")
    assert to_record(open_store(path).runs()[0])["colour"] == "green"


@pytest.mark.parametrize(
    "older",
    [
        json.dumps({"schema": 1, "runs": [FIRST_LIST, FIRST_LIST | {"model": "b"}]}, indent=4),
        json.dumps({"runs": [FIRST_LIST, FIRST_LIST | {"model": "b"}]}),
        json.dumps([FIRST_LIST, FIRST_LIST | {"model": "b"}], indent=1),
        "\ufeff" + json.dumps([FIRST_LIST, FIRST_LIST | {"model": "b"}]),
        json.dumps([FIRST_LIST, FIRST_LIST | {"model": "b"}], indent=1).replace("\n", "\r\n"),
    ],
    ids=["pretty", "without schema", "bare list", "byte order mark", "carriage returns"],
)
def test_other_layouts_are_read_and_laid_out_anew_once(path: Path, older: str) -> None:
    """The first append rewrites the file, the second leaves what is there as it is."""
    path.write_bytes(older.encode())
    first, second = open_store(path).runs()
    assert (first.results.score, first.model, first.status) == (50.0, "old.gguf", Status.OK)
    assert first.id != second.id
    open_store(path).append(a_run("x"))
    laid_out = path.read_bytes()
    open_store(path).append(a_run("y"))
    assert path.read_bytes().startswith(laid_out.removesuffix(document.TAIL))
    assert [run.id for run in open_store(path).runs()] == [first.id, second.id, "x", "y"]


@pytest.mark.parametrize("content", [b"", b"\n \n"])
def test_an_empty_file_is_an_empty_history(path: Path, content: bytes) -> None:
    """Nothing is in it, so nothing can be lost."""
    path.write_bytes(content)
    assert open_store(path).runs() == []
    open_store(path).append(a_run("a"))
    assert [run.id for run in open_store(path).runs()] == ["a"]


def test_a_missing_file_is_an_empty_history(path: Path) -> None:
    """Reading makes no file; the folder comes with the first append."""
    deep = path.parent / "a" / "b" / "h.json"
    assert open_store(deep).runs() == []
    assert list(path.parent.iterdir()) == []
    open_store(deep).append(a_run("a"))
    assert [run.id for run in open_store(deep).runs()] == ["a"]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b'{"schema": 1, "runs": [\n{"id": "a"},\n{"id": oops}\n]}\n', "line 3, column 8"),
        (b'{"schema": 1, "runs": [\n{"id": "a"}\n', "line 3, column 1"),
        (b'{"schema": 1,\n "runs": ["\xff"]}', "line 2, column 12"),
        (b"[" * 100_000, "not valid JSON"),
        (
            b'{"schema": 1, "runs": [\n{"id": "a", "x": ' + b"[" * 9000 + b"]" * 9000 + b"}\n]}\n",
            "not valid JSON",
        ),
        (b"[" + b"1" * 5000 + b"]", "not valid JSON"),
        (b"\0" * 500, "line 1, column 1"),
        (b'"hello"', "no list named 'runs'"),
        (b'{"schema": 1, "runs": [7]}', "run 1"),
        (b'{"schema": 1, "runs": [{"config": 7}]}', "'config'"),
        (b'{"schema": 2, "runs": []}', "update bench_runner"),
        (b'{"schema": "x", "runs": []}', "'x'"),
    ],
)
def test_what_is_no_history_is_refused_in_one_line(path: Path, content: bytes, said: str) -> None:
    """The error names the file and the place."""
    path.write_bytes(content)
    for reading in (lambda: open_store(path).runs(), lambda: open_store(path).find()):
        with pytest.raises(HistoryError, match=said) as caught:
            reading()
        assert str(path) in str(caught.value)
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "content", [b'{"schema": 1, "runs": [\n{"id": oops}\n]}\n', b'{"schema": 2, "runs": []}']
)
def test_what_is_no_history_is_never_overwritten(path: Path, content: bytes) -> None:
    """The file stays as it is, and the run is put beside it under a name that the error tells."""
    path.write_bytes(content)
    with pytest.raises(HistoryError) as caught:
        open_store(path).append(a_run("mine"))
    assert path.read_bytes() == content
    aside = path.with_name("benchmark_results.unsaved-mine.json")
    assert str(aside) in str(caught.value)
    assert json.loads(aside.read_text())["id"] == "mine"


def test_a_folder_in_the_place_of_the_file_is_named(path: Path) -> None:
    """Both reading and appending say so, and the run is put aside."""
    path.mkdir()
    with pytest.raises(HistoryError, match="is a folder"):
        open_store(path).runs()
    with pytest.raises(HistoryError, match=r"is a folder.*unsaved-20260101-a\.json"):
        open_store(path).append(a_run())


def test_a_symbolic_link_stays_one(path: Path) -> None:
    """The history it stands for is written, in place or as a whole."""
    real = path.with_name("real.json")
    path.symlink_to(real)
    open_store(path).append(a_run("a"))
    open_store(path).append(a_run("b"))
    assert path.is_symlink()
    assert [run.id for run in open_store(real).runs()] == ["a", "b"]


def test_rewriting_keeps_the_mode_of_the_file(path: Path) -> None:
    """A history that others may not read stays so."""
    path.write_text("[]")
    path.chmod(0o600)
    open_store(path).append(a_run())
    assert path.stat().st_mode & 0o777 == 0o600


def test_an_append_leaves_nothing_but_the_history_and_its_lock(path: Path) -> None:
    """No journal and no draft stays behind."""
    for name in "abc":
        open_store(path).append(a_run(name))
    assert sorted(file.name for file in path.parent.iterdir()) == [
        ".benchmark_results.json.lock",
        "benchmark_results.json",
    ]


@pytest.mark.parametrize("old", [[], [FIRST_LIST]], ids=["ours", "with an older run"])
def test_heads_are_the_runs_as_far_as_a_list_needs_them(path: Path, old: list[object]) -> None:
    """Identity, status, telemetry and the main results are the same in both readings."""
    path.write_text(json.dumps(old))
    for name in "ab":
        open_store(path).append(a_run(name))
    heads, runs = open_store(path).find().runs, open_store(path).runs()
    assert [_listed(run) for run in heads] == [_listed(run) for run in runs]
    assert len(heads) == len(old) + 2


def test_heads_are_read_whole_where_the_form_is_not_as_expected(path: Path) -> None:
    """Failed tasks that are named elsewhere do not cut a run short."""
    for telemetry in ({"a": 1, "failed_tasks": [2]}, {"a": {"b": 1, "failed_tasks": [2]}}):
        open_store(path).append(a_run(f"run-{len(telemetry)}", telemetry=telemetry, results={"score": 3.5}))
    assert [head.results.score for head in open_store(path).find().runs] == [3.5, 3.5]
    assert [head.telemetry.further for head in open_store(path).find().runs] == [
        {"a": 1, "failed_tasks": [2]},
        {"a": {"b": 1, "failed_tasks": [2]}},
    ]


def test_a_run_is_found_by_its_id_or_the_beginning_of_it(path: Path) -> None:
    """A whole id wins over being the beginning of another."""
    for name in ("2026-aa", "2026-ab", "2026-a"):
        open_store(path).append(a_run(name))
    assert find_run(open_store(path), "2026-ab").id == "2026-ab"
    assert find_run(open_store(path), "2026-a").id == "2026-a"
    with pytest.raises(UsageError, match="begins 3 runs: 2026-aa, 2026-ab, 2026-a;"):
        find_run(open_store(path), "2026")
    with pytest.raises(UsageError, match=r"no run '2026-bb' in .*nearest are 2026-ab"):
        find_run(open_store(path), "2026-bb")
    with pytest.raises(UsageError, match="the last are"):
        find_run(open_store(path), "")


def test_looking_into_an_empty_history_says_so(path: Path) -> None:
    """There is nothing near to name."""
    with pytest.raises(UsageError, match="it holds no runs yet"):
        find_run(open_store(path), "x")


def _listed(run: Run) -> tuple[object, ...]:
    names = ("score", "time_taken", "total_passed", "total_problems")
    results = [run.results.value(name) for name in names]
    return run.id, run.timestamp, run.benchmark, run.model, run.status, run.error, results, run.telemetry


def test_what_is_no_file_is_no_history(path: Path) -> None:
    """A pipe (or a device like /dev/null) is neither waited for nor replaced by a file."""
    os.mkfifo(path)
    with pytest.raises(HistoryError, match="device or a pipe"):
        open_store(path).runs()
    with pytest.raises(HistoryError, match=r"device or a pipe.*unsaved-20260101-a\.json"):
        open_store(path).append(a_run())
    assert path.is_fifo()
