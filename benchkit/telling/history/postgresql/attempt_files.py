"""The small files of runs in the store, and what their lines tell in the table of verdicts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import TYPE_CHECKING, Any, BinaryIO

from benchkit.contract import RunFile
from benchkit.json_values import json_objects, number
from benchkit.records import Run
from benchkit.telling.history.artifacts import RunFiles, code_of
from benchkit.telling.history.postgresql.rows import storable_text

if TYPE_CHECKING:
    from psycopg import Connection

Open = Callable[[str], BinaryIO]

LONGEST = 64 * 2**20
"""Bytes of a file; a longer one stays on its box."""

NAMES = "SELECT name FROM attempt_file WHERE run = %s"

_MOST = 1e15
"""What is more is no figure of an answer, and too much for the views' whole numbers."""

_COLUMNS = (
    *("run", "task", "sample", "verdict", "difficulty", "prompt", "code", "detail"),
    *("seconds", "tokens", "cost"),
)


def put_files(connection: Connection[Any], of: Run, files: RunFiles) -> int:
    """Put those files of a run into the store that are not there; returns how many."""
    run = storable_text(of.id)
    there = {name for (name,) in connection.execute(NAMES, (run,))}
    put: list[str] = []
    with (
        connection.cursor() as cursor,
        cursor.copy("COPY attempt_file (run, name, content) FROM STDIN") as copy,
    ):
        for name in files.names:
            if storable_text(name) not in there and (content := _content(files.open, name)) is not None:
                copy.write_row((run, storable_text(name), content))
                put.append(name)
    if RunFile.VERDICTS in put:
        with (
            connection.cursor() as cursor,
            cursor.copy(f"COPY verdict ({', '.join(_COLUMNS)}) FROM STDIN") as copy,
        ):
            for row in _verdict_rows(files.open):
                copy.write_row((run, *row))
    return len(put)


def _content(open_file: Open, name: str) -> bytes | None:
    with suppress(OSError, ValueError), open_file(name) as file:
        content = file.read(LONGEST + 1)
        return content if len(content) <= LONGEST else None
    return None


def _verdict_rows(open_file: Open) -> Iterator[tuple[Any, ...]]:
    """One a sample, with what was asked and answered; of several turns the last."""
    answers = {
        (str(row.get("task_id")), _whole(row.get("sample"))): (_prompt_of(row), code_of(row), row.get("cost"))
        for row in _rows(open_file, RunFile.ANSWERS)
    }
    for row in _rows(open_file, RunFile.VERDICTS):
        task, sample = str(row.get("task_id")), _whole(row.get("sample"))
        prompt, code, cost = answers.get((task, sample), ("", "", None))
        yield (
            storable_text(task),
            sample,
            storable_text(str(row.get("verdict"))),
            _text(row.get("difficulty")),
            _text(prompt),
            _text(row.get("code") or row.get("solution") or code),
            _text(row.get("detail")),
            _figure(row.get("request_s", row.get("seconds"))),
            _figure(row.get("tokens")),
            _figure(row.get("cost", cost)),
        )


def _rows(open_file: Open, name: str) -> Iterator[dict[str, Any]]:
    with suppress(OSError), open_file(name) as lines:
        yield from json_objects(lines)


def _prompt_of(row: dict[str, Any]) -> str:
    prompt = row.get("prompt")
    if isinstance(prompt, list):
        return "\n\n".join(str(part.get("content") or "") for part in prompt if isinstance(part, dict))
    return str(prompt or "")


def _text(value: object) -> str | None:
    return storable_text(str(value)) if value else None


def _whole(value: object) -> int:
    return value if isinstance(value, int) and abs(value) < 2**31 else 0


def _figure(value: object) -> float | None:
    """What averages and sums of the views can be made of."""
    known = number(value)
    return known if known is not None and abs(known) < _MOST else None
