"""The lifecycle shared by all servers that we start; a kind adds its command and how to read its facts."""

from __future__ import annotations

import os
import time
from abc import ABC, abstractmethod
from pathlib import Path
from typing import ClassVar

from benchkit.errors import BadServerFlag, ModelFileError, PortTaken, ServerDied, ServerError, StartTimeout
from benchkit.records import ModelFile, ServerFacts, ServerRequest
from benchkit.serving.servers.base import EngineInfo, ShowLine
from benchkit.serving.servers.diagnosis import (
    KILLED,
    FailedStart,
    error_of_failed_start,
    exit_words,
    last_error_lines,
)
from benchkit.serving.servers.http import ask, prove_model, prove_token
from benchkit.serving.servers.ports import HOST, free_port, listens_alone
from benchkit.serving.servers.process import Process
from benchkit.serving.servers.watchdog import HangLimits, Watchdog, WatchedServer

LOOKS_EVERY_S = 0.02  # ready is noticed within 50 ms
SHOWS_EVERY_S = 1.0
CRASH_LINES = 1000  # so far up the log the cause of a crash is looked for, beyond a debugger's backtrace
LEAST_START_S = 60.0
SLOWEST_LOAD = 30 * 2**20  # bytes a second: a disk that was asleep, a network share
DEFAULT_CONTEXT = 4096
FIRST_REPLY_S, LAST_REPLY_S = 0.25, 5.0  # waiting for a reply hides an early exit: so wait briefly at first
OURS = frozenset(
    {
        "--port",
        "-m",
        "--model",
        "-a",
        "--alias",
        "--model-alias",
        "--api-key",
        "--api-key-file",
        "--ssl-key-file",
    }
)


