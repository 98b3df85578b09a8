"""The executor of one machine."""

from __future__ import annotations

import pytest

from benchkit.errors import UnknownName
from benchkit.running.display import open_display
from benchkit.running.executors import BatchStopped, Group, Seams, open_executor
from benchkit.running.plan import PlannedRun, plan_run
from benchkit.settings import RunSettings


def refuse(_plan: PlannedRun) -> bool:
    raise BatchStopped("enough")


def seams() -> Seams:
    return Seams(open_display(output_to_stderr=True), refuse, lambda: None)


def some_group() -> Group:
    plan = plan_run(
        RunSettings(benchmark="demo", base_url="http://127.0.0.1:9/v1", name="m", server="endpoint")
    )
    return Group("some", (plan,))


def test_a_cancelled_executor_begins_nothing_more() -> None:
    """What was submitted and not begun is dropped, and its events end."""
    executor = open_executor("local", seams())
    executor.submit(some_group())
    executor.cancel()
    assert list(executor.events()) == []


def test_a_batch_that_stops_ends_the_executors_events() -> None:
    """BatchStopped is no run that broke: nothing further is begun for it."""
    executor = open_executor("local", seams())
    executor.submit(some_group())
    executor.submit(some_group())
    with pytest.raises(BatchStopped, match="enough"):
        list(executor.events())


def test_an_unknown_executor_lists_the_known_ones() -> None:
    """As every table of makes does."""
    with pytest.raises(UnknownName, match=r"known are .*local"):
        open_executor("lokal", seams())
