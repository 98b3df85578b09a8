"""EvalPlus (https://github.com/evalplus/evalplus): base and plus tests of HumanEval+ and MBPP+.

It writes `eval_results.json` or `NAME_eval_results.json`, and prints `humaneval+ (base + extra tests)` with
`pass@1:` below it; older ones print `Base + Extra` and a dict.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from benchkit.records import Progress, Results, Verdict
from parsers.folder import ResultFolder
from parsers.harness import Harness, Untrue, from_verdicts, only, percent
from parsers.text import lines, plain

_VERDICTS = {
    "pass": Verdict.PASSED,
    "success": Verdict.PASSED,  # as versions before 0.2 wrote it
    "fail": Verdict.WRONG,  # wrong or raised: the file does not tell
    "failed": Verdict.WRONG,
    "timeout": Verdict.TIMEOUT,
    "timed out": Verdict.TIMEOUT,
}
_HEADS = {
    "base": re.compile(r"Base$|(\S+) \(base tests\)$"),
    "plus": re.compile(r"Base \+ Extra$|(\S+\+) \(base \+ "),
}
_SCORE = re.compile(r"(?:\{')?pass@(\d+)'?:\s*(?:np\.float64\()?([^\s,})]+)")
_ASKED = re.compile(r"Codegen: \S+ @ ")


class EvalPlusParser(Harness):
    looked_for = "a file *eval_results.json of this run, or the lines '… (base tests)' and 'pass@1: …'"

    def __init__(self) -> None:
        self._asked = 0

    def from_folder(self, folder: ResultFolder) -> Results | None:
        files = folder.json("*eval_results.json")
        return _from_tasks(only(files, "result files")[1]) if files else None

    def from_text(self, output: str) -> Results | None:
        if "Load from previous results from" in output:
            raise Untrue("evalplus asked and judged nothing but showed a former run's results")
        return _from_printed(output)

    def progress(self, line: str) -> Progress | None:
        if _ASKED.match(plain(line)):
            self._asked += 1
            return Progress(self._asked)
        return super().progress(line)


def _from_tasks(content: dict[str, Any]) -> Results:
    samples = {task: _samples(of_task) for task, of_task in content["eval"].items()}
    base = from_verdicts({task: [base for base, _ in of_task] for task, of_task in samples.items()})
    has_plus = all(plus is not None for of_task in samples.values() for _, plus in of_task)
    name = _set_of(next(iter(samples))) + "+" * has_plus
    problem_set = {"name": name, "version": str(content.get("hash") or "")[:12] or None}
    if not has_plus:
        metrics: dict[str, Any] = {"tests": "base", "base_score": base.score}
        return replace(base, metrics=metrics, problem_set=problem_set)
    verdicts = {task: [_both(*sample) for sample in of_task] for task, of_task in samples.items()}
    metrics = {"tests": "base and plus", "base_score": base.score, "base_passed": base.total_passed}
    return replace(from_verdicts(verdicts, metrics), problem_set=problem_set)


def _set_of(task: str) -> str:
    """humaneval of HumanEval/0, mbpp of Mbpp/2."""
    return task.partition("/")[0].lower()


def _samples(of_task: Any) -> list[tuple[Verdict, Verdict | None]]:
    """Of each sample the verdict of the base tests and of the extra ones, None where those were not run."""
    if isinstance(of_task, dict):  # versions before 0.2: two lists of [status, details]
        plus = of_task.get("plus") or [[None]] * len(of_task["base"])
        pairs = [(one[0], other[0]) for one, other in zip(of_task["base"], plus, strict=True)]
    else:
        pairs = [(sample["base_status"], sample.get("plus_status")) for sample in of_task]
    return [(_VERDICTS[base], None if plus is None else _VERDICTS[plus]) for base, plus in pairs]


def _both(base: Verdict, plus: Verdict | None) -> Verdict:
    return base if base is not Verdict.PASSED or plus is None else plus


def _from_printed(output: str) -> Results | None:
    scores: dict[str, dict[str, float]] = {}
    names: dict[str, str | None] = {}
    section = None
    for line in lines(output):
        if heading := next(
            ((name, head) for name, form in _HEADS.items() if (head := form.match(line))), None
        ):
            section = scores[heading[0]] = {}
            names[heading[0]] = heading[1][1]
        elif section is not None:
            section.update({f"pass@{k}": percent(value, 100) for k, value in _SCORE.findall(line)})
    tests = "plus" if scores.get("plus") else "base"
    of_tests = scores.get(tests)
    if not of_tests:
        return None
    metrics: dict[str, Any] = {"tests": "base and plus" if tests == "plus" else "base", "pass_at_k": of_tests}
    if "pass@1" in scores.get("base", {}):
        metrics["base_score"] = scores["base"]["pass@1"]
    name = names[tests]
    return Results(score=of_tests["pass@1"], metrics=metrics, problem_set={"name": name} if name else None)
