"""From a check's answers to its measures, each with the number of answers that it rests on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

from benchkit.asking.tasks.folders import SOLUTION
from benchkit.judging.judges.llm.checking.cases import (
    LENGTH,
    PLAIN,
    QUALITY,
    RETEST,
    CheckAnswers,
    CheckCase,
    PairCase,
)
from benchkit.judging.judges.llm.checking.variants import ON_WRONG_CODE, VARIANTS
from benchkit.judging.judges.llm.pairs import ComparedPair, Preference
from benchkit.judging.judges.llm.points import Sheet
from benchkit.judging.judges.llm.rubrics import Rubric
from benchkit.judging.judges.llm.votes import Abstention
from benchkit.statistics import Interval, wilson


@dataclass(frozen=True)
class Measure:
    """One number of a judge's sheet."""

    name: str
    value: float | None  # None: nothing was there to measure it on
    answers: int = 0
    detail: str = ""  # what a person wants to know beside the number
    counted: str = "answers"  # what the number rests on: answers, items of answers, or pairs
    is_share: bool = False  # of answers that know nothing of one another: then its interval is known

    @property
    def interval(self) -> Interval | None:
        """At 95%, by Wilson."""
        if not self.is_share or self.value is None:
            return None
        return wilson(self.value * self.answers, self.answers)

    def as_record(self) -> dict[str, object]:
        value = None if self.value is None else round(self.value, 4)
        interval = self.interval and [round(end, 4) for end in self.interval]
        return {
            "value": value,
            "answers": self.answers,
            **({"interval": interval} if interval else {}),
            **({"detail": self.detail} if self.detail else {}),
        }


def measure_all(asked: CheckAnswers, rubrics: Mapping[str, Rubric]) -> list[Measure]:
    """The sheet, in the order in which a person reads it."""
    plain = [(case, sheet) for case, sheet in asked.sheets if case.kind == PLAIN]
    truths = [(case.right, _checked(sheet, rubrics)) for case, sheet in plain]
    by_id = {case.subject.task_id: sheet for case, sheet in plain}
    again = [(by_id[case.of], sheet) for case, sheet in asked.sheets if case.kind == RETEST]
    return [
        _abstentions(plain, rubrics),
        _kappa(truths),
        _rate("true positives", [answer for right, answer in truths if right]),
        _rate("false positives", [answer for right, answer in truths if not right]),
        _mutants_below(plain, rubrics),
        _same("retest", again, rubrics),
        *_of_variants(asked.sheets, by_id, rubrics),
        *_of_pairs(asked.pairs, rubrics),
    ]


def kappa(truths: Sequence[tuple[bool, bool]]) -> float | None:
    """Cohen's: agreement beyond that of two who say yes as often, but blindly; None without both answers."""
    if not truths:
        return None
    agreed = fmean(right == answer for right, answer in truths)
    said, true = fmean(answer for _, answer in truths), fmean(right for right, _ in truths)
    blindly = said * true + (1 - said) * (1 - true)
    return None if blindly == 1 else (agreed - blindly) / (1 - blindly)


def _checked(sheet: Sheet, rubrics: Mapping[str, Rubric]) -> bool | None:
    return sheet.answer_to(rubrics[sheet.subject.rubric].checked)


def _abstentions(plain: Iterable[tuple[CheckCase, Sheet]], rubrics: Mapping[str, Rubric]) -> Measure:
    """Of the item whose truth is known; their causes, of whole sheets too, as the detail."""
    causes: list[str] = []
    count = 0
    for _, sheet in plain:
        count += 1
        decision = sheet.decision_on(rubrics[sheet.subject.rubric].checked)
        if decision is None or decision.answer is None:
            causes.append(str(decision.why if decision and decision.why else Abstention.NO_ANSWER))
    detail = ", ".join(f"{why} {times}" for why, times in Counter(causes).most_common())
    return Measure("abstentions", len(causes) / count if count else None, count, detail, is_share=True)


