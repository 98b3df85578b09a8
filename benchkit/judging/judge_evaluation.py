"""A model judges a run's answers: several votes on each, decided item by item, told with every abstention."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from benchkit.asking.script import Answer, Question, ScriptOutput, Settings, say, usage_text
from benchkit.asking.script.journal import explained, make_folder
from benchkit.contract import JudgeRun, RunFile
from benchkit.errors import EndpointError, UsageError
from benchkit.judging.judges.llm.evidence import Lines
from benchkit.judging.judges.llm.pairs import ComparedPair
from benchkit.judging.judges.llm.parallel import in_parallel
from benchkit.judging.judges.llm.points import Sheet, summed, told_decisions
from benchkit.judging.judges.llm.program import JudgeProgram, program_digest
from benchkit.judging.judges.llm.rubrics import Rubric
from benchkit.judging.judges.llm.subjects import NO_CODE, Subject, subjects_of_run
from benchkit.judging.judges.llm.votes import Abstention, Vote, decide
from benchkit.terminal import how_many
from benchkit.verdict import Verdict

if TYPE_CHECKING:
    from benchkit.judging.judges.llm.engine import AskQuestion

ENOUGH = 50.0  # points from which lists count an answer as passed


@dataclass(frozen=True)
class Court:
    """A judge as it was asked for: its programs by rubric, and how many votes it has on each answer."""

    rubrics: Mapping[str, Rubric]
    votes: int = JudgeRun.VOTES
    states: Mapping[str, Any] = field(default_factory=dict)  # what tuning added, by rubric

    def programs(self, names: Iterable[str]) -> dict[str, JudgeProgram]:
        return {name: JudgeProgram(self.rubrics[name], self.states.get(name)) for name in sorted(set(names))}

    def as_record(self, names: Iterable[str]) -> dict[str, Any]:
        """What the history keeps: equal ones judge alike."""
        used = sorted(set(names))
        return {
            "votes": self.votes,
            "rubrics": {name: self.rubrics[name].as_record() for name in used},
            "programs": {name: program_digest(self.rubrics[name], self.states.get(name)) for name in used},
        }


@dataclass(frozen=True)
class JudgedRow:
    """One answer's line among the verdicts of a judging run."""

    sheet: Sheet
    verdict: Verdict
    detail: str = ""

    @property
    def task_id(self) -> str:
        return self.sheet.subject.task_id

    @property
    def sample(self) -> int:
        return self.sheet.subject.sample

    @property
    def tokens(self) -> int | None:
        return self.sheet.tokens

    def as_record(self) -> dict[str, Any]:
        known = {"task_id": self.task_id, "sample": self.sample, "verdict": str(self.verdict)}
        return {**known, "detail": self.detail, "points": self.sheet.points, "tokens": self.tokens}


def judge_run(court: Court, settings: Settings, folder: Path) -> None:
    """Judge all answers of the run in a folder, and tell the result."""
    begun = time.monotonic()
    subjects = subjects_of_run(folder)[: settings.limit]
    if settings.check:
        court.programs(one.rubric for one in subjects)
        say(
            f"{how_many(len(subjects), 'answer')} of {folder.name}, {court.votes} votes on each: all is ready"
        )
        return
    from benchkit.asking.client.asking import Asking

    asking = Asking(settings)
    output = ScriptOutput(settings.output_dir, len(subjects), begun)
    names = [one.rubric for one in subjects]
    record = court.as_record(names)
    sheets = []
    with asking.one_by_one({"judge": record, "judged": folder.name}) as ask:
        for sheet in judged(court, subjects, counting(ask, output), asking.askers):
            sheets.append(sheet)
            output.add(row_of(sheet))
    sheets.sort(key=lambda one: (one.subject.task_id, one.subject.sample))
    keep_rationales(settings.output_dir, sheets)
    result = summed(sheets)
    further = {JudgeRun.FURTHER: {"run": folder.name, **record, JudgeRun.SERVED: asking.served, **result}}
    name = f"{JudgeRun.CODE} of {folder.name}"
    summary = summary_of(name, map(row_of, sheets), result["points"], result["interval"])
    whole = output.finish({**summary, **asking.facts(), "further": further})
    if result["points"] is None and (asked := [one for one in sheets if not one.subject.why_not]):
        raise EndpointError(f"not one of {len(asked)} answers could be judged: {asked[-1].why_not}")
    click.echo("\n".join(filter(None, (*in_words(result), usage_text(whole)))))


def counting(ask: AskQuestion, output: ScriptOutput) -> AskQuestion:
    """Tokens and costs are those of each vote."""

    def asked(question: Question) -> Answer:
        answer = ask(question)
        output.usage.add(answer)
        return answer

    return asked


