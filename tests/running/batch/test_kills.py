"""Killed with -9 at any instant, the night goes on where it was."""

from __future__ import annotations

from pathlib import Path

from tests.running.batch.kills import (
    assert_each_run_once,
    assert_no_answer_twice,
    killed_until_done,
    watched_endpoint,
)
from tests.running.batch.support import write_plan
from tests.support import F16


def test_killed_at_any_instant_the_night_goes_on_where_it_was(tmp_path: Path) -> None:
    """Every run is in the history once, and no question comes whose answer is journaled.

    One model is a demo model on a real server, the other an endpoint that sees each question. Fifty kills and
    both demo models: measurements/batch_kills.py.
    """
    with watched_endpoint(tmp_path) as (watcher, endpoint):
        write_plan(
            tmp_path,
            defaults={"max_tokens": 40, "args": ["--limit", "8"]},
            models=[endpoint, {"path": str(F16), "server": "xllamacpp"}],
            benchmarks=["demo"],
            matrix={"temperature": [0.0]},
        )
        met = killed_until_done(tmp_path, kills=5, longest_s=2.0, seed=7)
    assert met >= 2
    assert_each_run_once(tmp_path, 2)
    assert assert_no_answer_twice(tmp_path) == 16
    assert len(watcher.asked) == 8
    assert watcher.asked_again == []
