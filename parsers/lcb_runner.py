"""LiveCodeBench's own runner (https://github.com/LiveCodeBench/LiveCodeBench).

It writes `…_eval_all.json` (each question with its `graded_list`) and `…_eval.json` (the metrics). Its score
script prints `Pass@k = …` for every k, also for those above the number of samples, where the figure means
nothing; so of printed lines only pass@1 is taken, and of a file's only the k that there are samples for.
"""

from __future__ import annotations

import json
import re
from typing import Any

from benchkit.records import Results, Verdict
from parsers.folder import ResultFolder
from parsers.harness import Harness, Untrue, from_verdicts, only, percent
from parsers.text import lines

_ERRORS = {-1: Verdict.ERROR, -2: Verdict.WRONG, -3: Verdict.TIMEOUT, -4: Verdict.ERROR}
_PRINTED = re.compile(r"(?:(Easy|Medium|Hard) )?Pass@1(?::| =)\s+(\S+)$")


class LcbRunnerParser(Harness):
    looked_for = "a file *_eval_all.json or *_eval.json of this run, or the line 'Pass@1 = …'"

    def from_folder(self, folder: ResultFolder) -> Results | None:
        if files := folder.json("*eval_all.json"):
            return _from_questions(only(files, "files *_eval_all.json")[1])
        if files := folder.json("*_eval.json"):
            return _from_metrics(only(files, "files *_eval.json")[1])
        return None

    def from_text(self, output: str) -> Results | None:
        printed = [match for line in lines(output) if (match := _PRINTED.match(line))]
        scores = {str(match[1]).lower(): percent(match[2], 100) for match in printed if match[2] != "nan"}
        if "none" not in scores:
            return None
        score = scores.pop("none")
        return Results(score=score, difficulty_scores=scores)


def _from_questions(questions: list[dict[str, Any]]) -> Results:
    verdicts = {question["question_id"]: _verdicts(question) for question in questions}
    if len(verdicts) != len(questions):
        raise Untrue("a question stands in the file twice")
    return from_verdicts(verdicts, difficulties={q["question_id"]: q["difficulty"] for q in questions})


def _verdicts(question: dict[str, Any]) -> list[Verdict]:
    details = question.get("metadata") or [None] * len(question["graded_list"])
    return [
        Verdict.PASSED if passed is True else _why(detail)
        for passed, detail in zip(question["graded_list"], details, strict=True)
    ]


def _why(detail: Any) -> Verdict:
    """What the grader noted beside a failure; without a note it is a wrong answer."""
    try:
        return _ERRORS.get(json.loads(detail)["error_code"], Verdict.WRONG)
    except (ValueError, TypeError, LookupError):
        return Verdict.WRONG


def _from_metrics(content: list[Any]) -> Results:
    """The metrics, each question's tests of each sample, and notes; `detail` repeats pass@k a question."""
    graded = content[1]
    verdicts = {
        question: [
            Verdict.PASSED if all(test is True or test > 0 for test in sample) else Verdict.WRONG
            for sample in samples
        ]
        for question, samples in graded.items()
    }
    fewest = min(len(samples) for samples in verdicts.values())
    scores = {
        name: percent(value, 100)
        for name, value in content[0].items()
        if name.startswith("pass@") and int(name.removeprefix("pass@")) <= fewest
    }
    return from_verdicts(verdicts, {"pass_at_k": scores})
