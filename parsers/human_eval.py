"""What our own benchmark scripts leave: summary.json and verdicts.jsonl, and the summary they print."""

from __future__ import annotations

import re
from collections import defaultdict
from itertools import chain
from pathlib import Path
from typing import Any

from benchkit.contract import RunFile
from benchkit.records import Results, Verdict
from parsers.folder import ResultFolder, json_lines
from parsers.harness import Harness, Untrue, percent, share
from parsers.text import lines

_KNOWN = (
    "score",
    "total_passed",
    "total_problems",
    "time_taken",
    "difficulty_scores",
    "failed_tasks",
    "problem_set",
)
_NUMBER = r"(-?[\d.]+|nan|inf)"
_HEAD = re.compile(r"Results: (?P<name>.+?)(?: v?(?P<version>\d\S*))?(?: \(sha256 (?P<sha256>[0-9a-f]+)\))?$")
_SCORE = re.compile(rf"pass@1: {_NUMBER}% \((\d+)/(\d+)\)(?:, 95% interval {_NUMBER}[–-]{_NUMBER})?")
_TIME = re.compile(rf"Time: {_NUMBER} s")
_DIFFICULTY = re.compile(rf"(\w+): {_NUMBER}% \(\d+/\d+\)")
_FAILED = "Failed tasks: "


class HumanEvalParser(Harness):
    looked_for = "summary.json in its folder, or the lines 'Results:', 'pass@1: …% (…/…)' and 'Failed tasks:'"

    def from_folder(self, folder: ResultFolder) -> Results | None:
        for path, summary in reversed(folder.json(RunFile.SUMMARY)):
            beside = [file for file in folder.files(RunFile.VERDICTS) if file.parent == path.parent]
            return _from_summary(summary, _verdicts(beside))
        return None

    def from_text(self, output: str) -> Results | None:
        summary = _last_summary(output)
        return _from_printed(summary) if summary else None


def _from_summary(summary: dict[str, Any], verdicts: dict[str, tuple[Verdict, ...]]) -> Results:
    passed, total = summary["total_passed"], summary["total_problems"]
    share(passed, total)
    return Results(
        score=percent(summary["score"]),
        total_passed=passed,
        total_problems=total,
        time_taken=summary.get("time_taken"),
        difficulty_scores={
            name: percent(score) for name, score in (summary.get("difficulty_scores") or {}).items()
        },
        failed_tasks=tuple(summary.get("failed_tasks") or ()),
        metrics={name: value for name, value in summary.items() if name not in _KNOWN},
        problem_set=summary.get("problem_set"),
        verdicts=verdicts,
    )


def _verdicts(files: list[Path]) -> dict[str, tuple[Verdict, ...]]:
    samples: dict[str, list[tuple[int, Verdict]]] = defaultdict(list)
    for line in chain.from_iterable(json_lines(path) for path in files):
        samples[line["task_id"]].append((line.get("sample") or 0, Verdict(line["verdict"])))
    return {task: tuple(verdict for _, verdict in sorted(of_task)) for task, of_task in samples.items()}


def _last_summary(output: str) -> list[str]:
    """The lines from the last 'Results:' on; what a model's answer may have printed before does not count."""
    summary: list[str] = []
    for line in lines(output):
        if line.startswith("Results: "):
            summary = [line]
        elif summary and len(summary) < 100:
            summary.append(line)
    return summary


def _from_printed(summary: list[str]) -> Results | None:
    scores = [match for line in summary if (match := _SCORE.match(line))]
    if not scores or not any(line.startswith(_FAILED) for line in summary):  # cut short before its end
        return None
    score, passed, total = percent(scores[0][1]), int(scores[0][2]), int(scores[0][3])
    if abs(share(passed, total) - score) > 50 / total + 0.01:  # means over samples are rounded to problems
        raise Untrue(f"it says {score}% and {passed} of {total}")
    times = [match for line in summary if (match := _TIME.match(line))]
    difficulties = [match for line in summary if (match := _DIFFICULTY.match(line))]
    failed = [line.removeprefix(_FAILED) for line in summary if line.startswith(_FAILED)]
    head = _HEAD.match(summary[0])
    return Results(
        score=score,
        total_passed=passed,
        total_problems=total,
        time_taken=float(times[0][1]) if times else None,
        difficulty_scores={match[1]: percent(match[2]) for match in difficulties},
        failed_tasks=tuple(failed[0].split(", ")) if failed and failed[0] != "none" else (),
        metrics={"interval": [float(scores[0][4]), float(scores[0][5])]} if scores[0][5] else {},
        problem_set=head.groupdict() if head else None,
    )
