"""Models of providers side by side: each group of runs in a thread, all that is kept under one lock."""

from __future__ import annotations

import os
import shutil
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from threading import Event, RLock, Thread

from benchkit.addresses import host_of
from benchkit.contract import Variable
from benchkit.errors import BenchError, Interrupted, UsageError
from benchkit.files import cache_folder
from benchkit.providers.names import provider_at
from benchkit.providers.table import LOCAL
from benchkit.records import ENDPOINT
from benchkit.running.batch.keeper import Due, Keeper
from benchkit.running.executors import BatchStopped
from benchkit.running.plan import PlannedRun
from benchkit.running.runner import EndedRun
from benchkit.settings import RunSettings

LOOKS_EVERY_S = 0.2  # for a signal, which only the main thread sees
OWN_MACHINE = ("127.0.0.1", "localhost", "::1")

Group = Sequence[Due]
RunGroup = Callable[[Sequence[PlannedRun], Keeper], None]


def may_run_beside(settings: RunSettings) -> bool:
    """Whether a model is served elsewhere: what this machine serves needs it for itself, and its timing."""
    if settings.server != ENDPOINT or settings.base_url is None:
        return False
    provider = provider_at(settings.provider, settings.base_url)
    if provider is LOCAL or provider.is_local:
        return host_of(settings.base_url) not in OWN_MACHINE
    return True


@contextmanager
def shared_pace(at_once: int) -> Iterator[None]:
    """Tell the scripts of all lanes where they keep how fast a provider may be asked.

    The place is this machine's only batch's; what an earlier one left there does not count.
    """
    if at_once < 2:
        yield
        return
    folder = cache_folder() / "pace"
    try:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(exist_ok=True)
    except OSError as error:
        raise UsageError(
            f"cannot make the folder {folder}: {error.strerror}; name another place with XDG_CACHE_HOME"
        ) from None
    os.environ[Variable.PACE] = str(folder)
    try:
        yield
    finally:
        os.environ.pop(Variable.PACE, None)


class LaneQueue:
    """What all lanes share: the groups still to run, the interrupt, the errors that end them all."""

    def __init__(self, groups: Sequence[Group]) -> None:
        self.lock = RLock()
        self.left = deque(groups)
        self.interrupted = Event()
        self.errors: list[BaseException] = []

    def next_group(self) -> Group | None:
        with self.lock:
            return None if self.errors or not self.left else self.left.popleft()

    def check(self) -> None:
        """Raise where nothing more is to be started."""
        if self.interrupted.is_set():
            raise Interrupted
        if self.errors:
            raise BatchStopped(str(self.errors[0]))


class Lane(Keeper):
    """A keeper of its own for what is at work in one thread; ledger and journal are everybody's."""

    def __init__(self, keeper: Keeper, shared: LaneQueue) -> None:
        vars(self).update(vars(keeper.for_work_beside()))
        self._shared = shared

    def planned(self, due: Due) -> PlannedRun:
        with self._shared.lock:
            return super().planned(due)

    def wanted(self, plan: PlannedRun) -> bool:
        self._shared.check()
        with self._shared.lock:
            return super().wanted(plan)

    def trouble(self) -> BenchError | None:
        """An interrupt ends the runs of all lanes, each put away in order."""
        if self._shared.interrupted.is_set():
            raise Interrupted
        return super().trouble()

    def note(self, finished: EndedRun) -> None:
        with self._shared.lock:
            super().note(finished)

    def note_broken(self, plan: PlannedRun, error: Exception) -> None:
        with self._shared.lock:
            super().note_broken(plan, error)


def run_side_by_side(groups: Sequence[Group], keeper: Keeper, at_once: int, run_group: RunGroup) -> None:
    """Run these groups, so many of them at a time; raises what ended one of them before its end."""
    shared = LaneQueue(groups)

    def work(ended: Event) -> None:
        try:
            while (group := shared.next_group()) is not None:
                lane = Lane(keeper, shared)
                run_group([lane.planned(due) for due in group], lane)
        except BaseException as error:
            shared.errors.append(error)
        finally:
            ended.set()

    ends = [Event() for _ in range(min(at_once, len(groups)))]
    for ended in ends:
        Thread(target=work, args=(ended,)).start()
    try:
        _wait_for(ends)
    except Interrupted:
        shared.interrupted.set()
        _wait_for(ends)
        raise
    if shared.errors:
        raise shared.errors[0]


def _wait_for(ends: Sequence[Event]) -> None:
    """Not by Thread.join: where a signal's handler raises in it, Python 3.11 takes the thread for ended."""
    for ended in ends:
        while not ended.wait(LOOKS_EVERY_S):
            pass
