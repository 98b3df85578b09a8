"""One run, shown."""

from benchkit.commands.show import _lines


def test_what_is_unknown_takes_no_line() -> None:
    """A failed run has no results: neither they nor a heading over nothing are shown."""
    record = {
        "id": "a",
        "results": {"score": None, "failed_tasks": []},
        "config": {"path": "m", "server": None},
    }
    assert _lines(record) == ["id: a", "config", "  path: m"]
