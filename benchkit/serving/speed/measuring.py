"""Several requests at once, measured again and again; what disturbs is seen, and measured once more."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import count
from statistics import median
from threading import Event

from benchkit.records import speed_is_disturbed
from benchkit.serving.speed.prompts import Wording
from benchkit.serving.speed.streaming import Streamed, StreamingServer, ask_for_tokens
from benchkit.serving.telemetry.contention import ContentionMeter

CLOCKS_AGREE = 0.25
LEAST_S = 0.3
TIMES = 3
AGAIN = 2  # more times, where other programs took the processor meanwhile


@dataclass(frozen=True)
class Load:
    """What is asked: a prompt, an answer, and how many of them at once."""

    prompt_tokens: int
    tokens: int
    at_once: int = 1


@dataclass(frozen=True)
class Speed:
    """What came of a load, the middle of several times; None where the server does not tell."""

    load: Load
    prompt_tokens: int  # really
    tokens_per_second: float  # of all requests together, while they were answered
    prompt_per_second: float | None  # by our clock: to the first token
    first_token_s: float
    of_one: float | None  # one request's tokens per second, from its first token to its last
    server_of_one: float | None  # the same by the server's own timings
    server_prompt_per_second: float | None
    spread: float  # of the tokens per second, (largest - least) / middle
    disturbed: bool = False
    draft_acceptance_percent: float | None = None

    @property
    def clocks_agree(self) -> bool | None:
        """Whether our clock bears out what the server claims."""
        if self.of_one is None or not self.server_of_one:
            return None
        return abs(self.of_one / self.server_of_one - 1) <= CLOCKS_AGREE


class Meter:
    """Measures one server; each prompt is another one."""

    def __init__(self, target: StreamingServer, wording: Wording, pids: Callable[[], Iterable[int]]) -> None:
        self._target, self._wording, self._pids = target, wording, pids
        self._seeds = count(1)

    def measure(self, load: Load, times: int = TIMES, again: int = AGAIN) -> Speed:
        """So often, and again where other programs disturbed it."""
        for left in reversed(range(again + 1)):
            speed = self._measure(load, times)
            if not speed.disturbed or not left:
                return speed
        raise AssertionError("unreachable")

    def once(self, load: Load) -> tuple[float, list[Streamed]]:
        """Seconds for all of them, and each."""
        prompts = [self._wording.prompt(load.prompt_tokens, next(self._seeds)) for _ in range(load.at_once)]
        pool, over = ThreadPoolExecutor(load.at_once), Event()

        def ask(prompt: str) -> Streamed:
            return ask_for_tokens(self._target, prompt, load.tokens, over)

        try:
            began = time.monotonic()
            answers = list(pool.map(ask, prompts))
            return time.monotonic() - began, answers
        finally:  # who is interrupted does not wait for the answers
            over.set()
            pool.shutdown(wait=False, cancel_futures=True)

    def _measure(self, load: Load, times: int) -> Speed:
        contention = ContentionMeter(self._pids)
        rounds = [self.once(load) for _ in range(times)]
        while sum(seconds for seconds, _ in rounds) < LEAST_S:  # a moment says little
            rounds.append(self.once(load))
        now = contention.read()
        totals = [sum(one.tokens for one in answers) / seconds for seconds, answers in rounds]
        answers = [one for _, of_round in rounds for one in of_round]
        drafted = sum(one.timings.get("draft_n", 0.0) for one in answers)
        accepted = sum(one.timings.get("draft_n_accepted", 0.0) for one in answers)
        return Speed(
            load=load,
            prompt_tokens=round(median(one.prompt_tokens for one in answers)),
            tokens_per_second=median(totals),
            prompt_per_second=_middle([one.prompt_tokens / one.first_s for one in answers if one.first_s]),
            first_token_s=median(one.first_s for one in answers),
            of_one=_middle([one.tokens_per_second for one in answers]),
            server_of_one=_middle([one.timings.get("predicted_per_second") for one in answers]),
            server_prompt_per_second=_middle([one.timings.get("prompt_per_second") for one in answers]),
            spread=(max(totals) - min(totals)) / median(totals),
            disturbed=speed_is_disturbed(now.taken_by_others_percent, now.pressure_percent),
            draft_acceptance_percent=_percent(accepted, drafted),
        )


def _percent(accepted: float, drafted: float) -> float | None:
    """None where nothing was drafted, or the server's counts are none."""
    return round(100 * accepted / drafted, 2) if drafted > 0 and 0 <= accepted <= drafted else None


def _middle(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value]
    return median(known) if known else None
