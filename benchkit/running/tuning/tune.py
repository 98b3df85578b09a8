"""The flags that serve a model fastest on this box, for prompts and answers of a given length."""

from __future__ import annotations

import shlex
import shutil
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from math import inf
from pathlib import Path
from typing import Any

from benchkit.errors import BenchError, Interrupted, UsageError
from benchkit.records import Run
from benchkit.running.plan import PlannedRun
from benchkit.running.runner.host import read_servable
from benchkit.running.runner.record import Findings
from benchkit.running.tuning.bench import (
    Bench,
    Say,
    check_places,
    plan_of,
    record,
    record_unfinished,
    served,
    words_of,
)
from benchkit.running.tuning.deadline import OutOfTime, ending_after
from benchkit.running.tuning.finals import NO_GAIN, Gain
from benchkit.running.tuning.search import MeasureServer, Search, Tried
from benchkit.running.tuning.settings import (
    Candidate,
    TuningLimits,
    first_candidate,
    refuse_other_vocabulary,
    refuse_what_never_fits,
)
from benchkit.running.tuning.speed import SLACK, refuse_too_long
from benchkit.serving.gguf import read_model_facts
from benchkit.serving.servers.hardware import gpus
from benchkit.serving.servers.llama_server import find_llama_server
from benchkit.serving.speed.measuring import Load, Speed
from benchkit.serving.telemetry.room import free_room
from benchkit.settings import RunSettings


@dataclass(frozen=True)
class Workload:
    """The kind of work to be fast at, and how long the search may take."""

    prompt_tokens: int = 300
    tokens: int = 128
    budget_s: float = 900.0
    draft: Path | None = None


@dataclass(frozen=True)
class TuningResult:
    """The run as it was recorded, all that was tried, the best of it and its gain over the defaults."""

    run: Run
    tried: tuple[Tried, ...]
    start: Candidate
    best: Candidate
    gain: Gain

    def snippet(self) -> str:
        """What a plan says to serve the model like this."""
        lines = [f"- path: {self.run.config.path}", f"  parallel: {self.best.slots}"]
        if self.best.gpu_layers != "auto":
            lines.append(f"  gpu_layers: {self.best.gpu_layers}")
        if self.best.words:
            lines.append(f"  server_args: {shlex.join(self.best.words)}")
        return "\n".join(lines)


def tune(settings: RunSettings, work: Workload, say: Say) -> TuningResult:
    """Search within the budget, measure the gain, record; UsageError where there is nothing to tune."""
    settings = _tunable(settings)
    assert settings.model is not None
    model = read_servable(settings.model)
    if work.draft is not None:
        read_servable(work.draft)
        refuse_other_vocabulary(settings.model, work.draft)
    refuse_too_long(model, "--prompt", work.prompt_tokens, work.tokens)
    check_places(settings)
    needed = int(1.05 * work.prompt_tokens) + work.tokens + SLACK
    context = min(needed, model.context_length or needed)
    box = TuningLimits(free_room(), read_model_facts(settings.model), context, work.draft, work.prompt_tokens)
    refuse_what_never_fits(box, settings.model)
    start = first_candidate(box)
    servers = Servers(settings, context, work, say)
    search = Search(box, bool(gpus()), servers.serve, work.budget_s, say, began=servers.began)
    try:
        best, gain = _searched(search, start, model.path.name)
    except OutOfTime:
        shutil.rmtree(servers.plan.folder, ignore_errors=True)
        raise UsageError(
            f"--budget {work.budget_s:g}s is too short to start {model.path.name} and measure it once: "
            "give more, such as --budget 15m"
        ) from None
    except (BenchError, OSError, Interrupted, KeyboardInterrupt) as error:
        servers.record_unfinished(error, _metrics(search.tried, start, None, NO_GAIN))
        raise
    run = servers.record(best, start, _metrics(search.tried, start, best, gain))
    return TuningResult(run, tuple(search.tried), start, best, gain)


def _searched(search: Search, start: Candidate, name: str) -> tuple[Candidate, Gain]:
    best = search.best(start)
    if not any(one.tokens_per_second for one in search.tried):
        raise BenchError(f"{name} cannot be served here: {search.tried[0].note}")
    best, gain = search.decide(start, best)
    if gain.factor is not None and gain.factor <= 1.0:  # the search was misled, as a busy machine does
        best = start
    return best, gain


