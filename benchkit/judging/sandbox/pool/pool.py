"""The workers: one judge process each, taken by whichever thread calls, given back after its program."""

from __future__ import annotations

import os
import queue
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from threading import Lock, Thread
from time import monotonic, sleep
from types import TracebackType
from typing import Any

from benchkit.errors import SandboxError
from benchkit.judging.sandbox.base import Isolation, Limits, LoadedProgram, Outcome, Program
from benchkit.judging.sandbox.jail import folder
from benchkit.judging.sandbox.pool import places
from benchkit.judging.sandbox.pool.fork_server import ForkServer
from benchkit.judging.sandbox.pool.loaded import JudgeLost, RemoteProgram
from benchkit.judging.sandbox.pool.worker import Worker
from benchkit.judging.sandbox.wire.line import as_outcome
from benchkit.judging.sandbox.wire.setup import JailFacts

_GRACE_S = 8.0  # beyond a program's time; a judge that has not answered by then is stuck
_SETTLED_S = 75.0
_PAUSES_S = (0.0, 0.1, 0.5, 2.0)
_DEFAULT = Limits()


def _refuse_nonsense(program: Program) -> None:
    if (program.source is None) == (program.argv is None):
        raise SandboxError("a Program is either Python source or a command line: give one of the two")
    for name in program.keep:
        if "/" in name:  # a folder on the way could be the program's own link to anywhere
            raise SandboxError(f"cannot bring back {name!r}: only files at the top of the private folder")
    for name in (*program.files, *program.keep):
        if not name or name.startswith("/") or ".." in name.split("/") or "\0" in name:
            raise SandboxError(f"file name {name!r} leads out of the private folder: give a relative one")


class Pool:
    """A Sandbox of so many workers at one level."""

    def __init__(
        self,
        level: str,
        workers: int,
        most_landlock: int = places.NEWEST_LANDLOCK,
        fork_server: ForkServer | None = None,
        toolchains: Sequence[str] = (),
    ) -> None:
        """Start the workers; `ready` waits for them."""
        self.level = level
        self.workers = workers
        self.free: queue.LifoQueue[Worker] = queue.LifoQueue()
        self.all: set[Worker] = set()
        self.scratch, self._scratch_lock = places.scratch()
        self.setup = places.worker_setup(level, self.scratch, most_landlock, toolchains)
        self.lock = Lock()
        self.closed = False
        self.background: set[Thread] = set()  # that wait for a worker to be settled, or replace one
        self.isolation = Isolation(level, ())
        self._facts: JailFacts | None = None
        self.fork_server = fork_server or ForkServer()
        try:
            for _ in range(workers):
                self.all.add(self._worker_process())
        except BaseException:
            self.close()
            raise

    def _worker_process(self) -> Worker:
        for _ in range(2):
            try:
                return Worker(self.fork_server, self.setup)
            except ConnectionError:  # the fork server was killed
                self.fork_server.close()
                self.fork_server = ForkServer()
            except OSError as error:
                raise SandboxError(f"a worker of the sandbox did not start: {error.strerror}") from None
        raise SandboxError("a worker of the sandbox did not start: its fork server ends")

    def ready(self) -> JailFacts:
        """Wait until all workers have started; what they found of the machine."""
        facts = self._facts
        if facts is None:
            try:
                for worker in self.all:
                    facts = worker.introduction()
                    self.free.put(worker)
            except BaseException:
                self.close()
                raise
            assert facts is not None
            self._facts = facts
        return facts

    def __enter__(self) -> Pool:
        self.ready()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        with self.lock:
            self.closed = True
        for worker in list(self.all):
            worker.hang_up()
        for thread in list(self.background):
            thread.join()
        for worker in self.all:
            worker.close()
        self.all.clear()
        self.fork_server.close()
        folder.remove(self.scratch)
        if self._scratch_lock >= 0:
            os.close(self._scratch_lock)
            self._scratch_lock = -1

    def run(self, program: Program, limits: Limits = _DEFAULT) -> Outcome:
        _refuse_nonsense(program)
        message = {
            **vars(program),
            "argv": None if program.argv is None else list(program.argv),
            "files": dict(program.files),
            "keep": list(program.keep),
            "executable": list(program.executable),
        }
        return self._ask(limits, "run", message, dict(vars(limits)))

    def check(
        self, source: str, test: str, entry_point: str, limits: Limits = _DEFAULT, *, support: str = ""
    ) -> Outcome:
        return self._ask(limits, "check", source, test, entry_point, support, dict(vars(limits)))

    def _ask(self, limits: Limits, *message: Any) -> Outcome:
        began = monotonic()
        try:
            with self._worker() as worker:
                worker.send(*message)
                _, result, sound, settled = worker.receive(limits.wall_s + _GRACE_S)
                worker.settling = not settled
                if not sound:
                    self._replace(worker)
        except JudgeLost as gone:
            return gone.outcome(monotonic() - began, limits.wall_s)
        return as_outcome(result)

    @contextmanager
    def load(self, source: str, limits: Limits = _DEFAULT) -> Iterator[LoadedProgram]:
        with self._worker() as worker:
            program = RemoteProgram(worker, source, limits)
            try:
                yield program
            finally:
                if not program.unload():
                    self._replace(worker)

    @contextmanager
    def _worker(self) -> Iterator[Worker]:
        """A free worker, given back after use; one that was left in the middle of something is replaced."""
        worker = self._free_worker()
        try:
            yield worker
        except BaseException:
            self._replace(worker)
            raise
        finally:
            if worker in self.all:
                self._give_back(worker)

    def _free_worker(self) -> Worker:
        while self.all or self.background:
            try:
                return self.free.get(timeout=1)
            except queue.Empty:
                continue
        raise SandboxError("no worker of the sandbox is left: its processes end as soon as they start")

    def _give_back(self, worker: Worker) -> None:
        if worker.settling:
            self._in_background(self._await_settled, worker)
        else:
            self.free.put(worker)

    def _await_settled(self, worker: Worker) -> None:
        """Give the worker back once nothing is left of its last program."""
        try:
            _, sound = worker.receive(_SETTLED_S)
        except JudgeLost:
            sound = False
        worker.settling = False
        if sound:
            self.free.put(worker)
        else:
            self._replace(worker)

    def _replace(self, worker: Worker) -> None:
        """In the background: only a caller that needs a worker waits for the new one."""
        with self.lock:
            if worker not in self.all or self.closed:
                return
            self.all.remove(worker)
            self._in_background(self._start_successor, worker)

    def _in_background(self, step: Callable[[Worker], None], worker: Worker) -> None:
        def work() -> None:
            try:
                step(worker)
            finally:
                self.background.discard(thread)

        thread = Thread(target=work, daemon=True)
        self.background.add(thread)
        thread.start()

    def _start_successor(self, worker: Worker) -> None:
        """Close one worker and start another, with retries: the machine may lack memory for a moment."""
        worker.close()
        for pause_s in _PAUSES_S:
            sleep(pause_s)
            try:
                self.free.put(self._introduced())
            except (SandboxError, OSError):
                continue
            return

    def _introduced(self) -> Worker:
        with self.lock:
            if self.closed:
                raise SandboxError("the sandbox is closed")
            fresh = self._worker_process()
            self.all.add(fresh)
        try:
            fresh.introduction()
        except BaseException:
            self.all.discard(fresh)
            fresh.close()
            raise
        return fresh
