"""What each answer cost; asking stops before the cost limit would be exceeded."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from threading import Lock

from benchkit.asking.script.base import Answer, Question
from benchkit.errors import CostLimit, UsageError
from benchkit.prices import Price, Tokens, in_dollars
from benchkit.spending import Spending

TOKENS_OF_A_MESSAGE = 64  # at most, that a chat template adds


def with_cost(answer: Answer, price: Price | None) -> Answer:
    """The cost that the reply states, else tokens times price; unknown where price or tokens are unknown."""
    if answer.cost is not None or answer.failure is not None or price is None:
        return answer
    if answer.prompt_tokens is None or answer.completion_tokens is None:
        return answer
    tokens = Tokens(
        answer.prompt_tokens,
        answer.completion_tokens,
        answer.cached_tokens or 0,
        answer.cache_write_tokens or 0,
    )
    cost = price.cost(tokens)
    return answer if cost is None else replace(answer, cost=cost, cost_source=price.source)


class Purse:
    """How much may still be spent; requests in flight count with their highest possible cost.

    `night` is what the runs of a batch may spend together, where somebody limits that.
    """

    def __init__(
        self, most: float | None, price: Price | None, max_tokens: int, night: Spending | None = None
    ) -> None:
        self._most, self._price, self._max_tokens, self._night = most, price, max_tokens, night
        self._spent, self._under_way = 0.0, 0.0
        self._lock = Lock()

    @property
    def is_limited(self) -> bool:
        return self._most is not None or self._night is not None

    def begin(self, spent: float) -> None:
        """What earlier commands of the same run have spent."""
        with self._lock:
            self._spent = spent
            if self._night is not None:
                self._night.begin(spent)

    def ask(self, question: Question, ask: Callable[[], Answer]) -> Answer:
        """Ask if the answer is sure to stay within the limit, else raise CostLimit."""
        expected = self._highest_cost(question) if self.is_limited else 0.0
        self._take(expected)
        cost = 0.0
        try:
            answer = with_cost(ask(), self._price)
            cost = _paid(answer, expected)
        finally:
            self._settle(expected, cost)
        return answer

    def _take(self, expected: float) -> None:
        with self._lock:
            if (
                self._night is not None
            ):  # before the run's own limit: the batch records which runs its limit ended
                self._night.take(expected)
            if self._most is not None and self._spent + self._under_way + expected > self._most:
                if self._night is not None:
                    self._night.settle(expected, 0.0)
                raise CostLimit(_reached(self._most, self._spent, self._under_way + expected))
            self._under_way += expected

    def _settle(self, expected: float, cost: float) -> None:
        with self._lock:
            self._under_way -= expected
            self._spent += cost
            if self._night is not None:
                self._night.settle(expected, cost)

    def _highest_cost(self, question: Question) -> float:
        """An upper bound: a token has at least one byte, and an answer has at most its budget of tokens."""
        prompt = sum(len(text.encode()) + TOKENS_OF_A_MESSAGE for _, text in question.prompt.parts)
        highest = self._price.cost(Tokens(prompt, self._max_tokens)) if self._price else None
        return highest or 0.0


def _paid(answer: Answer, expected: float) -> float:
    """Without a stated cost the upper bound; a failed request costs nothing."""
    if answer.cost is not None:
        return answer.cost
    return 0.0 if answer.failure is not None else expected


def _reached(most: float, spent: float, more: float) -> str:
    return (
        f"--max-cost {most:g}: {in_dollars(spent)} dollars are spent, and what is under way with the next "
        f"answer may cost {in_dollars(more)} more; the answers are kept: a higher --max-cost with --reuse "
        "goes on from them"
    )


def refuse_unknown_price(purse: Purse, price: Price | None, model: str) -> None:
    """Nobody can keep within a sum who does not know the price."""
    if purse.is_limited and price is None:
        raise UsageError(f"--max-cost needs the price of {model}, which nobody knows: add --price IN,OUT")
