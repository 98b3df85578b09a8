"""One model's server for as many runs as share it: started at the first need, again after a death."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from contextlib import ExitStack
from dataclasses import fields, replace
from pathlib import Path
from threading import Thread
from types import TracebackType

from benchkit.contract import RunFile
from benchkit.errors import BenchError, ModelFileError, ServerError
from benchkit.records import ModelFile, ServerRequest
from benchkit.running.plan import PlannedRun
from benchkit.running.runner.slots import Slots, slots_for
from benchkit.serving.gguf import read_model_file, sha256_of
from benchkit.serving.gguf.page_cache import cached_percent
from benchkit.serving.servers import RunningServer, StopReport, serve
from benchkit.serving.telemetry import Before
from benchkit.settings import SETTINGS, SLOTS

# Room for a problem's text and the chat template around it, beside the answer.
PROMPT_TOKENS = 3072
ANSWER_TOKENS = 1024

# What a server is asked for under the setting's own name; the others are worked out below.
_FOR_SERVER = {one.name for one in fields(ServerRequest)} & set(SETTINGS) - {"model", "name", "context"}

VramUsed = Callable[[], float | None]


class ModelHost:
    """Holds the model file's facts and its running server; nothing is left when the context ends."""

    def __init__(self, plan: PlannedRun, report: Callable[[str], None], new_key: str | None = None) -> None:
        self.model: ModelFile | None = None
        self.server: RunningServer | None = None
        self.stop_report: StopReport | None = None
        self.slots: Slots | None = None  # where they were to be chosen by measuring
        self.cached_percent: float | None = None  # of the file, when its server was started
        self.before: Before | None = None  # the GPUs before the server came
        self._plan = plan
        self._report = report
        self._new_key = new_key
        self._loader: Callable[[], tuple[int, ...]] = tuple  # processes that load the model without a server
        self._failed: BenchError | None = None
        self._stack = ExitStack()

    def __enter__(self) -> ModelHost:
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()

    def running(self, vram_used_mb: VramUsed) -> RunningServer:
        """The server, started where it is not. A start that failed once fails the same for all its runs."""
        if self._failed is not None:
            raise self._failed
        if self.server is None:
            try:
                self._start(vram_used_mb)
            except (BenchError, OSError):
                self.stop()
                raise
        assert self.server is not None
        return self.server

    def without_server(self) -> None:
        """Room for a benchmark that loads the model itself: no server, and the model's facts."""
        self.stop()
        self._read_model()
        if self.model is not None and self.model.sha256 is None:
            self.model = replace(self.model, sha256=sha256_of(self.model))

    def loaded_by(self, pids: Callable[[], tuple[int, ...]]) -> None:
        """Who has the model in memory while no server runs."""
        self._loader = pids

    def _read_model(self) -> None:
        path = self._plan.settings.model
        if path is not None and self.model is None:
            self.model = read_servable(path)

    def _start(self, vram_used_mb: VramUsed) -> None:
        try:
            self._read_model()
            self.cached_percent = cached_percent(self.model.parts) if self.model else None
            digest = in_background(sha256_of, self.model) if self.model else None
            request = replace(server_request(self._plan, self.model), new_key=self._new_key)
            if self._plan.settings.parallel == "auto":
                self.slots = slots_for(self._plan, request, self._report)
                request = replace(request, parallel=self.slots.slots)
            self.server = self._stack.enter_context(serve(request, self._report, vram_used_mb))
        except BenchError as error:
            self._failed = error
            raise
        for warning in self.server.facts.warnings:
            self._report(f"warning: {warning}")
        if self.model is not None and digest is not None:
            self.model = replace(self.model, sha256=digest.result())

    @property
    def cannot_start(self) -> bool:
        """Whether a start has failed: the next would fail alike."""
        return self._failed is not None

    def stop(self) -> None:
        server, self.server = self.server, None
        self._stack.close()
        if server is not None:
            self.stop_report = server.stop_report
            for warning in self.stop_report.warnings if self.stop_report else ():
                self._report(f"warning: {warning}")

    def silent_s(self) -> float | None:
        return self.server.silent_s() if self.server else None

    def failure(self) -> ServerError | None:
        return self.server.failure() if self.server else None

    @property
    def api_key(self) -> str | None:
        """What the server asks its clients for."""
        return self.server.api_key if self.server else None

    def pids(self) -> tuple[int, ...]:
        return self.server.facts.pids if self.server else self._loader()


def read_servable(path: Path) -> ModelFile:
    """The facts of a model's file; raises what keeps a run from starting with it."""
    model = read_model_file(path)
    if model.kind != "model":
        what = f"{model.path} is a {model.kind} file, which no server can serve alone"
        raise ModelFileError(f"{what}: name the model's own file")
    return model


def in_background(work: Callable[[ModelFile], str], model: ModelFile) -> Future[str]:
    """Hash while the server loads: both read the same pages. A failed start does not wait for it."""
    future: Future[str] = Future()

    def fill() -> None:
        try:
            future.set_result(work(model))
        except OSError as error:
            future.set_exception(ModelFileError(f"cannot read {model.path}: {error.strerror}"))
        except Exception as error:  # it is raised where the result is awaited
            future.set_exception(error)

    Thread(target=fill, daemon=True).start()
    return future


def server_request(plan: PlannedRun, model: ModelFile | None) -> ServerRequest:
    settings = plan.settings
    given = {name: getattr(settings, name) for name in _FOR_SERVER}
    given["parallel"] = SLOTS if settings.parallel == "auto" else settings.parallel
    budget = settings.answer_tokens or settings.max_tokens
    return ServerRequest(
        **given,
        kind=settings.server,
        name=settings.provider_model or plan.name,
        log=plan.folder / RunFile.SERVER_LOG,
        model=model,
        context=settings.context or default_context(model, budget),
        extra_args=settings.server_args,
    )


def default_context(model: ModelFile | None, max_tokens: int | None) -> int:
    """Enough for a problem and its answer, and never more than the model was trained for."""
    enough = PROMPT_TOKENS + (max_tokens or ANSWER_TOKENS)
    trained = model.context_length if model else None
    return min(enough, trained) if trained else enough
