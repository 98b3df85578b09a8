"""Providers allow so many requests a time: all askers together keep to it, and lose no question."""

from __future__ import annotations

import heapq
import math
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import pairwise

import pytest

from benchkit.asking.client.client import Client
from benchkit.asking.client.endpoint import Endpoint
from benchkit.asking.client.limiter import Pace
from benchkit.asking.client.patience import Patience
from benchkit.asking.script import Answer, Prompt, Question, Sampling
from benchkit.providers import find_provider
from tests.stand_ins import anthropic
from tests.stand_ins.chat_server import Turn
from tests.stand_ins.provider import Script, provider

Headers = Callable[[float], dict[str, str]]
"""What a refusal tells of a limit that is over in so many seconds."""


class Bucket:
    """Fills by `rate` a second, up to `burst`; a request takes one out. The time is `faster` than ours."""

    def __init__(self, rate: float, burst: float, tell: Headers, status: int = 429) -> None:
        self._rate, self._burst, self._tell, self._status = rate, burst, tell, status
        self._there, self._at = burst, time.monotonic()
        self._lock = threading.Lock()
        self.refused = self.granted = 0
        self.lost = 0.0  # what would have been allowed since the first refusal, and nobody asked for

    def __call__(self, turn: Turn) -> bool:
        with self._lock:
            now = time.monotonic()
            there = self._there + (now - self._at) * self._rate
            self.lost += max(0.0, there - self._burst) if self.refused else 0.0
            self._there, self._at = min(self._burst, there), now
            if self._there >= 1:
                self._there -= 1
                self.granted += 1
                return False
            self.refused += 1
            wait_s = (1 - self._there) / self._rate
        turn.error(self._status, "Rate limit reached", "rate_limit_exceeded", **self._tell(wait_s))
        return True


def ask_all(name: str, questions: int, askers: int, script: Script) -> list[Answer]:
    """All answers of a provider with that limit."""
    model = "gpt-4" if name == "openai" else "model-1"
    with provider(name, lambda _: "a + b", script=script) as server:
        endpoint = Endpoint(server.base_url, "key", provider=find_provider(name))
        client = Client(endpoint, model, Sampling(), Patience(retries=0))
        prompt = Prompt(({"role": "user", "content": "Add two numbers."},))
        with ThreadPoolExecutor(askers) as crowd:
            return list(
                crowd.map(
                    lambda number: client.ask(Question(f"T/{number}", 0, prompt), threading.Event()),
                    range(questions),
                )
            )


def failed(answers: list[Answer]) -> list[str | None]:
    return [answer.failure for answer in answers if answer.failure is not None]


def test_200_questions_under_a_limit_with_bursts() -> None:
    """No question fails though each has but one try, and most of what is allowed is asked for.

    How much that is at least, TestPace shows by a clock that no busy machine disturbs.

    All times are a quarter of those of a limit of 10 a second with bursts of 20.
    """
    faster, rate, burst = 4, 10, 20
    bucket = Bucket(rate * faster, burst, lambda wait_s: {"Retry_After": f"{wait_s:.3f}"})
    answers = ask_all("openai", 200, 8, bucket)
    assert failed(answers) == []
    assert bucket.refused > 0
    assert bucket.granted > bucket.lost


@pytest.mark.parametrize(
    ("name", "tell"),
    [
        ("openai", lambda s: {"x_ratelimit_reset_requests": f"{s * 1000:.0f}ms"}),
        ("groq", lambda s: {"x_ratelimit_reset_requests": f"0m{s:.3f}s", "x_ratelimit_reset_tokens": "9m0s"}),
        ("openrouter", lambda s: {"X_RateLimit_Reset": f"{(time.time() + s) * 1000:.0f}"}),
        ("anthropic", anthropic.limits),
        ("mistral", lambda _: {}),
    ],
)
def test_a_limit_of_ten_a_minute(name: str, tell: Headers) -> None:
    """With each provider's way to say when, and with none: every question is answered at its one try.

    A minute is half a second here.
    """
    bucket = Bucket(10 / 0.5, 10, tell)
    answers = ask_all(name, 25, 4, bucket)
    assert failed(answers) == []
    assert bucket.refused > 0


def test_one_refusal_slows_all_askers() -> None:
    """While the pause that was wished lasts, nobody asks."""
    asked: list[float] = []
    lock = threading.Lock()

    def once(turn: Turn) -> bool:
        with lock:
            asked.append(time.monotonic())
            first = len(asked) == 3
        if first:
            turn.error(429, "slow down", Retry_After="0.4")
        return first

    answers = ask_all("vllm", 12, 3, once)
    assert failed(answers) == []
    longest = max(later - earlier for earlier, later in pairwise(asked))
    assert longest >= 0.3


