"""One run, shown."""

import pytest

from benchkit.commands.run import _tell
from benchkit.commands.show import _lines
from tests.telling.history.runs import a_run


def test_what_is_unknown_takes_no_line() -> None:
    """A failed run has no results: neither they nor a heading over nothing are shown."""
    record = {
        "id": "a",
        "results": {"score": None, "failed_tasks": []},
        "config": {"path": "m", "server": None},
    }
    assert _lines(record) == ["id: a", "config", "  path: m"]


def test_a_run_is_shown_by_the_command_that_its_end_names(capsys: pytest.CaptureFixture[str]) -> None:
    """Of another history than the usual one, too, whatever its name."""
    for history in ("benchmark_results.json", "my night.json"):
        _tell(a_run("r-1"), history, as_json=False)
    usual, other = capsys.readouterr().err.splitlines()
    assert usual.endswith("; see it with: bench_runner.py show r-1")
    assert other.endswith("; see it with: bench_runner.py show r-1 --history 'my night.json'")
