"""A bug of ours costs one answer its verdict, and not the night all answers after it."""

from __future__ import annotations

import sys
from pathlib import Path
from threading import Lock
from traceback import extract_tb

from benchkit.errors import BenchError
from benchkit.terminal import complain, save_traceback

NO_BUGS = (BenchError, OSError, MemoryError)  # but the user's to mend, or the machine's
_lock = Lock()
_details: dict[tuple[object, ...], str] = {}  # by what went wrong and where


def detail_of_bug(error: Exception) -> str:
    """Why an answer has no verdict, with the report; raises what is the user's or the machine's to mend."""
    if isinstance(error, NO_BUGS):
        raise error
    place = extract_tb(error.__traceback__)[-1]
    kind = (type(error), place.filename, place.lineno)
    with _lock:  # a bug that meets all answers needs one report
        if kind not in _details:
            _details[kind] = f"{type(error).__name__} — a bug of ours; please report {save_traceback()}"
            complain(Path(sys.argv[0]).name, f"an answer could not be judged: {_details[kind]}")
        return _details[kind]
