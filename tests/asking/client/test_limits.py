"""Providers allow so many requests a time: all askers together keep to it, and lose no question."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import pytest

from benchkit.asking.client.client import Client
from benchkit.asking.client.endpoint import Endpoint
from benchkit.asking.client.patience import Patience
from benchkit.asking.script import Answer, Prompt, Question, Sampling
from benchkit.providers import find_provider
from tests.stand_ins import anthropic
from tests.stand_ins.chat_server import Turn
from tests.stand_ins.limits import Bucket, Headers, retry_after
from tests.stand_ins.provider import Script, provider


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

    How much that is at least, tests/providers/test_limiter.py shows by a clock that no busy machine disturbs.

    All times are a quarter of those of a limit of 10 a second with bursts of 20.
    """
    faster, rate, burst = 4, 10, 20
    bucket = Bucket(rate * faster, burst, retry_after)
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
            turn.error(429, "slow down", Retry_After="1.2")
        return first

    answers = ask_all("vllm", 12, 3, once)
    assert failed(answers) == []
    longest = max(later - earlier for earlier, later in pairwise(asked))
    assert longest >= 0.7  # questions that were under way may come late


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
