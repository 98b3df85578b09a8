"""How a catalogue's tasks are asked, and what becomes of each sample."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from benchkit.asking.script import Question
from benchkit.asking.tasks import Catalogue
from benchkit.asking.tasks.prompts import prompt_of
from benchkit.judging.scoring.base import Judged
from benchkit.judging.tasks.judge import Attempt


@dataclass(frozen=True)
class Manner:
    """How tasks are asked."""

    form: str = "whole"
    with_tests: bool = False
    tries: int = 1
    feedback_lines: int = 60
    strict: bool = False
    reflections: int = 0  # how often a try's malformed answer is given back to be corrected

    def as_record(self) -> dict[str, Any]:
        return {
            **({"strict": True} if self.strict else {}),
            **({"reflections": self.reflections} if self.reflections else {}),
            "answer": self.form,
            "include_tests": self.with_tests,
            "tries": self.tries,
            **({"feedback_lines": self.feedback_lines} if self.tries > 1 else {}),
        }


def questions_of(catalogue: Catalogue, manner: Manner, samples: int) -> list[Question]:
    """All samples of a task follow one another."""
    prompted = [
        (task, prompt_of(task, manner.form, with_tests=manner.with_tests)) for task in catalogue.problems
    ]
    return [Question(task.id, sample, prompt, task) for task, prompt in prompted for sample in range(samples)]


@dataclass(frozen=True)
class TaskRow(Judged):
    """One sample's verdict, and the attempts that led to it."""

    attempt: Attempt | None = None
    question: Question | None = None
    response: str = ""
