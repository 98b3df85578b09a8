"""Verdicts that outlive a command: the next round of a race judges its new answers alone.

The file begins with the conditions of judging; then a line for each piece of code that was judged. Under
other conditions it begins anew. What the sandbox could not judge is never kept.
"""

from __future__ import annotations

import json
import platform
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar

from benchkit import __version__
from benchkit.asking.script.journal import SharedLog, explained, make_folder
from benchkit.contract import RunFile
from benchkit.files import atomic_write
from benchkit.json_values import json_objects

KEY, CONDITIONS = "code", "conditions"

T = TypeVar("T")


class KeptVerdicts:
    """One folder's verdicts; open it with `open_kept_verdicts`. May be used from several threads."""

    def __init__(self, path: Path, conditions: Mapping[str, Any]) -> None:
        self._known = _read(path, conditions)
        self._log = SharedLog(path)

    def recall(self, key: str, parse: Callable[[Mapping[str, Any]], T]) -> T | None:
        """What was kept of this code; None where that is nothing, or nothing that can be parsed."""
        with suppress(ValueError, KeyError, TypeError):
            return parse(self._known[key])
        return None

    def keep(self, key: str, record: Mapping[str, Any]) -> None:
        """A verdict, for the next command in this folder."""
        self._log.append(json.dumps({KEY: key, **record}))

    def close(self) -> None:
        """What judges bring after an interrupt is not kept any more."""
        self._log.close()


def _read(path: Path, conditions: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """The verdicts by their code; where they were made under other conditions, a file without any."""
    wanted = json.loads(json.dumps({CONDITIONS: conditions}))
    rows = []
    if path.exists():
        with path.open("rb") as lines:
            rows = list(json_objects(lines))
    if rows[:1] == [wanted]:
        return {str(row[KEY]): row for row in rows if KEY in row}
    with explained(path):
        atomic_write(path, json.dumps(wanted) + "\n")
    return {}


@contextmanager
def open_kept_verdicts(
    folder: Path, conditions: Mapping[str, Any], *, goes_on: bool
) -> Iterator[KeptVerdicts | None]:
    """The folder's verdicts where the run `goes_on` later, or did so before; else None."""
    path = folder / RunFile.JUDGED
    if not goes_on and not path.exists():
        yield None
        return
    make_folder(folder)
    with explained(path):
        kept = KeptVerdicts(path, {"version": __version__, "machine": platform.node(), **conditions})
    try:
        yield kept
    finally:
        kept.close()


def digest_of(*parts: str | bytes | Mapping[str, bytes]) -> str:
    """Tells equal code for equal problems."""
    from hashlib import sha256  # takes a while to load

    digest = sha256()
    for part in parts:
        for piece in _pieces(part):
            digest.update(len(piece).to_bytes(8))
            digest.update(piece)
    return digest.hexdigest()[:32]


def _pieces(part: str | bytes | Mapping[str, bytes]) -> Iterator[bytes]:
    if isinstance(part, Mapping):
        for name in sorted(part):
            yield name.encode("utf-8", "backslashreplace")
            yield part[name]
    else:
        yield part.encode("utf-8", "backslashreplace") if isinstance(part, str) else part