def _kappa(truths: Sequence[tuple[bool, bool | None]]) -> Measure:
    decided = [(right, answer) for right, answer in truths if answer is not None]
    return Measure("kappa", kappa(decided), len(decided))


def _rate(name: str, answers: Sequence[bool | None]) -> Measure:
    """The share of yes; an abstention is none."""
    return _share(name, [one is True for one in answers])


def _share(name: str, answers: Sequence[bool], detail: str = "", counted: str = "answers") -> Measure:
    value = fmean(answers) if answers else None
    return Measure(name, value, len(answers), detail, counted, is_share=True)


def _mutants_below(plain: Sequence[tuple[CheckCase, Sheet]], rubrics: Mapping[str, Rubric]) -> Measure:
    """The share of wrong answers with fewer points in functionality than the reference that they are of."""
    points = {
        case.subject.task_id: _functionality(sheet, rubrics[sheet.subject.rubric]) for case, sheet in plain
    }
    below = []
    for case in (case for case, _ in plain if not case.right):
        reference = points.get(f"{_task_of(case)}/{SOLUTION}")
        own = points[case.subject.task_id]
        below.append(reference is not None and own is not None and own < reference)
    return _share("mutants below", below)


def _task_of(case: CheckCase) -> str:
    return case.subject.task_id.rpartition("/")[0]


def _functionality(sheet: Sheet, rubric: Rubric) -> float | None:
    dimension = rubric.checked.dimension
    answers = [
        one.answer for one in sheet.decisions if one.item.dimension == dimension and one.answer is not None
    ]
    return fmean(answers) if answers else None


def _same(name: str, pairs: Iterable[tuple[Sheet, Sheet]], rubrics: Mapping[str, Rubric]) -> Measure:
    """The share of items that are decided alike in both; of those whose truth is known where that is less.

    A judge that turns round there alone is worse than one that wavers in a matter of taste.
    """
    pairs = list(pairs)
    same = [
        before.answer == after.answer
        for one, other in pairs
        for before, after in zip(one.decisions, other.decisions, strict=True)
    ]
    known = [_checked(one, rubrics) == _checked(other, rubrics) for one, other in pairs]
    return Measure(name, min(fmean(same), fmean(known)) if same else None, len(same), counted="items")


def _of_variants(
    sheets: Sequence[tuple[CheckCase, Sheet]], by_id: Mapping[str, Sheet], rubrics: Mapping[str, Rubric]
) -> Iterator[Measure]:
    for name in VARIANTS:
        pairs = [(by_id[case.of], sheet) for case, sheet in sheets if case.kind == name]
        if name in ON_WRONG_CODE:
            turned = [
                _checked(after, rubrics) is True and _checked(before, rubrics) is not True
                for before, after in pairs
            ]
            yield _share(f"swayed by {name}", turned)
        else:
            yield _same(f"same after {name}", pairs, rubrics)


def _of_pairs(
    pairs: Sequence[tuple[PairCase, ComparedPair]], rubrics: Mapping[str, Rubric]
) -> Iterator[Measure]:
    """On the item whose truth is known: whether the order decides, the better code wins, length does."""
    known = [(case, _checked_of(compared, rubrics)) for case, compared in pairs]
    quality = [(case, preference) for case, preference in known if case.kind == QUALITY]
    read = [preference for _, preference in quality if None not in preference.said]
    places = Counter(one.place for one in read if one.place is not None)
    detail = ", ".join(f"the {place} in both orders {count}" for place, count in places.most_common())
    same = [one.said[0] == one.said[1] for one in read]
    yield _share("same in both orders", same, detail, "pairs")
    better = [preference.answer == case.better for case, preference in quality]
    yield _share("right code preferred", better, counted="pairs")
    lengths = [preference.answer == case.longer for case, preference in known if case.kind == LENGTH]
    yield _share("longer preferred", lengths, counted="pairs")


def _checked_of(compared: ComparedPair, rubrics: Mapping[str, Rubric]) -> Preference:
    return compared.answer_to(rubrics[compared.first.rubric].checked)
