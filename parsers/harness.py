"""What the parsers share: files first, printed text second, and no result that cannot be true."""

from __future__ import annotations

import csv
import math
import re
import struct
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import fmean
from typing import Any, TypeVar

from benchkit.records import Progress, Results, ScoreScale, Verdict
from parsers.base import no_result
from parsers.folder import ResultFolder
from parsers.progress import read_progress
from parsers.text import plain

T = TypeVar("T")
MOST_DIGITS = 18  # of a number of tasks
MOST_SHOWN = 60  # characters of a value that is not taken
OTHER_FORM = (
    LookupError, TypeError, ValueError, AttributeError, ArithmeticError, OSError, EOFError, RecursionError,
    csv.Error, struct.error, zipfile.BadZipFile, zlib.error,
)  # fmt: skip
"""What reading a file of another form, or one cut short, may raise: such a file holds no result."""
PLAIN = (str, bytes, int, float, list, dict)  # what JSON and text are made of
END = 4_000_000
"""So much of the end of a printed output is looked at, however long it is."""


class Harness:
    """A parser that fills in where its harness leaves its results; see `base.Parser` for what it offers."""

    looked_for = ""
    """Names the files and the printed lines, for the error."""
    progress_form: re.Pattern[str] | None = None
    """Finds done and total in a line of progress; by default any bar, `3/20` or percentage is one."""
    takes_half_lines = False
    """Whether an output that does not end with a line's end counts to its last letter."""

    def parse(self, output: str, folder: Path | None = None, since: float | None = None) -> Results:
        results, why = None, ""
        cause: Exception | None = None
        try:
            results = self.from_folder(ResultFolder(folder, since)) or self.from_text(self._end(output))
        except Untrue as error:
            why, cause = str(error), error
        except KeyError as error:
            why, cause = f"what is there has no field {error}", error
        except OTHER_FORM as error:
            if not _is_about_data(error):
                raise
            why, cause = "what is there is of another form", error
        if results is None:
            raise no_result(self.looked_for, output, why) from cause
        return results

    def _end(self, output: str) -> str:
        """The end of the output, without a last line that is not whole: half a number is a number too."""
        end = output[-END:]
        return end if self.takes_half_lines else end[: end.rfind("\n") + 1]

    def progress(self, line: str) -> Progress | None:
        if self.progress_form is None:
            return read_progress(line)
        match = self.progress_form.search(plain(line))
        return Progress(int(match[1]), int(match[2])) if match else None

    # The result from the files this run wrote; None when they are not there. May fail on another form.
    def from_folder(self, folder: ResultFolder) -> Results | None:  # noqa: ARG002
        return None

    # The result from the end of the printed text; None when it is not in it.
    def from_text(self, output: str) -> Results | None:  # noqa: ARG002
        return None


def _is_about_data(error: Exception) -> bool:
    """Whether the data is to blame; an attribute that an object of our own lacks is a bug."""
    return not isinstance(error, AttributeError) or error.obj is None or isinstance(error.obj, PLAIN)


class Untrue(Exception):
    """A result is there, and cannot be taken for this run's."""


def only(candidates: Sequence[T], what: str) -> T:
    """The one that is there; Untrue when there are several, as with several models in one output."""
    if len(candidates) > 1:
        raise Untrue(f"there are {len(candidates)} {what}, and a run has one")
    return candidates[0]


def percent(value: object, scale: float = 1.0) -> float:
    """A score in percent; Untrue when it is no number from 0 to 100."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise Untrue(f"the score is {shortened(value)}")
    try:
        score = float(value) * scale
    except ValueError:
        raise Untrue(f"the score is {shortened(value)}") from None
    if not math.isfinite(score) or not -1e-9 <= score <= 100 + 1e-9:
        raise Untrue(f"the score is {float(value):g}, which is not from 0 to {100 / scale:g}")
    return min(100.0, max(0.0, score))


def scaled(value: object, scale: ScoreScale | None) -> tuple[float, tuple[str, ...]]:
    """A score in percent, with a warning where its scale is unknown and it may be a fraction."""
    score = percent(value, 100 if scale == "fraction" else 1)
    if scale is not None or not 0 < score <= 1:
        return score, ()
    advice = "--score-scale fraction where 1 means all of them, --score-scale percent where it does not"
    return score, (f"the score {value} was taken as {score:g}%: say {advice}",)


def count(value: object, what: str) -> int:
    """A number of tasks or tests; Untrue when it is none."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, str) and value.isdecimal() and value.isascii() and len(value) <= MOST_DIGITS:
        return int(value)
    raise Untrue(f"{what!r} is {shortened(value)}, which is no whole number")


def shortened(value: object) -> str:
    """A value as it can stand in a line."""
    text = repr(value)
    return text if len(text) <= MOST_SHOWN else f"{text[:MOST_SHOWN]}…"


def share(passed: int, total: int) -> float:
    """Passed of total in percent; Untrue when there are none, or more passed than there are."""
    if not 0 <= passed <= total or total == 0:
        raise Untrue(f"it says that {passed} of {total} passed")
    return 100 * passed / total


def from_verdicts(
    verdicts: Mapping[str, Sequence[Verdict]],
    metrics: Mapping[str, Any] | None = None,
    difficulties: Mapping[str, str] | None = None,
) -> Results:
    """The result that follows from each sample's verdict; `difficulties` names that of each task."""
    if not verdicts or not all(verdicts.values()):
        raise Untrue("there are tasks without a verdict" if verdicts else "there is no verdict")
    shares = {task: fmean(one is Verdict.PASSED for one in samples) for task, samples in verdicts.items()}
    groups: dict[str, list[float]] = {}
    for task, difficulty in (difficulties or {}).items():
        groups.setdefault(difficulty, []).append(shares[task])
    return Results(
        score=100 * fmean(shares.values()),
        total_passed=round(sum(shares.values())),
        total_problems=len(shares),
        difficulty_scores={name: 100 * fmean(group) for name, group in groups.items()},
        failed_tasks=tuple(task for task, passed in shares.items() if not passed),
        metrics=metrics or {},
        verdicts={task: tuple(samples) for task, samples in verdicts.items()},
    )


def mean_result(scores: Mapping[str, float], metrics: Mapping[str, Any]) -> Results:
    """The result of several tasks without a common one of their own: each task's score, and their mean."""
    if not scores:
        raise Untrue("it holds no score")
    further: dict[str, Any] = {}
    if len(scores) > 1:
        further = {"task_scores": dict(scores), "score_is": f"mean of {len(scores)} tasks"}
    return Results(
        score=fmean(scores.values()),
        metrics={**further, **metrics},
        problem_set={"name": ", ".join(sorted(scores))},
    )
