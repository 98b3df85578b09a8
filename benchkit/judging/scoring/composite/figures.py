"""Figures of other tools beside the composite: radon's of passing Python answers.

An empty function has the best maintainability index there is, and a docstring raises it: such figures are
shown for people who know them, and never weighed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from importlib import import_module
from statistics import fmean
from typing import Any

from benchkit.contract import Figure
from benchkit.judging.scoring.composite.base import Answered, Sources
from benchkit.judging.scoring.composite.canonical import UNREADABLE
from benchkit.judging.scoring.composite.complexity import NOT_INSTALLED, installed

RADON = "radon"
PER_ANSWER = (Figure.MAINTAINABILITY, Figure.CYCLOMATIC)


def radon_figures(answers: Iterable[Answered]) -> dict[Figure, dict[str, Any]]:
    """By figure the mean of each problem's answers, or why there is none; empty without answers in Python."""
    python = [one for one in answers if one.language == "python"]
    if not python:
        return {}
    version = installed(RADON)
    if version is None:
        return {figure: {"why": f"not measured: {RADON} {NOT_INSTALLED}"} for figure in PER_ANSWER}
    points: dict[Figure, dict[str, list[float]]] = {figure: {} for figure in PER_ANSWER}
    for one in python:
        for figure, value in _measure(one.files):
            points[figure].setdefault(one.task_id, []).append(value)
    return {
        figure: {
            "points": {task: round(fmean(values), 2) for task, values in sorted(by_task.items())},
            "method": f"{RADON} {version}",
        }
        for figure, by_task in points.items()
    }


def _measure(files: Sources) -> Iterator[tuple[Figure, float]]:
    """As radon's commands `mi` and `cc --average` tell it; nothing of code that radon cannot read."""
    try:
        indexes = [import_module("radon.metrics").mi_visit(text, multi=True) for text in files.values()]
        blocks = [one for text in files.values() for one in import_module("radon.complexity").cc_visit(text)]
    except (*UNREADABLE, AttributeError):
        return
    if indexes:
        yield Figure.MAINTAINABILITY, fmean(indexes)
    if blocks:
        yield Figure.CYCLOMATIC, fmean(block.complexity for block in blocks)
