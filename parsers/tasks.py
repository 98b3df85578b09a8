"""What run_tasks.py leaves: the form of run_eval.py, with scores by difficulty, language and area."""

from __future__ import annotations

from parsers.human_eval import HumanEvalParser


class TasksParser(HumanEvalParser):
    """Reads that form; its difficulties are easy, medium, hard and expert."""
