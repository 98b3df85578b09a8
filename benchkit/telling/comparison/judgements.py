"""What judges said of a run: judging runs are runs of the history, and name the run that they judged."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise
from typing import Any

from benchkit.contract import JudgeRun, RunFile
from benchkit.json_values import number, numbers
from benchkit.records import Run
from benchkit.rerun import PROGRAM, quoted
from benchkit.telling.comparison.catalog import Catalog
from benchkit.telling.comparison.families import related_by
from benchkit.telling.comparison.judge_identity import JudgeIdentity, identity_of, told_by
from benchkit.telling.comparison.selection import Contestant, Section
from benchkit.telling.history.artifacts import artifact_rows
from benchkit.telling.history.base import Store
from benchkit.telling.history.heads import RunHead

CHANGES_WORDS = ("--rubrics", "--program")
"""Flags of a judge that its check must have as well."""


@dataclass(frozen=True)
class RunJudgement:
    """What one judge said of one run."""

    judging: Run  # the judge's own run
    of: str  # the id of the run that it judged
    uncalibrated: str  # why its points count for nothing yet; empty where it passed its check
    related: str = ""  # the family that it shares with whom it judged

    @cached_property
    def identity(self) -> JudgeIdentity:
        return identity_of(self.judging)

    @property
    def judge(self) -> str:
        """Its name, and where it was asked where the name alone does not tell."""
        return self.identity.label

    @cached_property
    def told(self) -> Mapping[str, Any]:
        return told_by(self.judging)

    @property
    def points(self) -> float | None:
        return number(self.told.get("points"))

    @property
    def interval(self) -> tuple[float, float] | None:
        return interval_of(self.judging)

    def in_words(self) -> str:
        """`judge-7b: 71.3 points [66–76], functionality 80, …; uncalibrated: …`"""
        between = f" [{self.interval[0]:.0f}–{self.interval[1]:.0f}]" if self.interval else ""
        points = "no points" if self.points is None else f"{self.points:.1f} points{between}"
        dimensions = numbers(self.told.get("dimensions")) or {}
        parts = [", ".join(f"{name} {value:.0f}" for name, value in dimensions.items())]
        agreement = number(self.told.get("agreement"))
        parts += [f"agreement of votes {100 * agreement:.0f}%"] if agreement is not None else []
        parts += [f"{count} abstentions"] if (count := self.abstentions) else []
        parts += [f"of the same family, {self.related}"] if self.related else []
        parts += [f"uncalibrated: {self.uncalibrated}"] if self.uncalibrated else []
        return f"{self.judge}: " + "; ".join([points, *filter(None, parts)])

    @property
    def abstentions(self) -> int:
        items = self.told.get("items")
        counted = items.get("abstentions") if isinstance(items, Mapping) else None
        return int(sum((numbers(counted) or {}).values()))


def interval_of(judging: Run) -> tuple[float, float] | None:
    """Of a judge's points, at 95%."""
    ends = [number(end) for end in told_by(judging).get("interval") or ()]
    return (ends[0], ends[1]) if len(ends) == 2 and ends[0] is not None and ends[1] is not None else None


def judged_set(run_id: str) -> str:
    """The name of the problem set that the answers of a run are to a judge."""
    return f"{JudgeRun.CODE} of {run_id}"


def judgements_of(catalog: Catalog, run: Run) -> list[RunJudgement]:
    """The latest of each judge, in the order of the judges' names."""
    wanted = judged_set(run.id)
    of_run = [head for head in _of_judges(catalog, JudgeRun.CODE) if head.ok and head.problems == wanted]
    found = [_judgement(catalog, judging, run) for judging in _latest_of_each(catalog, of_run)]
    return sorted(found, key=lambda one: one.judge)


def latest_checks(catalog: Catalog) -> list[Run]:
    """The latest check of each judge that was ever checked, in the order of the judges' names."""
    checks = [head for head in _of_judges(catalog, JudgeRun.CHECK) if head.ok]
    return sorted(_latest_of_each(catalog, checks), key=lambda check: identity_of(check).label)


def why_failed(check: Run) -> str:
    """The bars that a judge's check did not reach; empty where it passed."""
    sheet = told_by(check)
    if sheet.get("calibrated") is True:
        return ""
    failed = sheet.get("failed")
    return ", ".join(map(str, failed)) if isinstance(failed, list) else "below the bars"


def _latest_of_each(catalog: Catalog, heads: Sequence[RunHead]) -> list[Run]:
    """One run a judge, who is known by its file or its address."""
    latest: list[Run] = []
    for judging in (catalog.run(head) for head in sorted(heads, key=lambda head: head.when, reverse=True)):
        if all(identity_of(judging).difference(identity_of(one)) for one in latest):
            latest.append(judging)
    return latest


def _of_judges(catalog: Catalog, *benchmarks: str) -> list[RunHead]:
    """All runs in which models judge: two of one name may be two judges."""
    judges = {head.model for head in catalog.latest if head.benchmark in benchmarks}
    if not judges:
        return []
    return [head for head in catalog.of(sorted(judges)) if head.benchmark in benchmarks]


def _judgement(catalog: Catalog, judging: Run, run: Run) -> RunJudgement:
    return RunJudgement(
        judging, run.id, why_uncalibrated(catalog, judging), related_by(judging.model, run.model)
    )


