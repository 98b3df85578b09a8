"""What a run's files tell of its attempts."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from benchkit.contract import ATTEMPTS, AttemptFile, Event, EventKey, RunFile
from benchkit.json_values import json_objects
from benchkit.records import Run, Status, Verdict
from benchkit.telling.history.artifacts import artifact_rows
from benchkit.telling.history.base import Store
from benchkit.telling.reports.flips import changed_files, code_in
from benchkit.telling.reports.gallery import natural

MOST_SHOWN = 200_000  # characters of one text; all of it is there for download
TAIL_BYTES = 40_000  # of a log
NOT_PASSED = "not passed"  # of a problem of which nothing but that is known


@dataclass(frozen=True)
class AttemptChip:
    """One sample of one problem, as its chip shows it."""

    task: str
    sample: int
    label: str
    verdict: str
    row: Mapping[str, Any] = field(default_factory=dict)  # as it was judged

    @property
    def passed(self) -> bool:
        return self.verdict == Verdict.PASSED

    @property
    def failed(self) -> bool:
        """By the model's fault."""
        return not self.passed and self.verdict != Verdict.INFRASTRUCTURE

    @property
    def detail(self) -> str:
        return str(self.row.get("detail") or "")

    @property
    def test_line(self) -> str:
        """Where the test failed."""
        return str(self.row.get("test_line") or "")

    @property
    def style(self) -> str:
        return self.verdict.replace(" ", "-")

    @property
    def sign(self) -> str:
        """Beside the colour, for those who see none."""
        if self.passed:
            return "✓"
        return "✗" if self.failed else "○"


@dataclass(frozen=True)
class PromptAndResponse:
    """What the model was asked and what it said."""

    prompt: Sequence[tuple[str, str]] = ()
    response: str = ""
    code: str = ""
    texts: Mapping[str, str] = field(default_factory=dict)  # further files of an attempt at a task


def attempts_of(store: Store, run: Run) -> list[AttemptChip]:
    """Every judged sample in the order of the problems; where no verdicts were kept, the failed problems."""
    rows: list[Mapping[str, Any]] = list(store.verdicts(run))
    if not rows or run.status is not Status.OK:  # of a script that was stopped, its events say more
        rows = with_events(rows, artifact_rows(store, run, RunFile.EVENTS))
    if not rows:
        rows = [{"task_id": task, "verdict": NOT_PASSED} for task in run.results.failed_tasks or ()]
    return labelled(rows)


def with_events(
    rows: Sequence[Mapping[str, Any]], events: Iterable[Mapping[str, Any]]
) -> list[Mapping[str, Any]]:
    """What a script that has not ended told of its verdicts, with all that is known of each.

    An event does not say which sample it is of: they are counted. A script that begins again tells all again.
    """
    known = {(str(row.get("task_id")), _sample(row)): row for row in rows}
    shown: list[Mapping[str, Any]] = []
    counts: Counter[str] = Counter()
    for event in events:
        if event.get(EventKey.EVENT) == Event.START:
            shown, counts = [], Counter()
        if event.get(EventKey.EVENT) == Event.PROBLEM and EventKey.ID in event and EventKey.VERDICT in event:
            task = str(event[EventKey.ID])
            row = {"task_id": task, "sample": counts[task], "verdict": str(event[EventKey.VERDICT])}
            shown.append({**row, **known.pop((task, counts[task]), {})})
            counts[task] += 1
    return [*shown, *known.values()]


def labelled(rows: Sequence[Mapping[str, Any]]) -> list[AttemptChip]:
    """The attempts with names as short as tells them apart."""
    ordered = sorted(rows, key=lambda row: (natural(str(row.get("task_id"))), _sample(row)))
    names = [str(row.get("task_id")) for row in ordered]
    shared = shared_beginning(names)
    several = any(_sample(row) for row in ordered)
    return [
        AttemptChip(
            task=name,
            sample=_sample(row),
            label=name[shared:] + (f".{_sample(row)}" if several else ""),
            verdict=str(row.get("verdict")),
            row=row,
        )
        for name, row in zip(names, ordered, strict=True)
    ]


def shared_beginning(names: Sequence[str]) -> int:
    """How much of `HumanEval/7` is the same for all: the set's name."""
    sets = {name.rpartition("/")[0] for name in names}
    return len(sets.pop()) + 1 if len(sets) == 1 and "/" in names[0] else 0


def _sample(row: Mapping[str, Any]) -> int:
    sample = row.get("sample")
    return sample if isinstance(sample, int) else 0


def said_in(store: Store, run: Run, attempt: AttemptChip) -> PromptAndResponse:
    """From the files of an attempt at a task where there are any, else from the journal of answers."""
    answer = _answer(store, run, attempt)
    texts = dict(_texts(store, run, attempt))
    prompt = _prompt_parts(answer.get("prompt"))
    if not prompt and (kept := texts.get(AttemptFile.PROMPT)):
        prompt = [("prompt", kept)]
    response = str(answer.get("response") or texts.get(AttemptFile.RESPONSE) or "")
    code = changed_files(run, store, attempt.row) or code_in({**answer, **attempt.row, "response": response})
    further = (AttemptFile.PATCH, AttemptFile.STDOUT, AttemptFile.STDERR)
    return PromptAndResponse(
        [(role, _cut(text)) for role, text in prompt],
        _cut(response),
        _cut(code),
        {name: _cut(texts[name]) for name in further if texts.get(name)},
    )


def _answer(store: Store, run: Run, attempt: AttemptChip) -> dict[str, Any]:
    """Only lines that name the problem are parsed: a journal of long answers has hundreds of megabytes."""
    name = json.dumps(attempt.task).encode()
    with suppress(OSError), store.artifact(run, RunFile.ANSWERS) as lines:
        for line in lines:
            if name in line[: len(name) + 40]:
                for row in json_objects([line]):
                    if row.get("task_id") == attempt.task and _sample(row) == attempt.sample:
                        return row
    return {}


def _prompt_parts(prompt: object) -> list[tuple[str, str]]:
    if isinstance(prompt, str):
        return [("text", prompt)]
    if not isinstance(prompt, list):
        return []
    messages = [part for part in prompt if isinstance(part, dict)]
    return [(str(part.get("role")), str(part.get("content"))) for part in messages]


def _texts(store: Store, run: Run, attempt: AttemptChip) -> Iterator[tuple[str, str]]:
    """The files of an attempt at a task; a name in a record from elsewhere leads nowhere else."""
    folder = attempt.row.get("attempt")
    if not isinstance(folder, str) or "/" in folder or folder in ("", ".", ".."):
        return
    for name in AttemptFile:
        with suppress(OSError, ValueError), store.artifact(run, f"{ATTEMPTS}/{folder}/{name}") as file:
            yield name, file.read(2 * MOST_SHOWN).decode("utf-8", "replace")


def _cut(text: str) -> str:
    return text if len(text) <= MOST_SHOWN else f"{text[:MOST_SHOWN]}\n… and {len(text) - MOST_SHOWN:,} more"


def is_there(store: Store, run: Run, name: str) -> bool:
    """Whether the run kept this file."""
    try:
        store.artifact(run, name).close()
    except OSError:
        return False
    return True


def log_tail(store: Store, run: Run, name: str) -> str:
    """The last lines of a log among the run's files; empty where it is gone."""
    with suppress(OSError), store.artifact(run, name) as log:
        size = log.seek(0, os.SEEK_END)
        log.seek(max(0, size - TAIL_BYTES))
        text = log.read(TAIL_BYTES).decode("utf-8", "replace")
        return text if size <= TAIL_BYTES else text.partition("\n")[2]
    return ""
