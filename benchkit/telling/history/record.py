"""A run as the JSON object of its line, and back."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, is_dataclass
from pathlib import PurePath
from typing import Any

from benchkit.errors import HistoryError
from benchkit.records import Run, Status
from benchkit.run_parts import PARTS, part_as_record
from benchkit.runs import run_of
from benchkit.telling.history.heads import RunHead, make_head

ALWAYS_IN_CONFIG: dict[str, Any] = {"path": None, "gpu_layers": None}
ALWAYS_IN_RESULTS: dict[str, Any] = {
    "score": None,
    "time_taken": None,
    "total_passed": None,
    "total_problems": None,
    "difficulty_scores": {},
    "failed_tasks": [],
}
_FIELDS = [
    # Those that a list of runs shows come first, so that it can be read without the rest.
    "id", "timestamp", "benchmark", "model", "status", "error", "telemetry", "results",
    "config", "problem_set", "model_file", "server", "machine", "artifacts",
]  # fmt: skip
_KNOWN = frozenset(_FIELDS)
_FAILED_TASKS = b', "failed_tasks": ['
"""Begins what a list does not show. It cannot stand inside a text, where each quote has a backslash."""

_NAMES = ("id", "timestamp", "benchmark", "model", "status")
_AFTER_NAMES = b', "error": '
"""What follows the names in a line of ours; inside a text its quotes would have backslashes."""
_PROBLEMS = b', "problem_set": {"name": '
_TEXT = re.compile(rb'"(?:[^"\\]|\\.)+"')
_OWN_TYPES = frozenset({str, int, bool, type(None)})
_STATUSES = {status.value: status for status in Status}


def to_record(run: Run) -> dict[str, Any]:
    """The run as plain JSON values, its fixed names always there."""
    record = {name: getattr(run, name) for name in _FIELDS}
    record |= {name: part_as_record(record[name]) for name in PARTS}
    record["config"] = ALWAYS_IN_CONFIG | record["config"]
    record["results"] = ALWAYS_IN_RESULTS | record["results"]
    plain: dict[str, Any] = as_json(record | dict(run.further))
    return plain


def from_record(record: Any, number: int = 1) -> Run:
    """The run of one record, however old; what this version does not know is kept in `further`."""
    if not isinstance(record, dict):
        raise HistoryError(f"run {number} is no JSON object but {json.dumps(record)[:40]}")
    known = record.get
    parts = {name: part for name in PARTS if (part := known(name)) is not None}
    for name, part in parts.items():
        if not isinstance(part, dict):
            raise HistoryError(f"run {number}: its {name!r} is no JSON object")
    parts["results"] = ALWAYS_IN_RESULTS | parts.get("results", {})
    return run_of(
        id=str(known("id") or _id_from_content(record)),
        timestamp=str(known("timestamp") or ""),
        benchmark=str(known("benchmark") or ""),
        model=str(known("model") or ""),
        status=_status(known("status")),
        error=known("error"),
        artifacts=known("artifacts"),
        further=_further(record),
        **parts,
    )


def _further(record: Mapping[str, Any]) -> dict[str, Any]:
    if record.keys() <= _KNOWN:
        return {}
    return {name: value for name, value in record.items() if name not in _KNOWN}


def heads_of_lines(lines: Sequence[bytes]) -> list[RunHead] | None:
    """What the run of each line is called; None where one is not as we write it."""
    try:
        heads = json.loads(b"[" + b",".join(line.partition(_AFTER_NAMES)[0] + b"}" for line in lines) + b"]")
    except (ValueError, RecursionError):
        return None
    if not heads or not all(map(_has_names_only, heads)):
        return None
    names = _DecodedTexts()
    return [
        make_head(position, head, names[_raw_problems_of(line)])
        for position, (head, line) in enumerate(zip(heads, lines, strict=True))
    ]


def _has_names_only(head: object) -> bool:
    return isinstance(head, dict) and tuple(head) == _NAMES and set(map(type, head.values())) == {str}


class _DecodedTexts(dict[bytes, str | None]):
    """JSON texts decoded, each once: thousands of runs name the same few problem sets."""

    def __missing__(self, raw: bytes) -> str | None:
        text = self[raw] = str(json.loads(raw)) if raw else None
        return text


def _raw_problems_of(line: bytes) -> bytes:
    """The name of the problem set as it is written in the line; empty where there is none."""
    start = line.rfind(_PROBLEMS)  # much quicker than a search by pattern; it stands nearer to the end
    match = _TEXT.match(line, start + len(_PROBLEMS)) if start >= 0 else None
    return match[0] if match else b""


def summaries_of_lines(lines: list[bytes]) -> list[Run] | None:
    """The runs up to their failed tasks, the rest of each line not read; None if that fails."""
    try:
        heads = json.loads(b"[" + b"}},".join(line.partition(_FAILED_TASKS)[0] for line in lines) + b"}}]")
    except (ValueError, RecursionError):
        return None  # cut within something nested, or a broken line: only reading the whole shows which
    if all(head.keys() >= {"id", "results", "telemetry"} for head in heads):
        return [from_record(head) for head in heads]
    return None


def as_json(value: Any) -> Any:
    """The value in JSON's own types; NaN and infinity become null, what JSON has no word for its text."""
    if type(value) in _OWN_TYPES:  # of most values: the quickest question first
        return value
    match value:
        case float():
            return value if math.isfinite(value) else None
        case str():
            return str(value)
        case int():
            return value
        case Mapping():
            return {str(name): as_json(part) for name, part in value.items()}
        case list() | tuple():
            return [as_json(part) for part in value]
        case set() | frozenset():
            return sorted(as_json(part) for part in value)
        case PurePath():
            return str(value)
    return as_json(asdict(value)) if is_dataclass(value) and not isinstance(value, type) else str(value)


def as_line(record: Mapping[str, Any]) -> bytes:
    """The record in one line of UTF-8."""
    try:
        return json.dumps(record, ensure_ascii=False, allow_nan=False).encode()
    except UnicodeEncodeError:  # half a surrogate pair, as in a file name that is not UTF-8: written escaped
        return json.dumps(record, allow_nan=False).encode()


def _id_from_content(record: Mapping[str, Any]) -> str:
    """An id for a run written before runs had one: the same at every reading."""
    from hashlib import sha256  # takes a while to load, and newer runs have an id

    return sha256(as_line(as_json(record))).hexdigest()[:10]


def _status(word: Any) -> Status:
    """A newer version's word is, whatever it means, not "ok"; a record that has none is an old good one."""
    if word is None:
        return Status.OK
    return _STATUSES.get(word, Status.FAILED) if isinstance(word, str) else Status.FAILED
