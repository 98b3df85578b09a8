"""All of one history into another one, of whatever make: by id, so that it may be repeated and goes on."""

from __future__ import annotations

from collections.abc import Callable, Set
from dataclasses import dataclass, replace

from benchkit.records import Run
from benchkit.telling.history.artifacts import RunFiles
from benchkit.telling.history.base import Store

AT_ONCE = 500  # runs: read, added and reported together


@dataclass(frozen=True)
class Copied:
    """What was done so far."""

    seen: int = 0  # runs of the source
    added: int = 0
    files: int = 0  # put to runs that were there already
    notes: int = 0


def copy_history(
    source: Store, target: Store, report: Callable[[Copied, int], None], *, logs: bool
) -> Copied:
    """Runs with their small files and notes; what the target has under the same id stays as it is there."""
    ids = list(dict.fromkeys(head.id for head in source.heads()))
    there = frozenset(head.id for head in target.heads())
    done = Copied()
    for start in range(0, len(ids), AT_ONCE):
        part = ids[start : start + AT_ONCE]
        added = target.extend([_whole(source, run_id, logs=logs) for run_id in part if run_id not in there])
        put = sum(_put_logs(source, target, run_id) for run_id in part if run_id in there) if logs else 0
        done = replace(done, seen=done.seen + len(part), added=done.added + added, files=done.files + put)
        report(done, len(ids))
    return replace(done, notes=_copy_notes(source, target, frozenset(ids)))


def _whole(source: Store, run_id: str, *, logs: bool) -> tuple[Run, RunFiles]:
    run = source.get(run_id)
    return run, source.files(run, logs=logs)


def _put_logs(source: Store, target: Store, run_id: str) -> int:
    run, files = _whole(source, run_id, logs=True)
    return target.put_files(run, files) if files.names else 0


def _copy_notes(source: Store, target: Store, ids: Set[str]) -> int:
    """Of runs that the target has no note of."""
    noted = target.notes()
    new = {run_id: note for run_id, note in source.notes().items() if run_id in ids and run_id not in noted}
    for run_id, note in new.items():
        target.annotate(run_id, note.text, note.tags)
    return len(new)
