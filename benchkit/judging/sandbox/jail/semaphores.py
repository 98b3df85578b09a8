"""The semaphore that multiprocessing asks the system for, without the system's: the jail has no /dev/shm.

A program that may have no second process shares it with its own threads only, as multiprocessing.dummy does.
"""

from __future__ import annotations

import importlib.util
import sys
import threading
from collections.abc import Sequence
from importlib.machinery import ModuleSpec
from time import monotonic
from types import ModuleType
from typing import Any

_NAME = "_multiprocessing"


def install() -> None:
    """For a program's own process: from now on `_multiprocessing` comes with our semaphore."""
    sys.meta_path.insert(0, _Finder())


class _Finder:
    """Finds one module, and leaves all others to those after it."""

    @staticmethod
    def find_spec(
        name: str, _path: Sequence[str] | None = None, _target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if name != _NAME:
            return None
        sys.meta_path[:] = [finder for finder in sys.meta_path if not isinstance(finder, _Finder)]
        spec = importlib.util.find_spec(name)
        if spec is not None and spec.loader is not None:
            spec.loader = _Loader(spec.loader)  # type: ignore[assignment]
        return spec


class _Loader:
    def __init__(self, real: Any) -> None:
        self.real = real

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        module: ModuleType | None = self.real.create_module(spec)
        return module

    def exec_module(self, module: ModuleType) -> None:
        self.real.exec_module(module)
        module.SemLock = SemLock  # type: ignore[attr-defined]


class SemLock:
    """As `_multiprocessing.SemLock`, of threads: kind 0 is a lock that its holder may take again."""

    SEM_VALUE_MAX = 2**31 - 1

    def __init__(self, kind: int, value: int, maxvalue: int, name: str, unlink: bool) -> None:
        del name, unlink
        self.kind, self.maxvalue, self.handle = kind, maxvalue, id(self)
        self.name = None  # none of the system's, so the resource tracker need not know it
        self._value = value
        self._owner: int | None = None
        self._held = 0
        self._changed = threading.Condition()

    def acquire(self, block: bool = True, timeout: float | None = None) -> bool:
        ends = None if timeout is None else monotonic() + max(0.0, timeout)
        with self._changed:
            if self.kind == 0 and self._is_mine():
                self._held += 1
                return True
            while self._value == 0:
                left = None if ends is None else ends - monotonic()
                if not block or (left is not None and left <= 0):
                    return False
                self._changed.wait(left)
            self._value -= 1
            self._owner, self._held = threading.get_ident(), self._held + 1
            return True

    def release(self) -> None:
        with self._changed:
            if self.kind == 0 and not self._is_mine():
                raise AssertionError("attempt to release recursive lock not owned by thread")
            if self._value >= self.maxvalue:
                raise ValueError("semaphore or lock released too many times")
            self._held -= 1
            if self.kind == 0 and self._held:
                return
            self._value += 1
            self._changed.notify()

    def __enter__(self) -> bool:
        return self.acquire()

    def __exit__(self, *_: object) -> None:
        self.release()

    def _count(self) -> int:
        return self._held

    def _is_mine(self) -> bool:
        return self._held > 0 and self._owner == threading.get_ident()

    def _get_value(self) -> int:
        return self._value

    def _is_zero(self) -> bool:
        return self._value == 0
