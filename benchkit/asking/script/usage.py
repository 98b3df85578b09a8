"""Tokens and time of all answers, added up; a few numbers are kept of each."""

from __future__ import annotations

from array import array
from bisect import insort
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from benchkit.asking.script.base import Answer

LIVE_WINDOW_S = (
    15.0  # so far back the live speed looks: long enough for several answers, short enough to show a change
)
CLOCKS_AGREE = 0.25  # how far the server's and our own idea of its speed may lie apart


class UsageTotals:
    """What the answers took."""

    def __init__(self) -> None:
        self._prompt_tokens, self._completion_tokens, self._unknown = 0, 0, 0
        self._starts, self._ends = array("d"), array("d")
        self._first_token, self._speed = array("d"), array("d")
        self._server_speed, self._server_prompt_speed, self._ratio = array("d"), array("d"), array("d")
        self._answers = self._reused = self._timed_tokens = 0
        self._at_budget, self._filtered = 0, 0
        self._drafted = self._accepted = 0.0  # tokens that a draft model, or a look-up in the prompt, guessed
        self._cached, self._reasoning = 0, 0
        self._tells_cached = self._tells_reasoning = False
        self._cost: float | None = 0.0  # None: that of some answer is unknown
        self._cost_sources: set[str] = set()
        self._asked_last = 0.0

    def add(self, answer: Answer) -> None:
        if answer.failure is not None or not (answer.seconds or answer.reused):
            return
        self._answers += 1
        self._prompt_tokens += answer.prompt_tokens or 0
        self._completion_tokens += answer.completion_tokens or 0
        self._unknown += answer.completion_tokens is None
        self._add_cost(answer)
        self._at_budget += answer.truncated
        self._filtered += answer.filtered
        self._reused += bool(answer.reused)
        if answer.reused:
            return
        self._timed_tokens += answer.completion_tokens or 0
        self._starts.append(answer.started)
        self._ends.append(answer.started + answer.seconds)
        self._add_speeds(answer)

    def _add_cost(self, answer: Answer) -> None:
        self._cached += answer.cached_tokens or 0
        self._reasoning += answer.reasoning_tokens or 0
        self._tells_cached |= answer.cached_tokens is not None
        self._tells_reasoning |= answer.reasoning_tokens is not None
        self._cost = None if self._cost is None or answer.cost is None else self._cost + answer.cost
        from benchkit.prices import REPLY  # with all providers; a script's help needs none

        self._cost_sources.add(answer.cost_source or REPLY)
        self._asked_last = max(self._asked_last, answer.started)

    def _costs(self, known: bool) -> dict[str, Any]:
        """What is paid for and its total; null where the server did not report it."""
        cost = self._cost if known else None
        day = datetime.fromtimestamp(self._asked_last, UTC).date().isoformat()
        return {
            "cached_tokens": self._cached if self._tells_cached else None,
            "reasoning_tokens": self._reasoning if self._tells_reasoning else None,
            "cost": None if cost is None else round(cost, 8),
            "cost_source": None if cost is None else ", ".join(sorted(self._cost_sources)),
            "cost_date": None if cost is None else day,
        }

    def _add_speeds(self, answer: Answer) -> None:
        speed, server_speed = speed_of(answer), answer.server.get("predicted_per_second")
        if answer.first_token_s is not None:
            self._first_token.append(answer.first_token_s)
        if speed:
            self._speed.append(speed)
        if server_speed:
            self._server_speed.append(server_speed)
        if speed and server_speed:
            self._ratio.append(speed / server_speed)
        if prompt_speed := answer.server.get("prompt_per_second"):
            self._server_prompt_speed.append(prompt_speed)
        self._drafted += answer.server.get("draft_n", 0.0)
        self._accepted += answer.server.get("draft_n_accepted", 0.0)

    @property
    def generation_s(self) -> float:
        """The time in which at least one answer was being written, pauses between sessions left out."""
        return _covered(sorted(zip(self._starts, self._ends, strict=True)))

    @property
    def tokens_per_second(self) -> float | None:
        """Of all requests together, as the person waited for them."""
        if self._unknown or not self._timed_tokens or not self.generation_s:
            return None
        return self._timed_tokens / self.generation_s

    def before(self, moment: float) -> float:
        """The generation time of earlier sessions: what ended before this moment."""
        pairs = zip(self._starts, self._ends, strict=True)
        return _covered(sorted((start, end) for start, end in pairs if end <= moment))

    def as_record(self) -> dict[str, Any]:
        """The fields of summary.json about tokens and speed; None where the server reported nothing."""
        known = not self._unknown and self._answers > 0
        return {
            "prompt_tokens": self._prompt_tokens if known else None,
            "completion_tokens": self._completion_tokens if known else None,
            **self._costs(self._answers > 0),
            **({"reused_answers": self._reused} if self._reused else {}),
            "tokens_per_second": _rounded(self.tokens_per_second),
            "prompt_tokens_per_second": _middle(self._server_prompt_speed),
            "time_to_first_token_s": _middle(self._first_token),
            "generation_s": _rounded(self.generation_s),
            **({"draft_acceptance_percent": self._acceptance()} if self._drafted else {}),
            "asking": {
                "tokens_per_second_of_one_request": _middle(self._speed),
                "server_tokens_per_second_of_one_request": _middle(self._server_speed),
                "clocks_agree": self._clocks_agree(),
                "at_token_budget": self._at_budget,
                "ended_by_content_filter": self._filtered,
            },
        }

    def _acceptance(self) -> float:
        return round(100 * self._accepted / self._drafted, 2)

    def _clocks_agree(self) -> bool | None:
        """Whether our clock bears out the speed that the server claims; None where it claims none."""
        return abs(_median(self._ratio) - 1) <= CLOCKS_AGREE if self._ratio else None