def judged(
    court: Court, subjects: Sequence[Subject], ask: AskQuestion, askers: int, first_vote: int = 0
) -> Iterator[Sheet]:
    """Each subject's sheet, as they get ready; whatever ends the asking ends all."""
    programs = court.programs(one.rubric for one in subjects)

    def vote(turn: tuple[int, int]) -> Vote:
        place, number = turn
        subject = subjects[place]
        return programs[subject.rubric].vote(subject, number, ask, f"{subject.task_id} {subject.sample}")

    yield from (Sheet(one, why_not=one.why_not) for one in subjects if one.why_not)
    todo = [place for place, one in enumerate(subjects) if not one.why_not]
    turns = [(place, first_vote + number) for place in todo for number in range(court.votes)]
    collected: dict[int, list[Vote]] = {place: [] for place in todo}
    with closing(in_parallel(vote, turns, askers)) as votes:
        for turn, one_vote in votes:
            place, _ = turns[turn]
            collected[place].append(one_vote)
            if len(collected[place]) == court.votes:
                rubric = court.rubrics[subjects[place].rubric]
                yield _sheet(rubric, subjects[place], collected.pop(place))


def _sheet(rubric: Rubric, subject: Subject, votes: Sequence[Vote]) -> Sheet:
    votes = sorted(votes, key=lambda one: one.number)
    decisions = decide(rubric.asked, votes, Lines(subject.files))
    by_runs = told_decisions(rubric.items, subject.told)
    failures = {vote.failure for vote in votes}
    why_not = ""
    if len(failures) == 1 and None not in failures:
        why_not = f"{votes[0].failure} in every vote: {votes[0].detail}".removesuffix(": ")
        by_runs = []  # what ran is known without a judge: alone it is no judgement
    causes = Counter(str(one.why) for one in decisions if one.why is not None)
    if not why_not and sum(causes.values()) == len(decisions):
        why_not = f"nothing was decided: {causes.most_common(1)[0][0]}"
        by_runs = []
    order = {item.id: place for place, item in enumerate(rubric.items)}
    all_items = sorted([*by_runs, *decisions], key=lambda one: order[one.item.id])
    unserved = failures == {Abstention.NO_ANSWER}
    return Sheet(subject, tuple(all_items), why_not, unserved, sum(vote.tokens or 0 for vote in votes))


def row_of(sheet: Sheet) -> JudgedRow:
    """For lists, which know passed and failed: at least half of the points is passed."""
    points = sheet.points
    if sheet.why_not == NO_CODE:
        return JudgedRow(sheet, Verdict.EMPTY, NO_CODE)
    if sheet.why_not or points is None:
        return JudgedRow(sheet, Verdict.INFRASTRUCTURE, sheet.why_not or "nothing was decided")
    abstentions = sum(one.answer is None for one in sheet.decisions)
    detail = f"{points:.0f} points, {abstentions} abstentions"
    return JudgedRow(sheet, Verdict.PASSED if points >= ENOUGH else Verdict.WRONG, detail)


def keep_rationales(folder: Path | None, judged: Sequence[Sheet | ComparedPair]) -> None:
    """One line an answer or a pair: every item with its answer, evidence and reasons."""
    if folder is None:
        return
    with explained(folder):
        make_folder(folder)
        lines = "".join(json.dumps(one.as_record(), ensure_ascii=False) + "\n" for one in judged)
        (folder / RunFile.RATIONALES).write_text(lines, encoding="utf-8", errors="backslashreplace")


def summary_of(
    name: str, rows: Iterable[JudgedRow], score: float | None, interval: Sequence[float] | None
) -> dict[str, Any]:
    """A judge's result in the form of every script's summary; what has no verdict is not counted."""
    counted = [row for row in rows if row.verdict in (Verdict.PASSED, Verdict.WRONG)]
    return {
        "score": score,
        "total_passed": sum(row.verdict is Verdict.PASSED for row in counted),
        "total_problems": len(counted),
        "difficulty_scores": {},
        "failed_tasks": sorted({row.task_id for row in counted if row.verdict is Verdict.WRONG}),
        "problem_set": {"name": name, "version": None, "sha256": None},
        "interval": interval,
    }


def in_words(result: Mapping[str, Any]) -> list[str]:
    """The result for people."""
    points, interval = result["points"], result["interval"]
    left_out = [
        f"{count} answers not judged: {why}" for why, count in result["answers"]["not_judged"].items()
    ]
    if points is None:
        return ["Results: no answer could be judged", *left_out]
    between = f", 95% interval {interval[0]:.1f}–{interval[1]:.1f}" if interval else ""
    items = result["items"]
    count = result["answers"]["judged"]
    said = [f"Results: {points:.1f} points over {how_many(count, 'answer')}{between}"]
    said.append(", ".join(f"{name} {value:.0f}" for name, value in result["dimensions"].items()))
    agreement = f", agreement of votes {100 * result['agreement']:.0f}%" if result["agreement"] else ""
    causes = ", ".join(f"{why} {count}" for why, count in items["abstentions"].items())
    abstained = sum(items["abstentions"].values())
    said.append(
        f"Items: {items['asked']} asked, {items['yes']} yes, {items['no']} no, "
        f"{abstained} abstentions{f' ({causes})' if causes else ''}{agreement}"
    )
    return [*said, *left_out]


def need_run(folder: Path | None, flag: str = "--run") -> Path:
    if folder is None:
        raise UsageError("--run is missing: the folder of the run whose answers are to be judged")
    if not folder.is_dir():
        raise UsageError(f"{flag} {folder}: there is no such folder; a run's record names it as artifacts")
    return folder.resolve()
