"""Whatever dies in the midst of a night: each run is in the history once, and no server is left."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.running.boxes.faults import night_with_fault

pytest.importorskip("distributed")
pytestmark = [pytest.mark.heavy, pytest.mark.timeout(290)]


@pytest.mark.parametrize(
    ("fault", "on_lost_box"),
    [("box", "wait"), ("head", "move"), ("batch", "wait")],
)
def test_a_fault_costs_no_run_and_makes_none_twice(
    fault: str, on_lost_box: str, tmp_path: Path, port: int
) -> None:
    """All kinds of faults, again and again: measurements/cluster_faults.py.

    Where a group waits for its box, what that box has answered is not asked again, but for the one question
    that was under way.
    """
    outcome = night_with_fault(tmp_path, port, fault, on_lost_box, groups=6)
    if on_lost_box == "wait":
        assert outcome.asked_again <= 1
