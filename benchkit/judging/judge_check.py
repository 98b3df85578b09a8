"""A judge is judged: by answers whose truth is known, as they are and changed, alone and in pairs."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

import click

from benchkit.asking.script import ScriptOutput, Settings, say, usage_text
from benchkit.asking.tasks import Catalogue
from benchkit.contract import JudgeRun
from benchkit.errors import EndpointError, UsageError
from benchkit.judging.judge_evaluation import (
    Court,
    JudgedRow,
    counting,
    judged,
    keep_rationales,
    summary_of,
)
from benchkit.judging.judges.llm.checking.bars import Bar, faults, sheet_lines
from benchkit.judging.judges.llm.checking.cases import (
    PLAIN,
    RETEST,
    CheckAnswers,
    CheckCase,
    PairCase,
    cases_of,
    pairs_of,
)
from benchkit.judging.judges.llm.checking.known import KnownTask, known_task, spread
from benchkit.judging.judges.llm.checking.measures import Measure, measure_all
from benchkit.judging.judges.llm.pairs import ComparedPair, PairProgram, compare_all
from benchkit.judging.judges.llm.points import Sheet
from benchkit.judging.tasks.verify import Known
from benchkit.statistics import wilson
from benchkit.terminal import counted
from benchkit.verdict import Verdict

if TYPE_CHECKING:
    from benchkit.judging.judges.llm.engine import AskQuestion

TASKS = 12


@dataclass(frozen=True)
class KnownTasks:
    """A catalogue's tasks with answers whose truth the gate has shown."""

    catalogue: Catalogue

    def usable(self) -> Iterator[KnownTask]:
        """A reference that fails would make a good judge look bad: what changed since then is left out."""
        verified = Known(self.catalogue.path)
        tried = [task for task in self.catalogue.problems if verified.holds(task)]
        if left := len(self.catalogue.problems) - len(tried):
            tasks = counted(left, "task is", "tasks are")
            say(f"{tasks} left out, nothing shows that their references pass: run_tasks.py --verify")
        usable = (known for task in spread(tried) if (known := known_task(task)) is not None)
        first = next(usable, None)
        if first is None:
            raise UsageError(
                f"no task of {self.catalogue.path} has a verified reference and a mutant: "
                "run_tasks.py --verify tries them"
            )
        yield first
        yield from usable


@dataclass(frozen=True)
class JudgeCheck:
    """A check as it was asked for."""

    court: Court
    known: KnownTasks
    bars: Mapping[str, Bar]


def check_judge(check: JudgeCheck, settings: Settings) -> None:
    """Ask, measure, and tell the verdict; its sheet goes into the record."""
    begun = time.monotonic()
    tasks = list(islice(check.known.usable(), settings.limit or TASKS))
    cases, pairs = cases_of(tasks), pairs_of(tasks)
    if settings.check:
        check.court.programs(case.subject.rubric for case in cases)
        say(f"{len(cases)} answers and {len(pairs)} pairs of {len(tasks)} tasks: all is ready")
        return
    from benchkit.asking.client.asking import Asking

    asking = Asking(settings)
    output = ScriptOutput(settings.output_dir, len(cases), begun)
    record = check.court.as_record(case.subject.rubric for case in cases)
    depends_on = {"judge": record, "checked on": [known.task.sha256 for known in tasks]}
    with asking.one_by_one(depends_on) as ask:
        answers = _asked(check.court, cases, pairs, counting(ask, output), asking.askers, output)
    keep_rationales(settings.output_dir, [sheet for _, sheet in answers.sheets])
    measures = measure_all(answers, check.court.rubrics)
    known_faults = faults(measures, check.bars)
    sheet_record = {
        **record,
        JudgeRun.SERVED: asking.served,
        "calibrated": not known_faults,
        "failed": known_faults,
        "measures": {one.name: one.as_record() for one in measures},
        "bars": {name: f"{bar.side} {bar.limit:g}" for name, bar in check.bars.items()},
    }
    summary = {
        **_summary(check, answers.sheets, tasks),
        **asking.facts(),
        "further": {JudgeRun.FURTHER: sheet_record},
    }
    whole = output.finish(summary)
    click.echo("\n".join(filter(None, (*in_words(measures, check.bars, known_faults), usage_text(whole)))))


