"""Two runs' answers beside one another: which code a judge would rather keep, asked in both orders."""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path
from statistics import fmean
from typing import Any

import click

from benchkit.asking.script import ScriptOutput, Settings, say, usage_text
from benchkit.contract import JudgeRun
from benchkit.errors import UsageError
from benchkit.judging.judge_evaluation import Court, JudgedRow, counting, keep_rationales, summary_of
from benchkit.judging.judges.llm.pairs import FIRST, SAME, SECOND, ComparedPair, PairProgram, compare_all
from benchkit.judging.judges.llm.points import Sheet
from benchkit.judging.judges.llm.rubrics import DIMENSIONS
from benchkit.judging.judges.llm.subjects import Subject, subjects_of_run
from benchkit.judging.judges.llm.votes import Abstention
from benchkit.statistics import points_interval, sign_flip
from benchkit.verdict import Verdict

WORTH = {FIRST: 1.0, SAME: 0.5, SECOND: 0.0}


def compare_runs(court: Court, settings: Settings, run: Path, against: Path) -> None:
    """Compare all answers to the tasks that both runs have, and tell the result."""
    begun = time.monotonic()
    pairs = _pairs(run, against)[: settings.limit]
    programs = {
        name: PairProgram(court.rubrics[name]) for name in sorted({first.rubric for first, _ in pairs})
    }
    if settings.check:
        say(f"{len(pairs)} pairs of answers of {run.name} and {against.name}: all is ready")
        return
    from benchkit.asking.client.asking import Asking

    asking = Asking(settings)
    output = ScriptOutput(settings.output_dir, len(pairs), begun)
    record = {**court.as_record(programs), "votes": 2, "run": run.name, "against": against.name}
    rows = []
    with (
        asking.one_by_one({"judge": record, "pairs": True}) as ask,
        closing(compare_all(programs, pairs, counting(ask, output), asking.askers)) as all_compared,
    ):
        for _, one in all_compared:
            rows.append(one)
            output.add(_row(one))
    rows.sort(key=lambda one: (one.first.task_id, one.first.sample))  # they came as they got ready
    keep_rationales(settings.output_dir, rows)
    result = _summed(rows)
    name = f"pairs of {run.name} and {against.name}"
    summary = summary_of(name, map(_row, rows), result["points"], result["interval"])
    told = {**record, JudgeRun.SERVED: asking.served, **result}
    whole = output.finish({**summary, **asking.facts(), "further": {JudgeRun.FURTHER: told}})
    click.echo("\n".join(filter(None, (*_in_words(result, run.name, against.name), usage_text(whole)))))


def _pairs(run: Path, against: Path) -> list[tuple[Subject, Subject]]:
    """Answers with code to the same tasks, sample by sample."""
    others = {(one.task_id, one.sample): one for one in subjects_of_run(against) if not one.why_not}
    pairs = [
        (one, others[one.task_id, one.sample])
        for one in subjects_of_run(run)
        if not one.why_not and (one.task_id, one.sample) in others
    ]
    if not pairs:
        raise UsageError(f"{run.name} and {against.name} have no task to which both gave code")
    return pairs


def _worth(one: ComparedPair) -> float | None:
    """The first answer's share of what is decided, same counting as a half; None where nothing is."""
    decided = [WORTH[each.answer] for each in one.preferences if each.answer is not None]
    return fmean(decided) if decided else None


def _row(one: ComparedPair) -> JudgedRow:
    """For lists: the first run's answer passes where it is preferred, or is as good."""
    worth = _worth(one)
    causes = {each.why for each in one.preferences}
    if causes == {Abstention.NO_ANSWER}:
        return JudgedRow(Sheet(one.first), Verdict.INFRASTRUCTURE, Abstention.NO_ANSWER)
    if worth is None:
        return JudgedRow(Sheet(one.first), Verdict.WRONG, "nothing was decided")
    return JudgedRow(
        Sheet(one.first), Verdict.PASSED if worth >= 0.5 else Verdict.WRONG, f"{100 * worth:.0f}%"
    )


def _summed(rows: Sequence[ComparedPair]) -> dict[str, Any]:
    """Points of the first run, what abstained and why, and whether it can be chance."""
    preferences = [each for one in rows for each in one.preferences]
    counts = Counter(each.answer for each in preferences if each.answer is not None)
    causes = Counter(str(each.why) for each in preferences if each.why is not None)
    worths = [worth for one in rows if (worth := _worth(one)) is not None]
    by_dimension: dict[str, list[float]] = defaultdict(list)
    for each in preferences:
        if each.answer is not None:
            by_dimension[each.item.dimension].append(WORTH[each.answer])
    interval = points_interval([100 * worth for worth in worths])
    return {
        "points": round(100 * fmean(worths), 4) if worths else None,
        "interval": interval and [round(end, 4) for end in interval],
        "dimensions": {
            name: round(100 * fmean(by_dimension[name]), 2) for name in DIMENSIONS if name in by_dimension
        },
        "pairs": len(rows),
        "items": {
            **{word: counts[word] for word in (FIRST, SECOND, SAME)},
            "abstentions": dict(sorted(causes.items())),
        },
        "p": round(sign_flip([2 * worth - 1 for worth in worths]), 4) if worths else None,
    }


def _in_words(result: Mapping[str, Any], first: str, second: str) -> list[str]:
    if result["points"] is None:
        return ["Results: nothing was decided"]
    interval, items = result["interval"], result["items"]
    between = f", 95% interval {interval[0]:.1f}–{interval[1]:.1f}" if interval else ""
    causes = ", ".join(f"{why} {count}" for why, count in items["abstentions"].items())
    return [
        f"Results: {first} gets {result['points']:.1f}% of what was decided against {second}{between}, "
        f"over {result['pairs']} pairs, p={result['p']:.3f}",
        ", ".join(f"{name} {value:.0f}%" for name, value in result["dimensions"].items()),
        f"Items: {items[FIRST]} for {first}, {items[SECOND]} for {second}, {items[SAME]} for both alike, "
        f"{sum(items['abstentions'].values())} abstentions{f' ({causes})' if causes else ''}",
    ]
