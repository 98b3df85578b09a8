"""Several votes on one answer, item by item: what a majority saw is decided, all else is an abstention."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from benchkit.judging.judges.llm.evidence import Lines
from benchkit.judging.judges.llm.rubrics import Item


class Abstention(StrEnum):
    """Why an item is not decided."""

    SPLIT = "split vote"
    UNSURE = "unsure"
    PARSE = "parse failure"
    TRUNCATED = "truncated"
    EVIDENCE = "evidence not in the code"
    MISSING = "item left out"
    FLIP = "order flip"
    NO_ANSWER = "no answer"


@dataclass(frozen=True)
class ItemVote:
    """What one vote says of one item."""

    answer: str  # as the model wrote it
    evidence: str = ""
    reason: str = ""


@dataclass(frozen=True)
class Vote:
    """One sample of the judge on one answer."""

    number: int
    said: Mapping[str, ItemVote] = field(default_factory=dict)  # by the item's id
    failure: Abstention | None = None  # of the whole vote
    detail: str = ""  # of a failure, in words
    tokens: int | None = None


@dataclass(frozen=True)
class Decision:
    """What became of one item."""

    item: Item
    answer: bool | None  # None: an abstention
    why: Abstention | None = None
    agreement: float | None = None  # the share of votes for the answer; None where it was not voted on
    evidence: str = ""
    reasons: tuple[str, ...] = ()
    told_by: str | None = None  # what ran, where no judge was asked

    def as_record(self) -> dict[str, Any]:
        """A line for people and for machines: the rationale of an item."""
        return item_record(
            self.item,
            answer=None if self.answer is None else "yes" if self.answer else "no",
            why=self.why and str(self.why),
            agreement=None if self.agreement is None else round(self.agreement, 4),
            told_by=self.told_by,
            evidence=self.evidence,
            reasons=list(self.reasons),
        )


def item_record(item: Item, **known: Any) -> dict[str, Any]:
    """An item and what is known of it; what is empty is left out, but for the answer of an abstention."""
    record = {"item": item.id, "dimension": item.dimension, "question": item.ask, **known}
    return {name: value for name, value in record.items() if name == "answer" or value not in (None, "", [])}


_ANSWERS = {"yes": True, "no": False, "true": True, "false": False}


def decide(items: Sequence[Item], votes: Sequence[Vote], lines: Lines) -> list[Decision]:
    """The decision on each item that was asked; a vote without evidence in the code is none."""
    return [_decided(item, votes, lines) for item in items]


def _decided(item: Item, votes: Sequence[Vote], lines: Lines) -> Decision:
    counted = [(vote.said.get(item.id), _counted(vote, item, lines)) for vote in votes]
    answers = Counter(answer_of_vote for _, answer_of_vote in counted)
    reasons = tuple(said.reason for said, _ in counted if said is not None and said.reason)
    for answer in (True, False):
        if 2 * answers[answer] > len(votes):
            evidence = next(
                said.evidence for said, answer_of_vote in counted if said and answer_of_vote is answer
            )
            return Decision(item, answer, None, answers[answer] / len(votes), evidence, reasons)
    causes = [answer_of_vote for _, answer_of_vote in counted if isinstance(answer_of_vote, Abstention)]
    most = Counter(causes).most_common(1)
    why = most[0][0] if most and 2 * most[0][1] > len(votes) else Abstention.SPLIT
    return Decision(item, None, why, reasons=reasons)


def _counted(vote: Vote, item: Item, lines: Lines) -> bool | Abstention:
    word = word_of(vote, item, lines, _ANSWERS)
    return word if isinstance(word, Abstention) else _ANSWERS[word]


def word_of(vote: Vote, item: Item, lines: Lines, words: Container[str]) -> str | Abstention:
    """Which of the words a vote says of an item, or why it does not count."""
    if vote.failure is not None:
        return vote.failure
    said = vote.said.get(item.id)
    if said is None:
        return Abstention.MISSING
    word = said.answer.strip(" .!\"'*").casefold()
    if word not in words:
        return Abstention.UNSURE
    return word if lines.hold(said.evidence) else Abstention.EVIDENCE
