"""A model served for measuring alone: no script asks it, and what comes of it is one run in the history."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from benchkit.benchmarks import Benchmark
from benchkit.contract import RunFile
from benchkit.errors import HistoryError, ServerError
from benchkit.files import atomic_write, cache_folder
from benchkit.records import Results, Run
from benchkit.running.command_line import Script
from benchkit.running.plan import PlannedRun, new_run_id
from benchkit.running.runner.host import ModelHost
from benchkit.running.runner.interrupts import Interrupts
from benchkit.running.runner.record import Findings, as_run
from benchkit.running.runner.stages import make_folder
from benchkit.running.runner.work import mask_of
from benchkit.serving.servers.endpoint import find_key
from benchkit.serving.speed.measuring import AGAIN, TIMES, Load, Meter, Speed
from benchkit.serving.speed.prompts import learn_wording
from benchkit.serving.speed.streaming import StreamingServer
from benchkit.serving.telemetry import machine_facts, sampling
from benchkit.settings import RunSettings, model_name
from benchkit.telling.history import open_store, to_record

Say = Callable[[str], None]


@dataclass(frozen=True)
class Bench:
    """A server that has proved itself, and what measures it."""

    plan: PlannedRun
    findings: Findings
    host: ModelHost
    meter: Meter

    def measure(self, load: Load, times: int = TIMES, again: int = AGAIN) -> Speed:
        """As the meter does; where the server has died meanwhile, that is what is told."""
        try:
            return self.meter.measure(load, times, again)
        except ServerError as error:
            if (failure := self.host.failure()) is not None:
                raise failure from error
            raise


def check_places(settings: RunSettings) -> None:
    """Refuse what could not be recorded, or served, before anything is made."""
    cache_folder()
    open_store(settings.history).check()


def plan_of(kind: str, settings: RunSettings) -> PlannedRun:
    """A run without a script; `kind` is its benchmark's name in the history."""
    run_id = new_run_id()
    return PlannedRun(
        id=run_id,
        settings=settings,
        benchmark=Benchmark(kind, "", ""),
        script=Script((), kind, takes_flags=False),
        name=settings.name or model_name(settings),
        folder=(settings.runs_dir / run_id).resolve(),
    )


@contextmanager
def served(plan: PlannedRun, say: Say, findings: Findings) -> Iterator[Bench]:
    """Serve the model, and put it away again; what it cost is in the findings afterwards."""
    make_folder(plan.folder)
    findings.machine = machine_facts()
    with (
        Interrupts() as interrupts,
        ModelHost(plan, say) as host,
        sampling(host.pids, plan.folder / RunFile.TELEMETRY) as sampler,
    ):
        try:
            server = host.running(sampler.vram_used_mb)
            findings.facts, findings.cached_percent = server.facts, host.cached_percent
            target = StreamingServer(server.facts.base_url, server.facts.model, server.api_key or find_key())
            yield Bench(plan, findings, host, Meter(target, learn_wording(target), host.pids))
        finally:
            with interrupts.held():
                findings.model = host.model
                host.stop()
                findings.stop = host.stop_report if findings.facts else None
                findings.telemetry = sampler.summary()


def record(plan: PlannedRun, findings: Findings, metrics: Mapping[str, Any]) -> Run:
    """One more line in the history, without a score."""
    findings.results = Results(score=None, metrics=metrics)
    run = as_run(plan, findings, mask_of(plan))
    run = replace(run, config=replace(run.config, script=None))
    atomic_write(plan.folder / RunFile.RECORD, json.dumps(to_record(run), indent=1) + "\n")
    open_store(plan.settings.history).append(run)
    return run


def record_unfinished(
    plan: PlannedRun, findings: Findings, error: BaseException, metrics: Mapping[str, Any], say: Say
) -> None:
    """What was measured until it failed or was interrupted is kept, as of any run."""
    findings.error = error
    try:
        run = record(plan, findings, metrics)
    except (HistoryError, OSError) as worse:
        say(f"not recorded: {worse}")
    else:
        say(f"recorded as {run.id} in {plan.settings.history}")


def words_of(flags: Mapping[str, Sequence[Any]]) -> tuple[str, ...]:
    """The command's own flags, as the record keeps them for running it again."""
    return tuple(
        word for name, values in flags.items() if values for word in (name, ",".join(map(str, values)))
    )