def why_uncalibrated(catalog: Catalog, judging: Run) -> str:
    """Empty where the judge's latest check passed, and was of the same judge, rubrics and words."""
    checks = [
        head
        for head in catalog.of([judging.model])
        if head.benchmark == JudgeRun.CHECK and head.ok and head.model == judging.model
    ]
    next_step = quoted(_words_of_check(judging))
    if not checks:
        return f"it was never checked: {next_step}"
    newest_first = sorted(checks, key=lambda head: head.when, reverse=True)
    check = _check_of(judging, map(catalog.run, newest_first))
    if check is None:
        last = catalog.run(newest_first[0])
        whose = identity_of(judging).difference(identity_of(last))
        return f"its check, {last.id}, was of {whose}: {next_step}"
    sheet = told_by(check)
    mine, checked = told_by(judging).get("programs"), sheet.get("programs")
    if not isinstance(mine, Mapping) or not isinstance(checked, Mapping):
        return f"its check, {check.id}, does not tell what it was asked: {next_step}"
    if odd := sorted(name for name in mine if mine[name] != checked.get(name)):
        return f"its check, {check.id}, asked otherwise: {', '.join(odd)}: {next_step}"
    if few := _fewer_votes(judging, sheet):
        return f"its check, {check.id}, {few}"
    if failed := why_failed(check):
        return f"its check, {check.id}, failed: {failed}"
    return ""


def _fewer_votes(judging: Run, sheet: Mapping[str, Any]) -> str:
    """A majority of several votes was checked: one vote alone is less sure. Pairs always have two."""
    mine, checked = number(told_by(judging).get("votes")), number(sheet.get("votes"))
    if judging.benchmark != JudgeRun.CODE or mine is None or checked is None or mine >= checked:
        return ""
    return f"had {checked:g} votes on each answer, and this has {mine:g}: check it with --votes {mine:g}"


def _check_of(judging: Run, checks: Iterator[Run]) -> Run | None:
    """The first that is of this very judge."""
    judge = identity_of(judging)
    return next((check for check in checks if not judge.difference(identity_of(check))), None)


def _words_of_check(judging: Run) -> list[str]:
    """The command that checks this judge: the file, the provider's model, or the name at its address."""
    config = judging.config
    words = [PROGRAM, "judge", "check", config.path or judging.model]
    if not config.path and not config.value("provider") and config.base_url:
        words += ["--base-url", config.base_url]
    votes = number(told_by(judging).get("votes"))
    if judging.benchmark == JudgeRun.CODE and votes is not None and votes < JudgeRun.VOTES:
        words += ["--votes", f"{votes:g}"]  # with more a check would be of another judge
    given = config.script_args or ()
    pairs = pairwise(given)
    return [*words, *(word for pair in pairs if pair[0] in CHANGES_WORDS for word in pair)]


def rationales(store: Store, judgement: RunJudgement, task: str | None = None) -> Iterator[dict[str, Any]]:
    """What it said of each answer, item by item; of one task where one is named."""
    for row in artifact_rows(store, judgement.judging, RunFile.RATIONALES):
        if task is None or row.get("task_id") == task:
            yield row


def rationale_lines(row: Mapping[str, Any]) -> Iterator[str]:
    """One line an item: its answer, the evidence and the first reason."""
    for item in row.get("items") or ():
        if isinstance(item, Mapping):
            yield _item_line(item)


def _item_line(item: Mapping[str, Any]) -> str:
    """`code quality: Do names tell …? no – the reason · code: the line`"""
    answer = item.get("answer") or f"abstained ({item.get('why')})"
    asked = item.get("question") or f"{item.get('item')}:"
    line = f"{item.get('dimension')}: {asked} {answer}"
    agreement = number(item.get("agreement"))
    line += f" ({100 * agreement:.0f}% of votes)" if agreement is not None and agreement < 1 else ""
    line += f", as {item['told_by']} tell" if item.get("told_by") else ""
    reasons = item.get("reasons")
    reason = f" – {reasons[0]}" if isinstance(reasons, list) and reasons else ""
    evidence = f" · code: {item['evidence']}" if item.get("evidence") else ""
    return " ".join(f"{line}{reason}{evidence}".split())


def judged_by(judgement: RunJudgement) -> str:
    """The head of its lines."""
    doubt = ", which is uncalibrated" if judgement.uncalibrated else ""
    return f"judged by {judgement.judge}{doubt}:"


def with_judgements(section: Section, catalog: Catalog) -> Section:
    """The section, its contestants with what judges said of them."""
    of_judges = _of_judges(catalog, JudgeRun.CODE, JudgeRun.CHECK)
    if not of_judges:
        return section
    few = Catalog(catalog.store, of_judges)  # a history has many runs, and few of judges
    members = tuple(
        replace(one, judgements=tuple(judgements_of(few, one.run))) for one in section.contestants
    )
    return replace(section, contestants=members)


def judgement_lines(rows: Sequence[Contestant]) -> list[str]:
    """Every judge's word on every contestant, in words."""
    return [f"{row.label} judged by {one.in_words()}" for row in rows for one in row.judgements]


def shown_judgement(one: Contestant) -> RunJudgement | None:
    """Of several judges one that passed its check, and of these the latest."""
    known: Sequence[RunJudgement] = one.judgements
    best = sorted(known, key=lambda each: (not each.uncalibrated, each.judging.timestamp))
    return best[-1] if best else None
