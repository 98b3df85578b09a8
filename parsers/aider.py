"""aider's benchmark (https://github.com/Aider-AI/aider/tree/main/benchmark).

Each exercise has its `.aider.results.json` with the outcome of every try; `benchmark.py --stats DIR` prints
`pass_rate_1:`, `pass_rate_2:` and more. The score is the pass rate after the last try, as on its leaderboard.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from benchkit.records import Results, Verdict
from parsers.folder import ResultFolder
from parsers.harness import Harness, Untrue, count, from_verdicts, only, percent, share
from parsers.text import lines

_STAT = re.compile(r"(?:- |  )(\w+): (.*)$")


class AiderParser(Harness):
    looked_for = "files .aider.results.json of this run, or the lines 'test_cases: …' and 'pass_rate_1: …'"

    def from_folder(self, folder: ResultFolder) -> Results | None:
        files = [(_name(path), content) for path, content in folder.json(".aider.results.json") if content]
        if len(dict(files)) < len(files):
            raise Untrue("an exercise is there twice: of two runs, one has to be named")
        return _from_exercises(dict(files)) if files else None

    def from_text(self, output: str) -> Results | None:
        blocks: list[dict[str, str]] = []
        for name, value in (match.groups() for line in lines(output) if (match := _STAT.match(line))):
            if name == "dirname" or not blocks:
                blocks.append({})
            blocks[-1][name] = value
        whole = [block for block in blocks if {"pass_rate_1", "total_cost"} <= block.keys()]
        only(sorted({block.get("model", "") for block in whole}) or [""], "models")
        return _from_stats(whole[-1]) if whole else None


def _name(path: Path) -> str:
    """LANGUAGE/EXERCISE of LANGUAGE/exercises/practice/EXERCISE/.aider.results.json."""
    parts = path.parent.parts
    return f"{parts[-4]}/{parts[-1]}" if parts[-3:-1] == ("exercises", "practice") else parts[-1]


def _from_exercises(exercises: dict[str, dict[str, Any]]) -> Results:
    only(sorted({str(content["model"]) for content in exercises.values() if "model" in content}), "models")
    tries = max(len(content.get("tests_outcomes", [])) for content in exercises.values())
    rates = {
        f"pass_rate_{n}": share(
            sum(any(_outcomes(content)[:n]) for content in exercises.values()), len(exercises)
        )
        for n in range(1, tries + 1)
    }
    return from_verdicts({name: [_verdict(content)] for name, content in exercises.items()}, rates)


def _outcomes(content: dict[str, Any]) -> list[bool]:
    outcomes: list[bool] = content.get("tests_outcomes", [])
    return outcomes


def _verdict(content: dict[str, Any]) -> Verdict:
    if "exception" in content:
        return Verdict.INFRASTRUCTURE
    if _outcomes(content)[-1:] == [True]:
        return Verdict.PASSED
    return Verdict.TIMEOUT if content.get("test_timeouts") else Verdict.WRONG


def _from_stats(stats: dict[str, str]) -> Results:
    last = max(int(name.removeprefix("pass_rate_")) for name in stats if name.startswith("pass_rate_"))
    score, total = percent(stats[f"pass_rate_{last}"]), count(stats["test_cases"], "test_cases")
    solved = f"pass_num_{last}"
    passed = count(stats[solved], solved) if solved in stats else None
    if passed is not None and abs(share(passed, total) - score) > 0.06:
        raise Untrue(f"it says {score}% and {passed} of {total}")
    return Results(score=score, total_passed=passed, total_problems=total, metrics=stats)
