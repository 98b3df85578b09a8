"""The summary as text; its first lines have the form that parsers/human_eval.py reads."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from benchkit.asking.problems.livecodebench import PUBLIC_ONLY
from benchkit.contract import PARTS, ScorePart
from benchkit.pip_commands import pip_install
from benchkit.terminal import counted, how_many
from benchkit.verdict import Verdict

SHOWN_TASKS = 20


def as_text(summary: Mapping[str, Any]) -> str:
    """The summary's lines, with `time_taken` where the script has added it."""
    return "\n".join([*_parsed_lines(summary), *_further_lines(summary)])


def _parsed_lines(summary: Mapping[str, Any]) -> Iterator[str]:
    """The lines with a fixed form: change them only together with the parser."""
    about = summary["problem_set"]
    name = " ".join(str(part) for part in (about["name"], about["version"]) if part)
    yield f"Results: {name} (sha256 {about['sha256'][:12]})"
    yield f"pass@1: {_share(summary)}, 95% interval {_interval(summary['interval'])}"
    if summary.get("time_taken") is not None:
        yield f"Time: {summary['time_taken']:.1f} s"
    for difficulty, score in summary["difficulty_scores"].items():
        passed, total = summary["further"]["difficulties"][difficulty]
        yield f"{difficulty}: {score:.2f}% ({passed}/{total})"
    yield f"Failed tasks: {', '.join(summary['failed_tasks']) or 'none'}"


def _further_lines(summary: Mapping[str, Any]) -> Iterator[str]:
    further = summary["further"]
    for name, value in summary["pass_at_k"].items():
        if name != "pass@1":
            yield f"{name}: {value:.2f}%, 95% interval {_interval(further['pass_at_k_intervals'][name])}"
    yield from _base_lines(further.get("base"))
    yield from _group_lines(summary)
    if without := further.get("without_faulty"):
        faulty = how_many(len(without["faulty"]), "problem")
        yield f"Without the {faulty} known to be faulty: {_share(without)}"
    yield "Verdicts: " + ", ".join(f"{count} {verdict}" for verdict, count in summary["counts"].items())
    if failures := summary["counts"].get(str(Verdict.INFRASTRUCTURE)):
        lost = "could not be had or judged;"
        yield f"{counted(failures, f'answer {lost} it is', f'answers {lost} they are')} no part of the score"
    if unjudged := further["unjudged"]:
        yield f"Without a judged sample, no part of the score: {len(unjudged)}, such as {unjudged[0]}"
    yield from _part_lines(further.get(PARTS, {}))
    yield "Slowest: " + ", ".join(f"{one['task_id']} {one['seconds']:.2f} s" for one in further["slowest"])


def _part_lines(parts: Mapping[str, Any]) -> Iterator[str]:
    for name, worth in ((ScorePart.QUALITY, 75), (ScorePart.EFFICIENCY, 100)):
        part = parts.get(name)
        if part is None or part.get("mean") is None:
            if part and name is ScorePart.QUALITY and "why" in part:
                yield f"Quality: {part['why']}"
            continue
        interval = f", 95% interval {_interval(part['interval'])}" if part["interval"] else ""
        points, count = f"{part['mean']:.1f} of 100 ({worth} equals the references)", len(part["points"])
        yield f"{name.capitalize()}: {points}{interval}, {how_many(count, 'problem')}"


def _base_lines(base: Mapping[str, Any] | None) -> Iterator[str]:
    if base is not None:
        yield f"Base tests alone: {_share(base)}, 95% interval {_interval(base['interval'])}"
        if base["passes_only_base"]:
            yield f"Pass the base tests and fail the extra ones: {_some(base['passes_only_base'])}"


def _group_lines(summary: Mapping[str, Any]) -> Iterator[str]:
    for name, groups in summary["further"].get("groups", {}).items():
        yield f"By {name}: " + ", ".join(f"{value} {_share(group)}" for value, group in groups.items())
    if PUBLIC_ONLY in (summary["problem_set"]["version"] or ""):
        yield "Public tests only: the file has no private ones, which fail many an answer that passes these"
    versions = summary["further"].get("judging", {}).get("libraries", {})
    if missing := [library for library, version in versions.items() if version is None]:
        yield f"Not there for the programs: {', '.join(missing)} ({pip_install(*missing)})"


def _share(part: Mapping[str, Any]) -> str:
    score = "unknown" if part["score"] is None else f"{part['score']:.2f}%"
    return f"{score} ({part['total_passed']}/{part['total_problems']})"


def _interval(interval: list[float]) -> str:
    return f"{interval[0]:.1f}–{interval[1]:.1f}"


def _some(tasks: list[str]) -> str:
    more = len(tasks) - SHOWN_TASKS
    return ", ".join(tasks[:SHOWN_TASKS]) + (f" and {more} more" if more > 0 else "")
