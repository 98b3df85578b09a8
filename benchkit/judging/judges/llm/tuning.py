"""A judge's prompt made better by DSPy's BootstrapFewShot: examples of its own right answers go into it."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import fmean
from typing import Any

from benchkit.judging.judges.llm.engine import AskQuestion, ClientEngine, asking_by, import_dspy
from benchkit.judging.judges.llm.evidence import Lines
from benchkit.judging.judges.llm.program import JudgeProgram, inputs, read_answers
from benchkit.judging.judges.llm.rubrics import Item, Rubric
from benchkit.judging.judges.llm.subjects import Subject
from benchkit.judging.judges.llm.votes import Vote, decide

DEMOS = 2  # examples in the prompt: each holds a whole answer's code
LEAST_LABELS = 4  # of each side of the split: with fewer, nothing is learnt and no gain is seen


@dataclass(frozen=True)
class Label:
    """An answer and its truth, as the tests have it."""

    subject: Subject
    right: bool


def tune(rubric: Rubric, labels: Sequence[Label], ask: AskQuestion) -> dict[str, Any]:
    """The state of the tuned predictor: load it into a Program."""
    dspy = import_dspy()
    by_code = {label.subject.code: label for label in labels}
    plain = JudgeProgram(rubric)
    engine = ClientEngine(ask, "", 0, plain.schema)

    def is_true(example: Any, prediction: Any, trace: Any = None) -> bool:  # noqa: ARG001 - DSPy's form
        label = by_code[example.code]
        vote = Vote(0, read_answers(prediction.answers))
        return answer_of(rubric.checked, label.subject, vote) == label.right

    optimizer = dspy.BootstrapFewShot(
        metric=is_true, max_bootstrapped_demos=DEMOS, max_labeled_demos=0, max_errors=len(labels) + 1
    )
    examples = [
        dspy.Example(**inputs(label.subject, rubric.asked)).with_inputs("task", "ran", "items", "code")
        for label in labels
    ]
    with (
        asking_by(engine),
        contextlib.redirect_stdout(io.StringIO()),
        contextlib.redirect_stderr(io.StringIO()),  # DSPy's progress bar would spoil the display
    ):
        tuned = optimizer.compile(plain.predict, trainset=examples)
    if engine.error is not None:
        raise engine.error
    state: dict[str, Any] = tuned.dump_state()
    return state


def answer_of(item: Item, subject: Subject, vote: Vote) -> bool | None:
    """What a single vote says of the item whose truth is known."""
    return decide([item], [vote], Lines(subject.files))[0].answer


@dataclass(frozen=True)
class AccuracyGain:
    """How often a judge was right on labels that no tuning saw, before and after."""

    before: tuple[float, ...]  # 1 for right, 0 for wrong or undecided, label by label
    after: tuple[float, ...]

    @property
    def points(self) -> float:
        return 100 * (fmean(self.after) - fmean(self.before)) if self.before else 0.0

    def as_record(self) -> dict[str, Any]:
        from benchkit.statistics import paired

        pair = paired(self.before, self.after)
        low, high = pair.interval
        return {
            "labels": len(self.before),
            "before": round(100 * fmean(self.before), 2),
            "after": round(100 * fmean(self.after), 2),
            "gain": round(self.points, 2),
            "interval": [round(100 * low, 2), round(100 * high, 2)],
            "p": round(pair.p, 4),
        }


def split(labels: Sequence[tuple[str, Label]]) -> tuple[list[Label], list[Label]]:
    """To learn from, and to see the gain on: by task, so that no task is on both sides."""
    tasks = list(dict.fromkeys(task for task, _ in labels))
    learnt = set(tasks[::2])
    return [one for task, one in labels if task in learnt], [
        one for task, one in labels if task not in learnt
    ]


def mixed(labels: Sequence[Label]) -> list[Label]:
    """Right and wrong in turn: examples of one kind alone would teach its answer."""
    right = [one for one in labels if one.right]
    wrong = [one for one in labels if not one.right]
    pairs = zip(right, wrong, strict=False)
    return [one for pair in pairs for one in pair]


def renamed_for(subject: Subject, program: str) -> Subject:
    """The same answer under another name in the journal: another program asks other questions about it."""
    return replace(subject, task_id=f"{program}/{subject.task_id}")