def test_a_limit_that_is_for_ever_ends_the_question() -> None:
    """Where nobody is answered for very long, the words of the refusal are the failure."""

    def always(turn: Turn) -> bool:
        turn.error(429, "not you", Retry_After="0.01")
        return True

    with provider("vllm", script=always) as server:
        endpoint = Endpoint(server.base_url, None, provider=find_provider("vllm"))
        client = Client(endpoint, "model-1", Sampling(), Patience(unanswered_s=0.1))
        answer = client.ask(
            Question("T/0", 0, Prompt(({"role": "user", "content": "?"},))), threading.Event()
        )
    assert answer.failure is not None
    assert answer.failure.startswith("the server answers 429 (not you)")


class TestPace:
    """By a clock of the test's own."""

    def test_nothing_waits_before_the_first_refusal(self) -> None:
        pace = Pace()
        assert [pace.wait_s(0.0) for _ in range(100)] == [0.0] * 100

    def test_a_refusal_halves_the_speed_at_most_and_answers_raise_it_slowly(self) -> None:
        pace = Pace()
        for _ in range(100):
            pace.wait_s(0.0)
        pace.note_refusal(1.0, pace.turn, None)  # 100 were sent within a second
        assert pace.rate == pytest.approx(50.0)
        assert pace.wait_s(1.0) == pytest.approx(0.5)
        before = pace.rate
        for _ in range(60):
            pace.note_answer(2.0)
        assert before * 1.5 < pace.rate < before * 2

    def test_a_crowd_that_is_refused_together_counts_once(self) -> None:
        pace = Pace()
        turns = [(pace.wait_s(0.0), pace.turn)[1] for _ in range(10)]
        for turn in turns:
            pace.note_refusal(1.0, turn, 3.0)
        assert (pace.turn, pace.rate) == (1, pytest.approx(5.0))
        assert pace.wait_s(1.0) == pytest.approx(3.0)

    @pytest.mark.parametrize(
        ("rate", "burst", "tick"),
        [(10.0, 10, 0.0), (10.0, 20, 1.0), (1 / 6, 10, 0.0), (1 / 6, 10, 1.0)],
        ids=["10 a second", "the same, told in whole seconds", "10 a minute", "10 a minute in seconds"],
    )
    def test_most_of_what_is_allowed_is_used(self, rate: float, burst: int, tick: float) -> None:
        """200 answers by eight askers, each 0.1 s under way, take no tenth more time than they must."""
        assert seconds_for(200, rate, burst, tick) <= (200 - burst) / rate / 0.9

    def test_a_long_time_of_refusals_leaves_the_speed_as_it_is(self) -> None:
        """They say that nothing is allowed now, and not how much will be later."""
        pace, now = Pace(), 0.0
        for _ in range(10):
            pace.wait_s(0.0)
        for _ in range(40):
            pace.note_refusal(now + 1.0, pace.turn, 30.0)
            now += 31.0
            pace.wait_s(now)
        assert pace.rate == pytest.approx(5.0)

    def test_pauses_grow_where_none_is_wished(self) -> None:
        pace, now, pauses = Pace(), 0.0, []
        for _ in range(9):
            assert pace.wait_s(now) == 0.0
            pace.note_refusal(now, pace.turn, None)
            pauses.append(pace.wait_s(now))
            now += pauses[-1]
        assert pauses == pytest.approx([0.5, 1, 2, 4, 8, 16, 30, 30, 30])


def seconds_for(answers: int, rate: float, burst: int, tick: float) -> float:
    """By a clock of its own; the wait that is told is rounded up to whole ticks."""
    pace, there, at, left = Pace(), float(burst), 0.0, answers
    due: list[tuple[float, int, Callable[[float], None] | None]] = [(0.0, asker, None) for asker in range(8)]
    now = 0.0
    while left:
        now, asker, outcome = heapq.heappop(due)
        if outcome is not None:
            outcome(now)
        if wait := pace.wait_s(now):
            heapq.heappush(due, (now + wait, asker, None))
            continue
        there, at = min(burst, there + (now - at) * rate), now
        if there >= 1 - 1e-9:
            there, left = there - 1, left - 1
            heapq.heappush(due, (now + 0.1, asker, pace.note_answer))
            continue
        wish = (1 - there) / rate
        wish = math.ceil(wish / tick) * tick if tick else wish
        refused = partial(pace.note_refusal, turn=pace.turn, wished_s=wish)
        heapq.heappush(due, (now + 0.1, asker, refused))
    return now