class LiveSpeed:
    """Tokens over the wall time of the last seconds, of all requests together.

    Not from the moments between tokens: those that arrive in one bundle have no time between them.
    """

    def __init__(self) -> None:
        self._since: float | None = None  # where the counting begins: the first request, then an answer's end
        self._ends: list[tuple[float, int]] = []  # later answers: end and tokens, in the order of their ends

    def add(self, answer: Answer) -> None:
        """Take in a complete answer; they may be reported out of order, since judging takes time."""
        if answer.failure is not None or not answer.seconds or answer.completion_tokens is None:
            return
        self._since = answer.started if self._since is None else self._since
        insort(self._ends, (answer.started + answer.seconds, answer.completion_tokens))
        oldest = self._ends[-1][0] - LIVE_WINDOW_S
        while self._ends[0][0] < oldest:
            self._since = self._ends.pop(0)[0]

    @property
    def tokens_per_second(self) -> float | None:
        if self._since is None or not self._ends:
            return None
        seconds = self._ends[-1][0] - self._since
        return sum(tokens for _, tokens in self._ends) / seconds if seconds > 0 else None


def speed_of(answer: Answer) -> float | None:
    """Tokens a second of one answer by our own clock, from its first token to its last."""
    if answer.first_token_s is None or not answer.completion_tokens or answer.completion_tokens < 2:
        return None
    writing = answer.seconds - answer.first_token_s
    return (answer.completion_tokens - 1) / writing if writing > 0 else None


def _covered(intervals: Iterable[tuple[float, float]]) -> float:
    """The length of the union of intervals, which come sorted."""
    total, reached = 0.0, float("-inf")
    for start, end in intervals:
        total += max(0.0, end - max(start, reached))
        reached = max(reached, end)
    return total


def _middle(values: array[float]) -> float | None:
    return _rounded(_median(values)) if values else None


def _median(values: array[float]) -> float:
    from statistics import median  # slow to import, and judging alone has no times to report

    return median(values)


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)
