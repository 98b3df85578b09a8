"""A judge's prompt is tuned on answers whose truth is known, and kept where it gains on others."""

from __future__ import annotations

import json
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Any

import click

from benchkit.asking.script import ScriptOutput, Settings, say, usage_text
from benchkit.asking.script.journal import explained
from benchkit.contract import JudgeRun, RunFile
from benchkit.errors import UsageError
from benchkit.files import atomic_write
from benchkit.judging.judge_check import KnownTasks
from benchkit.judging.judge_evaluation import Court, JudgedRow, counting
from benchkit.judging.judges.llm.parallel import in_parallel
from benchkit.judging.judges.llm.points import Sheet
from benchkit.judging.judges.llm.program import JudgeProgram
from benchkit.judging.judges.llm.tuning import (
    LEAST_LABELS,
    AccuracyGain,
    Label,
    answer_of,
    mixed,
    renamed_for,
    split,
    tune,
)
from benchkit.verdict import Verdict

if TYPE_CHECKING:
    from benchkit.judging.judges.llm.engine import AskQuestion

TASKS = 24


@dataclass(frozen=True)
class TunedProgram:
    """What tuning made of one rubric's program."""

    state: Mapping[str, Any]
    gain: AccuracyGain
    labels: tuple[Label, ...]  # that it was measured on

    @property
    def is_kept(self) -> bool:
        return self.gain.points > 0


def tune_judge(court: Court, known: KnownTasks, settings: Settings) -> None:
    """Tune each rubric's program, measure it on labels that it did not see, keep what gained."""
    begun = time.monotonic()
    by_rubric = _labels(known, settings.limit or TASKS)
    if settings.check:
        court.programs(by_rubric)
        say(f"{sum(len(both[1]) for both in by_rubric.values())} labels to see a gain on: all is ready")
        return
    from benchkit.asking.client.asking import Asking

    asking = Asking(settings)
    output = ScriptOutput(settings.output_dir, sum(len(both[1]) for both in by_rubric.values()), begun)
    record = court.as_record(by_rubric)
    tuned: dict[str, TunedProgram] = {}
    with asking.one_by_one({"judge": record, "tuned": True}) as ask:
        counted = counting(ask, output)
        for name, (learnt, unseen) in by_rubric.items():
            tuned[name] = _tuned(court, name, learnt, unseen, counted, asking.askers)
            for label, right in zip(unseen, tuned[name].gain.after, strict=True):
                output.add(_row(label, right > 0))
    place = _keep(settings.need_folder(), tuned)
    gains = {name: one.gain.as_record() | {"kept": one.is_kept} for name, one in tuned.items()}
    told = {**record, JudgeRun.SERVED: asking.served, "gains": gains, "program": place and str(place)}
    whole = output.finish({**_summary(tuned), **asking.facts(), "further": {JudgeRun.FURTHER: told}})
    click.echo("\n".join(filter(None, (*_in_words(gains, place), usage_text(whole)))))


def _labels(known: KnownTasks, count: int) -> dict[str, tuple[list[Label], list[Label]]]:
    """By rubric: labels to learn from, and labels of other tasks; a rubric with too few is left out."""
    by_rubric: dict[str, list[tuple[str, Label]]] = defaultdict(list)
    for task in islice(known.usable(), count):
        for subject, right in (*((s, True) for s in task.right), *((s, False) for s in task.wrong)):
            by_rubric[subject.rubric].append((task.task.id, Label(subject, right)))
    usable = {}
    for name, labels in by_rubric.items():
        learnt, unseen = split(labels)
        if min(len(learnt), len(unseen)) < LEAST_LABELS:
            say(f"{name}: {len(labels)} labels are too few to learn from and to see a gain on; left as it is")
        else:
            usable[name] = mixed(learnt), unseen
    if not usable:
        raise UsageError("there are too few known answers to tune on: take a higher --limit")
    return usable


def _tuned(
    court: Court, name: str, learnt: Sequence[Label], unseen: Sequence[Label], ask: AskQuestion, askers: int
) -> TunedProgram:
    rubric = court.rubrics[name]
    before = _rights(JudgeProgram(rubric, court.states.get(name)), "before", unseen, ask, askers)
    state = tune(rubric, learnt, ask)
    after = _rights(JudgeProgram(rubric, state), "after", unseen, ask, askers)
    return TunedProgram(state, AccuracyGain(before, after), tuple(unseen))


def _rights(
    program: JudgeProgram, word: str, labels: Sequence[Label], ask: AskQuestion, askers: int
) -> tuple[float, ...]:
    """1 where a single vote is right."""

    def right(label: Label) -> float:
        subject = renamed_for(label.subject, word)
        vote = program.vote(subject, 0, ask, subject.task_id)
        return float(answer_of(program.rubric.checked, subject, vote) is label.right)

    with closing(in_parallel(right, labels, askers)) as rights:
        return tuple(value for _, value in sorted(rights))


def _row(label: Label, right: bool) -> JudgedRow:
    verdict = Verdict.PASSED if right else Verdict.WRONG
    return JudgedRow(Sheet(label.subject), verdict, "right" if label.right else "wrong")


def _keep(folder: Path, tuned: Mapping[str, TunedProgram]) -> Path | None:
    """The programs that gained, for --program; None where none did."""
    kept = {name: one.state for name, one in tuned.items() if one.is_kept}
    if not kept:
        return None
    place = folder / RunFile.PROGRAM
    with explained(place):
        atomic_write(place, json.dumps({"programs": kept}, indent=1) + "\n")
    return place


def _summary(tuned: Mapping[str, TunedProgram]) -> dict[str, Any]:
    """The score is how often it was right on unseen labels, tuned."""
    after = [value for one in tuned.values() for value in one.gain.after]
    failed = {
        label.subject.task_id
        for one in tuned.values()
        for label, right in zip(one.labels, one.gain.after, strict=True)
        if not right
    }
    return {
        "score": round(100 * sum(after) / len(after), 4),
        "total_passed": round(sum(after)),
        "total_problems": len(after),
        "difficulty_scores": {},
        "failed_tasks": sorted(failed),
        "problem_set": {"name": "unseen labels", "version": None, "sha256": None},
    }


def _in_words(gains: Mapping[str, Mapping[str, Any]], place: Path | None) -> list[str]:
    said = []
    for name, gain in gains.items():
        low, high = gain["interval"]
        said.append(
            f"{name}: right on {gain['before']:.0f}% of {gain['labels']} unseen labels before, "
            f"{gain['after']:.0f}% after: {gain['gain']:+.0f} points [{low:+.0f}, {high:+.0f}]"
            f"{', kept' if gain['kept'] else ', left as it was'}"
        )
    if place is None:
        return [*said, "No gain on unseen labels: the prompt stays as it is"]
    check = f"bench_runner.py judge check MODEL --program {quote(str(place))}"
    return [*said, f"Use it with --program; first of all check the judge with it: {check}"]
