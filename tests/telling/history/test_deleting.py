"""Deleting a run from a real file."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchkit.errors import HistoryError
from benchkit.telling.history import open_store
from tests.telling.history.runs import a_run


def test_deletes_that_run_alone(tmp_path: Path) -> None:
    """The others stay as they were, in order, and appending goes on in place."""
    path = tmp_path / "results.json"
    for number in range(5):
        open_store(path).append(a_run(f"r{number}"))
    before = {run.id: run for run in open_store(path).runs()}
    open_store(path).delete("r2")
    open_store(path).append(a_run("r5"))
    after = open_store(path).runs()
    assert [run.id for run in after] == ["r0", "r1", "r3", "r4", "r5"]
    assert all(before[run.id] == run for run in after[:-1])
    assert json.loads(path.read_text())["schema"] == 1


def test_a_run_that_is_not_there(tmp_path: Path) -> None:
    """An unknown id, also the beginning of a known one, changes not a byte."""
    path = tmp_path / "results.json"
    open_store(path).append(a_run("r10"))
    content = path.read_bytes()
    with pytest.raises(HistoryError, match="holds no run 'r1'"):
        open_store(path).delete("r1")
    assert path.read_bytes() == content


def test_an_old_run_without_an_id_is_deleted_by_the_id_it_is_shown_with(tmp_path: Path) -> None:
    """What stands beside the runs stays too."""
    path = tmp_path / "results.json"
    path.write_text(json.dumps({"owner": "me", "runs": [{"model": "a"}, {"model": "b"}]}, indent=2))
    open_store(path).delete(open_store(path).runs()[0].id)
    left = json.loads(path.read_text())
    assert ([run["model"] for run in left["runs"]], left["owner"]) == (["b"], "me")


def test_a_folder_that_cannot_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The error says that nothing was deleted, and nothing was."""
    path = tmp_path / "results.json"
    open_store(path).append(a_run("r1"))

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("benchkit.telling.history.json_file.deleting.atomic_write", full)
    with pytest.raises(HistoryError, match="nothing was deleted: No space left on device"):
        open_store(path).delete("r1")
    assert [run.id for run in open_store(path).runs()] == ["r1"]