class LocalServer(ABC):
    """A server in a process of our own, on a free port of this machine."""

    kind: ClassVar[str]
    health_path: ClassVar[str] = "/health"
    key_variable: ClassVar[str | None] = None  # through which the engine takes its key, if it can
    hidden_variables: ClassVar[tuple[str, ...]] = ()  # beginnings of names that would change its settings

    def __init__(self, request: ServerRequest, report: ShowLine) -> None:
        if request.model is None:
            raise ModelFileError(f"{request.kind} needs a model file: --model PATH")
        self.request = request
        self.model: ModelFile = request.model
        self.report = report
        self.alias = request.name.replace(",", "-")  # llama.cpp takes a comma for a second alias
        self.port = 0
        self._process: Process | None = None
        self._watchdog: Watchdog | None = None
        self._replies_within = FIRST_REPLY_S
        self._started = 0.0
        self._start_s = 0.0

    @staticmethod
    @abstractmethod
    def engine(program: Path | None = None) -> EngineInfo:
        """The engine on this machine."""

    @abstractmethod
    def command(self, port: int) -> list[str]:
        """What to execute; EngineMissing if it is not installed."""

    @abstractmethod
    def describe(self) -> ServerFacts:
        """What the server really did."""

    @abstractmethod
    def shows_life(self) -> bool:
        """Whether it has computed something since the last check, or reports that it is idle."""

    def hang_limits(self) -> HangLimits:
        return HangLimits()

    @property
    def api_key(self) -> str | None:
        return self.request.new_key if self.key_variable else None

    def environment(self) -> dict[str, str]:
        """Without what would change the server's settings behind the record's back, and with its key.

        At a crash llama.cpp lets gdb print hundreds of lines, for minutes, where one is installed.
        """
        kept = {n: value for n, value in os.environ.items() if not n.startswith(self.hidden_variables)}
        key = {self.key_variable: self.api_key} if self.key_variable and self.api_key else {}
        return {"GGML_NO_BACKTRACE": "1", **kept, **key}

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.port}"

    @property
    def base_url(self) -> str:
        return f"{self.url}/v1"

    @property
    def process(self) -> Process:
        assert self._process is not None, "the server has not been started"
        return self._process

    @property
    def context(self) -> int:
        """Tokens of context for one slot."""
        return self.request.context or min(self.model.context_length or DEFAULT_CONTEXT, DEFAULT_CONTEXT)

    @property
    def start_s(self) -> float:
        """How long it took to be ready."""
        return self._start_s

    def start(self) -> None:
        if not self.model.path.exists():
            raise ModelFileError(f"{self.model.path} does not exist: check --model")
        self._refuse_what_is_ours()
        self.port = free_port()
        self._started = time.monotonic()
        self._process = Process(self.command(self.port), self.request.log, self.environment())

    def ready(self) -> None:
        try:
            self._wait_until_it_listens()
            self._prove_port()
            prove_model(self.base_url, self.alias, self.api_key, timeout=max(LAST_REPLY_S, self._time_left()))
            prove_token(self.base_url, self.alias, self.api_key, timeout=max(LAST_REPLY_S, self._time_left()))
        except ServerDied as error:
            if not self.process.ended_within(1.0):
                raise
            raise self._failed_start() from error
        self._start_s = time.monotonic() - self._started
        self.process.remember_pids()
        watched = WatchedServer(self.base_url, self.alias, self.shows_life, self.api_key, self.process.cpu_s)
        self._watchdog = Watchdog(watched, self.hang_limits())

    def failure(self) -> ServerError | None:
        code = self.process.exit_code()
        if code is not None:
            tail = self.process.tail()
            starved = code == KILLED and self.process.killed_for_memory()
            why = (
                "the kernel killed it for want of memory"
                if starved
                else last_error_lines(self.process.tail(CRASH_LINES))
            )
            return ServerDied(
                f"{self.kind} ended with {exit_words(code)} while it was in use: {why}", log=tail
            )
        return self._watchdog.verdict if self._watchdog else None

    def silent_s(self) -> float | None:
        if self._watchdog is None:
            return None
        return self._watchdog.silent_s if self.counts_its_work() else self._watchdog.stopped_s

    def counts_its_work(self) -> bool:
        """Whether `shows_life` can tell work from silence."""
        return False

    def stop(self) -> bool:
        if self._watchdog:
            self._watchdog.stop()
        return self._process.stop() if self._process else False

    def _refuse_what_is_ours(self) -> None:
        """With another port or name the runner would not find the server; it sets the key itself."""
        for word in self.request.extra_args:
            name = word.partition("=")[0]
            if name.replace("_", "-") in OURS:
                raise BadServerFlag(f"--server-arg {name}: this is set by the runner itself, leave it out")

    def _wait_until_it_listens(self) -> None:
        shown = time.monotonic()
        while not self._is_healthy():
            if self.process.exit_code() is not None:
                raise self._failed_start()
            if self._time_left() <= 0:
                raise self._too_slow()
            if time.monotonic() - shown >= SHOWS_EVERY_S:
                shown = time.monotonic()
                self.report(
                    f"loading, {shown - self._started:.0f} s: {last_error_lines(self.process.tail())}"
                )
            time.sleep(LOOKS_EVERY_S)

    def _is_healthy(self) -> bool:
        try:
            return ask(self.url + self.health_path, timeout=self._replies_within, key=self.api_key).ok
        except TimeoutError:
            self._replies_within = min(2 * self._replies_within, LAST_REPLY_S)
        except OSError:
            return False
        return False

    def _prove_port(self) -> None:
        """The listener must be our child: two servers can have picked the same port."""
        if listens_alone(self.port, self.process.pids()) is False:
            raise PortTaken(f"port {self.port} was taken by another process before {self.kind} could listen")

    def _start_timeout(self) -> float:
        return self.request.start_timeout_s or LEAST_START_S + self.model.size_bytes / SLOWEST_LOAD

    def _time_left(self) -> float:
        return max(0.0, self._started + self._start_timeout() - time.monotonic())

    def _too_slow(self) -> StartTimeout:
        said = last_error_lines(self.process.tail())
        return StartTimeout(
            f"{self.kind} was not ready within {self._start_timeout():.3g} s (--start-timeout): {said}",
            log=self.process.tail(),
        )

    def _failed_start(self) -> ServerError:
        version = self.engine(self.request.llama_server).version
        start = FailedStart(
            engine=f"{self.kind} {version}" if version else self.kind,
            request=self.request,
            exit_code=self.process.exit_code() or 0,
            log=self.process.output(),
            killed_for_memory=self.process.killed_for_memory(),
        )
        return error_of_failed_start(start)
