"""What a judge is asked in a check, and what came of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from benchkit.judging.judges.llm.checking.known import KnownTask
from benchkit.judging.judges.llm.checking.variants import ON_WRONG_CODE, VARIANTS, longer
from benchkit.judging.judges.llm.pairs import FIRST, SECOND, ComparedPair
from benchkit.judging.judges.llm.points import Sheet
from benchkit.judging.judges.llm.subjects import Subject

PLAIN, RETEST, QUALITY, LENGTH = "plain", "retest", "right and wrong", "length"


@dataclass(frozen=True)
class CheckCase:
    """One answer to be judged, and what is known of it."""

    kind: str  # PLAIN, RETEST, or a variant's name
    subject: Subject
    right: bool
    of: str  # the plain subject's id


@dataclass(frozen=True)
class PairCase:
    """Two answers to be compared: right and wrong code, or one code and the same made much longer."""

    kind: str  # QUALITY or LENGTH
    first: Subject
    second: Subject
    better: str | None = None  # where the right code stands

    @property
    def longer(self) -> str:
        """Where the longer code stands."""
        return FIRST if len(self.first.code) > len(self.second.code) else SECOND


@dataclass(frozen=True)
class CheckAnswers:
    """A check's answers: each case with its sheet, each pair as it was compared."""

    sheets: tuple[tuple[CheckCase, Sheet], ...]
    pairs: tuple[tuple[PairCase, ComparedPair], ...]


def cases_of(tasks: Sequence[KnownTask]) -> list[CheckCase]:
    """Plain answers first; one of each task again, and changed: right code and wrong code in turn."""
    return [case for place, known in enumerate(tasks) for case in _of_task(known, right=place % 2 == 0)]


def _of_task(known: KnownTask, *, right: bool) -> Iterator[CheckCase]:
    yield from (CheckCase(PLAIN, one, True, one.task_id) for one in known.right)
    yield from (CheckCase(PLAIN, one, False, one.task_id) for one in known.wrong)
    chosen = known.right[0] if right else known.wrong[0]
    yield CheckCase(RETEST, chosen, right, chosen.task_id)
    for name, change in VARIANTS.items():
        subject, truth = (known.wrong[0], False) if name in ON_WRONG_CODE else (chosen, right)
        files = change(subject.files)
        if files is not None:
            changed = replace(subject, task_id=f"{subject.task_id}/{name}", files=files)
            yield CheckCase(name, changed, truth, subject.task_id)


def pairs_of(tasks: Sequence[KnownTask]) -> list[PairCase]:
    """The right code stands first and second in turn: who always prefers one place is right half the time."""
    pairs = []
    for place, known in enumerate(tasks):
        right, wrong = known.right[0], known.wrong[0]
        pairs.append(_in_turn(place, QUALITY, right, wrong))
        files = longer(right.files)
        if files is not None:
            padded = replace(right, task_id=f"{right.task_id}/{LENGTH}", files=files)
            pairs.append(_in_turn(place, LENGTH, right, padded))
    return pairs


def _in_turn(place: int, kind: str, right: Subject, other: Subject) -> PairCase:
    first = place % 2 == 0
    better = (FIRST if first else SECOND) if kind == QUALITY else None
    return PairCase(kind, *((right, other) if first else (other, right)), better)
