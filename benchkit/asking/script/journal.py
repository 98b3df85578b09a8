"""The journal of answers: each finished one is on disk at once, and no command asks for it again.

`answers.jsonl` holds the answers, `answers.key.json` what they depend on: the model, the problems, the
prompts, the sampling. With another key the old pair is set aside and nothing of it is used.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import Any

from benchkit.asking.script.base import Answer, Question, read_answer
from benchkit.contract import RunFile
from benchkit.errors import BenchError, UsageError
from benchkit.files import LineLog, atomic_write
from benchkit.reuse import REQUEST

ANSWERS, KEY = RunFile.ANSWERS, RunFile.ANSWERS_KEY
GOES_ON = "what was answered so far is kept there, and the same command goes on from it"


RequestDigest = Callable[[Question], str]
"""Tells equal requests; empty where nobody needs to."""

Place = tuple[str, int, int]
"""Task, sample, turn."""


class SharedLog:
    """A file of lines from several threads: what comes once it is closed is not written any more."""

    def __init__(self, path: Path) -> None:
        self._path, self._log = path, LineLog(path)
        self._lock, self._closed = Lock(), False

    def append(self, line: str) -> None:
        with self._lock, explained(self._path):
            if not self._closed:
                self._log.append(line)

    def close(self) -> None:
        with self._lock, explained(self._path):
            self._closed = True
            self._log.close()


class AnswerJournal:
    """One output folder's answers; open it with `open_answer_journal`."""

    def __init__(self, folder: Path, key: Mapping[str, Any], request_digest: RequestDigest) -> None:
        self._request_digest = request_digest
        self.path = folder / ANSWERS
        self.set_aside = _set_aside_others(folder, key)  # what was done with answers of another key, in words
        self._places: dict[Place, tuple[int, str]] = {}
        self.unreadable = 0
        self._index()
        self._log = SharedLog(self.path)

    def __len__(self) -> int:
        return len(self._places)

    def holds(self, question: Question) -> bool:
        """Whether this very prompt was answered before."""
        place = self._places.get(_place(question))
        return place is not None and place[1] == question.prompt.digest

    def recall(self, question: Question) -> Answer:
        """The stored answer to a question that the journal holds."""
        offset, _ = self._places[_place(question)]
        with self.path.open("rb") as lines:
            lines.seek(offset)
            row = json.loads(lines.readline())
        answer = read_answer(row)
        assert answer is not None  # as when it was indexed
        return answer

    def cost(self) -> float:
        """Of all answers that were asked for here, as far as it is known."""
        return sum(row.get("cost") or 0.0 for row in self._rows() if not row.get("reused"))

    def _rows(self) -> Iterator[dict[str, Any]]:
        if not self._places:
            return
        with self.path.open("rb") as lines:
            for offset, _ in self._places.values():
                lines.seek(offset)
                yield json.loads(lines.readline())

    def append(self, question: Question, answer: Answer) -> None:
        """Keep an answer; safe from several threads, on the disk for good within a second."""
        digest = self._request_digest(question)
        prompt = question.prompt
        row = {
            "task_id": question.task_id,
            "sample": question.sample,
            **({"turn": question.turn} if question.turn else {}),
            "mode": prompt.mode,
            "prompt": prompt.content,
            "prompt_digest": prompt.digest,
            **({REQUEST: digest} if digest else {}),
        }
        self._log.append(json.dumps(row | {"response": ""} | answer.as_record()))

    def close(self) -> None:
        """Answers that arrive later, after an interrupt, are not written any more."""
        self._log.close()

    def _index(self) -> None:
        """Where each answer's line begins; half a line, as a crash leaves it, is passed over."""
        if not self.path.exists():
            return
        offset = 0
        with self.path.open("rb") as lines:
            for line in lines:
                self._index_line(line, offset)
                offset += len(line)

    def _index_line(self, line: bytes, offset: int) -> None:
        try:
            row = json.loads(line)
            place = row["task_id"], row["sample"], row.get("turn", 0)
            if read_answer(row) is None:
                raise ValueError("no answer")
            self._places[place] = offset, row["prompt_digest"]
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            self.unreadable += bool(line.strip())


def _place(question: Question) -> Place:
    return question.task_id, question.sample, question.turn


@contextmanager
def open_answer_journal(
    folder: Path, key: Mapping[str, Any], request_digest: RequestDigest = lambda _question: ""
) -> Iterator[AnswerJournal]:
    """The folder's journal, held by this process alone; each answer is kept with its request's digest."""
    make_folder(folder)
    with _held_alone(folder):
        with explained(folder):
            journal = AnswerJournal(folder, key, request_digest)
        try:
            yield journal
        finally:
            journal.close()


def read_key(folder: Path) -> dict[str, Any]:
    """What the answers in a folder depend on; empty where that was not kept."""
    try:
        key = json.loads((folder / KEY).read_bytes())
    except (OSError, ValueError, RecursionError):
        return {}
    return key if isinstance(key, dict) else {}


def make_folder(folder: Path) -> None:
    """Make the output folder, and find out now whether anything can be written there."""
    with explained(folder, "choose another --output-dir"):
        folder.mkdir(parents=True, exist_ok=True)
        if not os.access(folder, os.W_OK | os.X_OK):
            raise PermissionError(13, "Permission denied")


@contextmanager
def explained(path: Path, advice: str = GOES_ON) -> Iterator[None]:
    """Say which path could not be written, why, and what to do, as one line."""
    try:
        yield
    except OSError as error:
        raise BenchError(f"cannot write {path}: {error.strerror or error}; {advice}") from error


@contextmanager
def _held_alone(folder: Path) -> Iterator[None]:
    descriptor = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError:
        raise UsageError(
            f"another run is writing into {folder}: wait for it or choose another --output-dir"
        ) from None
    finally:
        os.close(descriptor)


def _set_aside_others(folder: Path, key: Mapping[str, Any]) -> str:
    """Rename answers of another key, write ours; the line that reports it."""
    known = json.loads(json.dumps(key))
    old, note = read_key(folder), ""
    if old == known:
        return note
    if (folder / ANSWERS).exists():
        number = next(n for n in range(1, 10**6) if not (folder / _numbered(ANSWERS, n)).exists())
        changed = _differing(old, known)
        (folder / ANSWERS).rename(folder / _numbered(ANSWERS, number))
        if (folder / KEY).exists():
            (folder / KEY).rename(folder / _numbered(KEY, number))
        note = (
            f"the answers in {folder} are of another {changed}: "
            f"kept as {_numbered(ANSWERS, number)}, starting afresh"
        )
    atomic_write(folder / KEY, json.dumps(known, indent=1) + "\n")
    return note


def _numbered(name: str, number: int) -> str:
    """`answers.1.key.json` for the first set aside."""
    stem, _, suffix = name.partition(".")
    return f"{stem}.{number}.{suffix}"


def _differing(old: Mapping[str, Any], new: Mapping[str, Any]) -> str:
    names = sorted(name for name in old.keys() | new.keys() if old.get(name) != new.get(name))
    return ", ".join(name.replace("_", " ") for name in names)