def _tunable(settings: RunSettings) -> RunSettings:
    if settings.base_url is not None:
        raise UsageError(
            "--base-url is a server that runs already: its flags cannot be changed from here; "
            "bench_runner.py speed NAME --base-url URL --slots 1,2,4,8 measures how it answers"
        )
    if settings.server not in ("auto", "llama-server"):
        raise UsageError(f"tune sets the flags of llama-server, not of {settings.server}: leave --server out")
    if find_llama_server(settings.llama_server) is None:
        raise UsageError("tune needs llama-server: make llama-server, or put it on PATH")
    if settings.server_args:
        raise UsageError("tune chooses the server's arguments itself: leave --server-arg out")
    return replace(settings, server="llama-server")


class Servers:
    """Serves one candidate after the other, each with a folder of its own below that of the one run."""

    def __init__(self, settings: RunSettings, context: int, work: Workload, say: Say) -> None:
        asked = {
            "--prompt": (work.prompt_tokens,),
            "--tokens": (work.tokens,),
            "--budget": (f"{work.budget_s:g}s",),
            "--draft": (work.draft,) if work.draft else (),
        }
        self.plan = plan_of("tune", replace(settings, context=context, script_args=words_of(asked)))
        self.began = time.monotonic()
        self._work, self._say = work, say
        self._started = 0
        self._benches: dict[Candidate, Bench] = {}  # the latest of each
        self._first: tuple[PlannedRun, Findings] | None = None  # of the defaults

    @contextmanager
    def serve(self, candidate: Candidate) -> Iterator[MeasureServer]:
        """Starting and measuring end with the budget; putting the server away takes its time."""
        with ExitStack() as stack:
            plan, findings = self._planned(candidate), Findings()
            self._first = self._first or (plan, findings)
            with ending_after(self._left_s()):
                bench = stack.enter_context(served(plan, self._warn, findings))
            self._benches[candidate] = bench

            def measure(at_once: int, times: int, limit_s: float = inf) -> Speed:
                with ending_after(min(limit_s, self._left_s())):
                    load = Load(self._work.prompt_tokens, self._work.tokens, at_once)
                    # What was disturbed is measured again where it is among the faster ones.
                    return bench.measure(load, times, again=min(1, times - 1))

            yield measure

    def _left_s(self) -> float:
        return self.began + self._work.budget_s - time.monotonic()

    def _planned(self, candidate: Candidate) -> PlannedRun:
        self._started += 1
        settings = replace(
            self.plan.settings,
            parallel=candidate.slots,
            gpu_layers=candidate.gpu_layers,
            server_args=candidate.words,
        )
        return replace(self.plan, settings=settings, folder=self.plan.folder / f"{self._started:02}")

    def _warn(self, line: str) -> None:
        """How each of many servers starts is not worth a line."""
        if line.startswith("warning"):
            self._say(line)

    def record(self, best: Candidate, start: Candidate, metrics: Mapping[str, Any]) -> Run:
        """As a run of the best, or of the defaults where no time was left to start the best by itself."""
        bench = self._benches.get(best) or self._benches[start]
        return record(replace(bench.plan, folder=self.plan.folder), bench.findings, metrics)

    def record_unfinished(self, error: BaseException, metrics: Mapping[str, Any]) -> None:
        """As a run of the defaults, which were begun before anything else."""
        if self._first is None or isinstance(error, UsageError):
            return
        plan, findings = self._first
        ended = Interrupted() if isinstance(error, KeyboardInterrupt) else error
        record_unfinished(replace(plan, folder=self.plan.folder), findings, ended, metrics, self._say)


def _metrics(tried: list[Tried], start: Candidate, best: Candidate | None, gain: Gain) -> dict[str, Any]:
    fastest = next((one.tokens_per_second for one in tried if one.candidate == best), None)
    return {
        "tokens_per_second": fastest,
        "tuned": {
            "start": str(start),
            "best": None if best is None else str(best),
            "gain": None if gain.factor is None else round(gain.factor, 4),
            "gain_interval": [round(end, 4) for end in gain.interval] if gain.interval else None,
            "tried": [
                {"setting": str(one.candidate), "tokens_per_second": one.tokens_per_second, "note": one.note}
                for one in tried
            ],
        },
    }