def _asked(
    court: Court,
    cases: Sequence[CheckCase],
    pairs: Sequence[PairCase],
    ask: AskQuestion,
    askers: int,
    output: ScriptOutput,
) -> CheckAnswers:
    """What the judge says of all cases and pairs; EndpointError where it says nothing at all."""
    sheets = []
    for case, sheet in _judged(court, cases, ask, askers):
        sheets.append((case, sheet))
        output.add(_row(case, sheet, court))
    sheets.sort(key=lambda pair: cases.index(pair[0]))  # they came as they got ready
    compared = list(_compared(court, pairs, ask, askers))
    if all(one.failed_by_server for _, one in sheets):
        raise EndpointError(f"the judge answered nothing: {sheets[0][1].why_not}")
    return CheckAnswers(tuple(sheets), tuple(compared))


def _judged(
    court: Court, cases: Sequence[CheckCase], ask: AskQuestion, askers: int
) -> Iterator[tuple[CheckCase, Sheet]]:
    """What is asked again gets votes of its own."""
    again = [case for case in cases if case.kind == RETEST]
    once = [case for case in cases if case.kind != RETEST]
    for some, first_vote in ((once, 0), (again, court.votes)):
        by_id = {case.subject.task_id: case for case in some}
        subjects = [case.subject for case in some]
        for sheet in judged(court, subjects, ask, askers, first_vote):
            yield by_id[sheet.subject.task_id], sheet


def _compared(
    court: Court, pairs: Sequence[PairCase], ask: AskQuestion, askers: int
) -> Iterator[tuple[PairCase, ComparedPair]]:
    programs = {name: PairProgram(court.rubrics[name]) for name in {pair.first.rubric for pair in pairs}}
    both = [(pair.first, pair.second) for pair in pairs]
    with closing(compare_all(programs, both, ask, askers)) as all_compared:
        for place, compared in all_compared:
            yield pairs[place], compared


def _row(case: CheckCase, sheet: Sheet, court: Court) -> JudgedRow:
    """Whether it agrees with the truth; an abstention does not."""
    decision = sheet.decision_on(court.rubrics[case.subject.rubric].checked)
    if sheet.failed_by_server:
        return JudgedRow(sheet, Verdict.INFRASTRUCTURE, sheet.why_not)
    answer = decision.answer if decision else None
    truth = "right" if case.right else "wrong"
    if answer is None:
        why = decision.why if decision else sheet.why_not
        return JudgedRow(sheet, Verdict.WRONG, f"{case.kind}, {truth} code: abstained ({why})")
    said = f"{case.kind}, {truth} code: said {'yes' if answer else 'no'}"
    return JudgedRow(sheet, Verdict.PASSED if answer == case.right else Verdict.WRONG, said)


def _summary(
    check: JudgeCheck, sheets: Sequence[tuple[CheckCase, Sheet]], tasks: Sequence[KnownTask]
) -> dict[str, Any]:
    """The score is the share of plain answers on which judge and tests agree."""
    rows = [_row(case, sheet, check.court) for case, sheet in sheets if case.kind == PLAIN]
    agreed = [row.verdict is Verdict.PASSED for row in rows if row.verdict is not Verdict.INFRASTRUCTURE]
    score = round(100 * sum(agreed) / len(agreed), 4) if agreed else None
    low, high = wilson(sum(agreed), len(agreed)) if agreed else (0.0, 1.0)
    name = f"known answers to {len(tasks)} tasks"
    return summary_of(name, rows, score, [round(100 * low, 4), round(100 * high, 4)])


def in_words(measures: Sequence[Measure], bars: Mapping[str, Bar], known_faults: Sequence[str]) -> list[str]:
    """The sheet, and the verdict in words."""
    good = "calibrated: its points may be shown as what they are"
    verdict = "uncalibrated, its points prove nothing:" if known_faults else good
    return [*sheet_lines(measures, bars), f"Verdict: {verdict}", *(f"  {fault}" for fault in known_faults)]
