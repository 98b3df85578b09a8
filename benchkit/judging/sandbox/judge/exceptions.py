"""Exceptions of the candidate, made anew for a test that expects one."""

from __future__ import annotations

import builtins
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

from benchkit.judging.sandbox.stopped import ProgramStopped
from benchkit.judging.sandbox.wire.replies import MOST_TEXT
from benchkit.verdict import Verdict

# A test's own `all(map(…))` would take these for "no more cases"; a generator makes the same of them.
ENDS_A_LOOP = (StopIteration, StopAsyncIteration)
_GROUPS = ("BaseExceptionGroup", "ExceptionGroup")


@dataclass(frozen=True)
class RaisedThere:
    """An exception as the jail read_exception of it."""

    name: str
    base: str  # the builtin that it is derived from
    module: str
    text: str
    arguments: tuple[Any, ...] | None = None  # None where they are no data
    attributes: Mapping[str, Any] | None = None

    @classmethod
    def read(cls, details: Sequence[Any], unpacked: Callable[[Any], Any]) -> Self:
        name, base, module, text, *facts = details
        arguments, attributes = map(unpacked, facts) if facts else (None, None)
        return cls(str(name), str(base), str(module), str(text)[:MOST_TEXT], arguments, attributes)

    def __str__(self) -> str:
        return f"{self.name}: {self.text}" if self.text else self.name

    def fault(self) -> ProgramStopped:
        """What it comes to where the test does not expect it."""
        memory = self.base == "MemoryError"
        return ProgramStopped(Verdict.MEMORY if memory else Verdict.ERROR, str(self))

    @property
    def ends_a_loop(self) -> bool:
        return self.base in (kind.__name__ for kind in ENDS_A_LOOP)


def as_exception(there: RaisedThere, names: Mapping[str, Any]) -> Exception | None:
    """One of the same kind: the prompt's own class, a library's, or a builtin; None for what ends a test."""
    base = getattr(builtins, there.base, None)
    if there.base in _GROUPS:  # cannot be made without their exceptions, which stay in the jail
        base = Exception
    if there.ends_a_loop:
        return RuntimeError(str(there))
    if not (isinstance(base, type) and issubclass(base, Exception)):
        return None
    for kind in (names.get(there.name), _of_a_library(there), base if there.name == there.base else None):
        if isinstance(kind, type) and issubclass(kind, Exception):
            made = _made(kind, there)
            if made is not None:
                return made
    return _with_text(base, there)


def _of_a_library(there: RaisedThere) -> Any:
    if there.module.partition(".")[0] not in sys.stdlib_module_names:
        return None
    return getattr(sys.modules.get(there.module), there.name, None)


def _made(kind: type[Exception], there: RaisedThere) -> Exception | None:
    """By its arguments and attributes; not by an __init__ of the prompt's, which may want others."""
    if there.arguments is None:
        return None
    try:
        builtin = kind.__module__ == "builtins"  # what they tell of themselves is set by __init__
        error = kind(*there.arguments) if builtin else kind.__new__(kind, *there.arguments)
        error.args = there.arguments
        error.__dict__.update(there.attributes or {})
        return error if str(error)[:MOST_TEXT] == there.text else None
    except Exception:
        return None


def _with_text(base: type[Exception], there: RaisedThere) -> Exception:
    kind: Any = type(there.name.replace("\0", ""), (base,), {"__str__": lambda _: there.text})
    arguments = (there.text,) if there.arguments is None else there.arguments
    error: Exception = base.__new__(kind, *arguments)
    error.args = arguments
    return error
