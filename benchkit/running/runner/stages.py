"""The order of a run: serve, measure, run the script, parse, record; whatever happens, it is recorded."""

from __future__ import annotations

import json
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from glob import glob
from pathlib import Path

from benchkit.contract import SERVER_LOGS, RunFile
from benchkit.errors import (
    BenchError,
    Interrupted,
    NoDiskSpace,
    ParseError,
    ScriptError,
    ServerDied,
    ServerHangs,
    UsageError,
)
from benchkit.files import DISK_IS_FULL, atomic_write, cache_folder, make_private_folder
from benchkit.records import Run
from benchkit.running.display import Display
from benchkit.running.live import Snapshot, publishing
from benchkit.running.plan import PlannedRun
from benchkit.running.runner.check import check_model, check_script
from benchkit.running.runner.host import ModelHost
from benchkit.running.runner.interrupts import Interrupts
from benchkit.running.runner.record import Findings, as_run
from benchkit.running.runner.rounds import is_whole, with_former_rounds
from benchkit.running.runner.script import read_results, run_script
from benchkit.running.runner.work import Work, announcement_of, fresh_key, mask_of
from benchkit.serving.telemetry import Sampler, machine_facts, sampling
from benchkit.telling.history import open_store, to_record
from parsers import get_parser
from parsers.base import Parser


@dataclass(frozen=True)
class EndedRun:
    """A run as it was recorded, and the error itself where it failed."""

    run: Run
    error: BaseException | None = None
    recorded: bool = True  # not where it is a part of a run that goes on later


def execute(plan: PlannedRun, display: Display) -> Run:
    """Run it and record it. Raises only what happened before anything was started, and bugs of ours."""
    check_model(plan)
    cache_folder()  # refuses where there can be none, which the server would be the first to need
    open_store(plan.settings.history).check()
    check_script(plan)
    (ended,) = execute_all([plan], display)
    return ended.run


def execute_all(
    plans: Sequence[PlannedRun],
    display: Display,
    wanted: Callable[[PlannedRun], bool] = lambda _plan: True,
    trouble: Callable[[], BenchError | None] = lambda: None,
) -> Generator[EndedRun]:
    """Runs that share one server, their scripts checked already, each recorded as soon as it ends.

    `wanted` is asked just before each starts, `trouble` now and then while its script runs.
    """
    parsers = [find_parser(plan) for plan in plans]
    key = fresh_key(plans)
    mask = mask_of(plans[0], key)

    def report(line: str) -> None:
        display.line(mask.text(line))

    with _masked_logs(plans, key), Interrupts() as interrupts, ModelHost(plans[0], report, key) as host:
        for plan, parser in zip(plans, parsers, strict=True):
            if not wanted(plan):
                continue
            make_folder(plan.folder)
            with publishing(announcement_of(plan)) as publisher:
                tools = (host, display, interrupts, publisher, trouble, mask_of(plan, key))
                work = Work(plan, parser, Findings(), *tools)
                run = _recorded(work, last=plan is plans[-1])
                publisher.publish(Snapshot(run.status.value))
            yield EndedRun(run, work.findings.error, recorded=is_whole(plan, run))
            if isinstance(work.findings.error, Interrupted):
                return


@contextmanager
def _masked_logs(plans: Sequence[PlannedRun], key: str | None) -> Iterator[None]:
    """Servers write their logs themselves: secrets in them are masked once the servers have ended."""
    try:
        yield
    finally:
        for plan in plans:
            # Path.glob fails where the folder could not be made, which is reported already.
            for name in glob(SERVER_LOGS, root_dir=plan.folder):  # noqa: PTH207
                mask_of(plan, key).file(plan.folder / name)


def find_parser(plan: PlannedRun) -> Parser:
    name, settings = plan.benchmark.parser, plan.settings
    setting = {"regex": settings.score_pattern, "json": settings.score_path}.get(name)
    return get_parser(name, setting, settings.score_scale)


def make_folder(folder: Path) -> None:
    try:
        make_private_folder(folder)
    except OSError as error:
        advice = "name another place with --runs-dir"
        raise UsageError(f"cannot make the run's folder {folder}: {error.strerror}; {advice}") from None


def _recorded(work: Work, *, last: bool) -> Run:
    findings = work.findings
    try:
        _measured(work, last=last)
    except UsageError:
        raise
    except OSError as error:
        findings.error = _full_disk(error, work) if error.errno in DISK_IS_FULL else error
    except (Exception, Interrupted) as error:
        findings.error = error
    late = isinstance(findings.error, Interrupted) and findings.results is not None
    if late:  # all was done, and only putting away was left: that is a whole run
        findings.error = None
    with work.interrupts.held():
        findings.model = work.host.model
        run = as_run(work.plan, findings, work.mask)
        if work.plan.part is not None:
            run = with_former_rounds(run, work.plan.folder)
        _keep(work.plan, run)
    if findings.error is not None and not isinstance(findings.error, (BenchError, Interrupted)):
        raise findings.error
    if late:
        raise Interrupted
    return run


def _keep(plan: PlannedRun, run: Run) -> None:
    """In its folder, and in the history unless it goes on later."""
    whole = is_whole(plan, run)
    try:
        atomic_write(plan.folder / RunFile.RECORD, json.dumps(to_record(run), indent=1) + "\n")
    except OSError:
        if not whole:  # else the history holds the same, and may lie on a disk with more room
            raise
    if whole:
        open_store(plan.settings.history).append(run)


def _full_disk(error: OSError, work: Work) -> BaseException:
    """What whoever watches over the disk makes of it, else what is to be done about it."""
    try:
        trouble = work.trouble()
    except Interrupted as interrupted:  # it goes on once there is room
        return interrupted
    return trouble or NoDiskSpace(
        f"{error.filename or 'the runs'}: {error.strerror}: make room, or name another --runs-dir"
    )


def _measured(work: Work, *, last: bool) -> None:
    """Sample from before the server's start until after its end, and keep the sums whatever happens."""
    findings, host = work.findings, work.host
    findings.machine = machine_facts()
    with sampling(host.pids, work.plan.folder / RunFile.TELEMETRY, before=host.before) as sampler:
        host.before = sampler.before
        try:
            _with_restarts(work, sampler)
            findings.results = read_results(work)
        except (ScriptError, ParseError):
            raise  # not the server's fault: it serves the next run
        except BaseException:
            last = True  # of those that this server sees
            raise
        finally:
            with work.interrupts.held():  # a server that is left half-way keeps its memory
                if last:
                    host.stop()
                findings.stop = host.stop_report if findings.facts else None
                findings.telemetry = sampler.summary()


def _with_restarts(work: Work, sampler: Sampler) -> None:
    """A server that dies midway is started again; the script goes on from its journal."""
    while True:
        try:
            return run_script(work, sampler)
        except (ServerDied, ServerHangs) as error:
            with work.interrupts.held():
                work.host.stop()
            if work.host.cannot_start or work.findings.restarts == work.plan.settings.restarts:
                raise
            work.findings.restarts += 1
            work.display.line(f"{error}; starting the server again")
