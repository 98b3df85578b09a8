"""The pace at which a provider is asked, by a clock of the test's own; alone and shared by processes."""

from __future__ import annotations

import heapq
import json
import math
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from pathlib import Path

import pytest

from benchkit.contract import Variable
from benchkit.providers.limiter import Limiter, RequestRate, find_shared_pace
from benchkit.providers.shared_state import SharedState

Held = AbstractContextManager[RequestRate]


class TestPace:
    """By a clock of the test's own."""

    def test_nothing_waits_before_the_first_refusal(self) -> None:
        pace = RequestRate()
        assert [pace.wait_s(0.0) for _ in range(100)] == [0.0] * 100

    def test_a_refusal_halves_the_speed_at_most_and_answers_raise_it_slowly(self) -> None:
        pace = RequestRate()
        for _ in range(100):
            pace.wait_s(0.0)
        pace.note_refusal(1.0, pace.turn, None)  # 100 were sent within a second
        assert pace.rate == pytest.approx(50.0)
        assert pace.wait_s(1.0) == pytest.approx(0.5)
        for _ in range(60):
            pace.note_answer(2.0)
        assert pace.rate is not None
        assert 50.0 * 1.5 < pace.rate < 50.0 * 2

    def test_a_crowd_that_is_refused_together_counts_once(self) -> None:
        pace = RequestRate()
        turns = [(pace.wait_s(0.0), pace.turn)[1] for _ in range(10)]
        for turn in turns:
            pace.note_refusal(1.0, turn, 3.0)
        assert pace.turn == 1
        assert pace.rate == pytest.approx(5.0)
        assert pace.wait_s(1.0) == pytest.approx(3.0)

    @pytest.mark.parametrize(
        ("rate", "burst", "tick"),
        [(10.0, 10, 0.0), (10.0, 20, 1.0), (1 / 6, 10, 0.0), (1 / 6, 10, 1.0)],
        ids=["10 a second", "the same, told in whole seconds", "10 a minute", "10 a minute in seconds"],
    )
    def test_most_of_what_is_allowed_is_used(self, rate: float, burst: int, tick: float) -> None:
        """200 answers by eight askers, each 0.1 s under way, take no tenth more time than they must."""
        assert seconds_for(200, rate, burst, tick) <= (200 - burst) / rate / 0.9

    def test_processes_that_share_a_file_use_most_of_what_is_allowed(self, tmp_path: Path) -> None:
        """Ten a minute for the four askers of each of two processes: together they take hardly longer."""
        shared = [SharedState(tmp_path / "pace.json", RequestRate) for _ in range(2)]
        seconds = seconds_for(60, 1 / 6, 10, 0.0, lambda asker: shared[asker % 2].changing(RequestRate()))
        assert seconds <= (60 - 10) * 6 / 0.9

    def test_a_long_time_of_refusals_leaves_the_speed_as_it_is(self) -> None:
        """They say that nothing is allowed now, and not how much will be later."""
        pace, now = RequestRate(), 0.0
        for _ in range(10):
            pace.wait_s(0.0)
        for _ in range(40):
            pace.note_refusal(now + 1.0, pace.turn, 30.0)
            now += 31.0
            pace.wait_s(now)
        assert pace.rate == pytest.approx(5.0)

    def test_pauses_grow_where_none_is_wished(self) -> None:
        pace, now, pauses = RequestRate(), 0.0, []
        for _ in range(9):
            assert pace.wait_s(now) == 0.0
            pace.note_refusal(now, pace.turn, None)
            pauses.append(pace.wait_s(now))
            now += pauses[-1]
        assert pauses == pytest.approx([0.5, 1, 2, 4, 8, 16, 30, 30, 30])


class TestSharedPace:
    """What the runs of a batch know together of a provider."""

    def test_a_refusal_of_one_is_a_pause_for_all(self, tmp_path: Path) -> None:
        """And its end is one for all: nobody goes before the time that was told."""
        one, other = (Limiter(lambda: 5.0, tmp_path / "pace.json") for _ in range(2))
        one.note_refusal(one.wait(threading.Event()), 60.0)
        with other._held() as pace:
            assert pace.wait_s(5.0) == pytest.approx(60.0)

    @pytest.mark.parametrize("left", [b"", b'{"rate": 1.5, "refu', b'{"of": "another version"}', b"[]"])
    def test_what_a_killed_process_left_is_passed_over(self, left: bytes, tmp_path: Path) -> None:
        """Half a file counts as none; who comes next writes down what it knows."""
        limiter = Limiter(lambda: 5.0, tmp_path / "pace.json")
        limiter.note_refusal(limiter.wait(threading.Event()), 60.0)
        (tmp_path / "pace.json").write_bytes(left)
        with limiter._held() as pace:
            assert pace.wait_s(5.0) == pytest.approx(60.0)
        assert json.loads((tmp_path / "pace.json").read_text())["next"] == 65.0

    def test_where_nothing_can_be_shared_each_keeps_to_its_own(self, tmp_path: Path) -> None:
        """A folder that is gone ends no run, and its limits still count."""
        limiter = Limiter(lambda: 5.0, tmp_path / "gone" / "pace.json")
        limiter.note_refusal(limiter.wait(threading.Event()), 60.0)
        with limiter._held() as pace:
            assert pace.wait_s(5.0) == pytest.approx(60.0)

    def test_each_address_has_its_own_and_a_run_alone_has_none(self) -> None:
        told = {Variable.PACE: "/somewhere"}
        paths = [find_shared_pace(url, told) for url in ("http://a/v1", "http://b/v1", "http://a/v1")]
        assert paths[0] == paths[2] != paths[1]
        assert find_shared_pace("http://a/v1", {}) is None


def seconds_for(
    answers: int, rate: float, burst: int, tick: float, held: Callable[[int], Held] | None = None
) -> float:
    """By a clock of its own; the wait that is told is rounded up to whole ticks."""
    own = RequestRate()
    held = held or (lambda _asker: nullcontext(own))
    there, at, left = float(burst), 0.0, answers
    due: list[tuple[float, int, Callable[[RequestRate, float], None] | None]]
    due = [(0.0, asker, None) for asker in range(8)]
    now = 0.0
    while left:
        now, asker, outcome = heapq.heappop(due)
        with held(asker) as pace:
            if outcome is not None:
                outcome(pace, now)
            wait, turn = pace.wait_s(now), pace.turn
        if wait:
            heapq.heappush(due, (now + wait, asker, None))
            continue
        there, at = min(burst, there + (now - at) * rate), now
        if there >= 1 - 1e-9:
            there, left = there - 1, left - 1
            heapq.heappush(due, (now + 0.1, asker, RequestRate.note_answer))
            continue
        wish = (1 - there) / rate
        wish = math.ceil(wish / tick) * tick if tick else wish
        heapq.heappush(due, (now + 0.1, asker, partial(refuse, turn=turn, wished_s=wish)))
    return now


def refuse(pace: RequestRate, now: float, turn: int, wished_s: float) -> None:
    pace.note_refusal(now, turn, wished_s)
