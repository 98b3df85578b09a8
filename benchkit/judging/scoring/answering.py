"""Judges one answer: extracts its code and has it judged; some verdicts need no run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from benchkit.asking.answers import Code, Rung, extract
from benchkit.asking.answers.fences import fences
from benchkit.asking.problems.base import Problem
from benchkit.judging.judges import Judge, Judgement
from benchkit.judging.sandbox import WorkerLost
from benchkit.judging.scoring.base import Judged
from benchkit.verdict import Verdict

MOST_CODE = 100_000  # characters
_MOST_WORKERS = 3  # workers that may fail in a row while they judge one answer
_ENCODING_MARK = "\ufeff"  # of a file, and no part of its code


def judge_answer(
    judge: Judge,
    problem: Problem,
    response: str,
    *,
    sample: int = 0,
    truncated: bool = False,
    continues: bool = False,
    tokens: int | None = None,
    further: Mapping[str, Any] | None = None,
) -> Judged:
    """The verdict on a model's answer.

    `truncated` says that the model hit its token budget: the answer is judged all the same, since its code
    may be whole, and is `truncated` unless it passes. `continues` is for raw completions.
    """
    code = extract(
        response,
        prompt=problem.prompt,
        entry_point=problem.entry_point,
        continues=continues,
        language=problem.language,
    )
    judgement = _judgement(judge, problem, code, truncated)
    judged = _judged(problem.id, sample, judgement, code, tokens, further or {})
    return replace(judged, further={**judged.further, **_code_to_look_at(response, judged)})


def _code_to_look_at(response: str, judged: Judged) -> dict[str, str]:
    """Of an answer that did not pass, where its one block of code is not what was judged."""
    if judged.verdict is Verdict.PASSED or not judged.source:
        return {}
    blocks = [block.code.strip() for block in fences(response)]
    return {} if blocks == [judged.source.strip()] else {"code": judged.source[:MOST_CODE]}


def judge_code(judge: Judge, problem: Problem, source: str, *, sample: int = 0) -> Judged:
    """The verdict on code that was extracted elsewhere."""
    given = Code(source if source.strip() else "", Rung.GIVEN)
    return _judged(problem.id, sample, _judgement(judge, problem, given, False), given, None, {})


def _judgement(judge: Judge, problem: Problem, code: Code, truncated: bool) -> Judgement:
    if not code.source:
        return _without_code(judge, truncated)
    judgement = _judge_with_retries(judge, problem, code.source.removeprefix(_ENCODING_MARK))
    if truncated and judgement.verdict not in (Verdict.PASSED, Verdict.INFRASTRUCTURE):
        detail = f"the token budget was used up; what is there: {judgement.verdict}: {judgement.detail}"
        return Judgement(
            Verdict.TRUNCATED, detail, judgement.seconds, judgement.base_verdict, judgement.further
        )
    return judgement


def _judge_with_retries(judge: Judge, problem: Problem, source: str) -> Judgement:
    """Judge the code; where a worker fails, again in another worker."""
    why = ""
    for _ in range(_MOST_WORKERS):
        try:
            return judge.judge(problem, source)
        except WorkerLost as lost:
            why = str(lost)
    return judge.judge_unrun(Verdict.INFRASTRUCTURE, f"{_MOST_WORKERS} times: {why}")


def _without_code(judge: Judge, truncated: bool) -> Judgement:
    verdict = Verdict.TRUNCATED if truncated else Verdict.EMPTY
    detail = "the token budget was used up before any code" if truncated else "no code in the answer"
    return judge.judge_unrun(verdict, detail)


def _judged(
    task_id: str,
    sample: int,
    judgement: Judgement,
    code: Code,
    tokens: int | None,
    further: Mapping[str, Any],
) -> Judged:
    return Judged(
        task_id=task_id,
        sample=sample,
        verdict=judgement.verdict,
        detail=judgement.detail,
        seconds=judgement.seconds,
        rung=str(code.rung),
        base_verdict=judgement.base_verdict,
        tokens=tokens,
        further={**judgement.further, **further},
        source=code.source.removeprefix(_ENCODING_MARK),
    )
