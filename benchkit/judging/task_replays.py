"""Answers to tasks that are there already: one that somebody gives, or those of an earlier run."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from shlex import quote

from benchkit.asking.answers.edits.base import decoded
from benchkit.asking.problems.reading import rows
from benchkit.asking.script import say
from benchkit.asking.script.journal import ANSWERS
from benchkit.asking.tasks import Catalogue, Task
from benchkit.errors import UsageError
from benchkit.judging.task_rows import TaskRow
from benchkit.terminal import printable
from benchkit.verdict import Verdict


@dataclass(frozen=True)
class GivenAnswers:
    """Where they are; where nothing is named, the model is asked."""

    rejudge: Path | None = None  # the folder of an earlier run
    file: Path | None = None
    text: str | None = None

    @property
    def are_there(self) -> bool:
        return bool(self.file or self.text is not None or self.rejudge)

    def read(self, catalogue: Catalogue) -> list[tuple[Task, int, str]]:
        """Task, sample and answer; UsageError where they belong to none of the catalogue's tasks."""
        if self.rejudge:
            return _earlier(catalogue, self.rejudge)
        if self.file and self.text is not None:
            raise UsageError("--response-file and --response-text: choose one")
        if len(catalogue.problems) != 1:
            raise UsageError(
                f"an answer belongs to one task, and {len(catalogue.problems)} are chosen: add --task ID"
            )
        return [(catalogue.problems[0], 0, self.text if self.text is not None else _read(self.file))]


def say_why(row: TaskRow, folder: Path | None) -> None:
    """Whoever tries one answer asks why it did not pass, and then for more than one line."""
    if row.verdict is Verdict.PASSED:
        return
    why = printable(" ".join(row.detail.split()))
    step = "--output-dir DIR keeps what it printed"
    if row.verdict is Verdict.EMPTY:
        step = "an answer's code stands between lines of ```, as a model writes it"
    elif folder is not None:
        step = f"see ./bench_runner.py show {quote(str(folder))} --attempt {quote(row.task_id)}"
    say(f"{row.task_id}: {row.verdict}: {why}; {step}")


def _read(path: Path | None) -> str:
    assert path is not None
    try:
        return decoded(path.read_bytes())
    except OSError as error:
        raise UsageError(f"--response-file {path} cannot be read: {error.strerror}") from None


def _earlier(catalogue: Catalogue, folder: Path) -> list[tuple[Task, int, str]]:
    """The last answer to each sample of the chosen tasks."""
    path = folder / ANSWERS
    if not path.exists():
        raise UsageError(f"--rejudge {folder}: there is no {ANSWERS} in it")
    tasks = {task.id: task for task in catalogue.problems}
    answers: dict[tuple[str, int], str] = {}
    unknown: set[str] = set()
    for number, row in rows(path):
        name, sample, response = row.get("task_id"), row.get("sample"), row.get("response", "")
        if not (isinstance(name, str) and isinstance(sample, int) and isinstance(response, str)):
            raise UsageError(
                f"{path}, line {number}: no answer of ours, which has task_id, sample and response"
            )
        if name in tasks:
            answers[name, sample] = response
        else:
            unknown.add(name)
    if not answers:
        raise UsageError(
            f"--rejudge {folder}: no answer to a chosen task, but to {', '.join(sorted(unknown)[:3])}"
        )
    if unknown:
        say(f"{len(unknown)} tasks of {folder} are not among the chosen ones, such as {min(unknown)}")
    return [(tasks[task], sample, text) for (task, sample), text in answers.items()]
