"""The order of a run: serve, measure, run the script, parse, record; whatever happens, it is recorded."""

from __future__ import annotations

import errno
import json
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from benchkit.contract import SERVER_LOGS, ExitCode, RunFile, Variable
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
from benchkit.files import atomic_write
from benchkit.masking import Mask, shell_words
from benchkit.plan import PlannedRun
from benchkit.records import Results, Run
from benchkit.running.runner.check import check_model, check_script, values
from benchkit.running.runner.child import Child
from benchkit.running.runner.host import ModelHost
from benchkit.running.runner.interrupts import Interrupts
from benchkit.running.runner.record import Findings, as_run
from benchkit.running.runner.watch import EventReader, PrintedProgress, Watch, follow
from benchkit.serving.servers.endpoint import KEY, find_key
from benchkit.serving.telemetry import Sampler, machine_facts, sampling
from benchkit.telling.history import open_store, to_record
from benchkit.terminal import Display
from parsers import get_parser
from parsers.base import Parser

FULL = (errno.ENOSPC, errno.EDQUOT)
FULL_BYTES = 1 << 16  # with less than this nothing can be written
PARSED_BYTES = 64 << 20  # what a script prints last is what counts; more than this is never its summary


@dataclass(frozen=True)
class Work:
    """One run under way, and what it is done with."""

    plan: PlannedRun
    parser: Parser
    found: Findings
    host: ModelHost
    display: Display
    interrupts: Interrupts
    trouble: Callable[[], BenchError | None]
    mask: Mask


@dataclass(frozen=True)
class EndedRun:
    """A run as it was recorded, and the error itself where it failed."""

    run: Run
    error: BaseException | None = None


def execute(plan: PlannedRun, display: Display) -> Run:
    """Run it and record it. Raises only what happened before anything was started, and bugs of ours."""
    check_model(plan)
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
    mask = mask_of(plans[0])

    def report(line: str) -> None:
        display.line(mask.text(line))

    with _masked_logs(plans), Interrupts() as interrupts, ModelHost(plans[0], report) as host:
        for plan, parser in zip(plans, parsers, strict=True):
            if not wanted(plan):
                continue
            make_folder(plan.folder)
            work = Work(plan, parser, Findings(), host, display, interrupts, trouble, mask_of(plan))
            run = _recorded(work, last=plan is plans[-1])
            yield EndedRun(run, work.found.error)
            if isinstance(work.found.error, Interrupted):
                return


def mask_of(plan: PlannedRun) -> Mask:
    """Hides the secrets of the environment and of all that was typed for a run."""
    settings = plan.settings
    words = shell_words(plan.script.words[0]) if plan.script.shell else plan.script.words
    typed = (*words, *settings.script_args, *settings.server_args, settings.base_url or "")
    return Mask(typed, {**os.environ, KEY: find_key() or ""})


@contextmanager
def _masked_logs(plans: Sequence[PlannedRun]) -> Iterator[None]:
    """Servers write their logs themselves: those are gone through when they have ended."""
    try:
        yield
    finally:
        for plan in plans:
            for log in plan.folder.glob(SERVER_LOGS):
                mask_of(plan).file(log)


def find_parser(plan: PlannedRun) -> Parser:
    name, settings = plan.benchmark.parser, plan.settings
    return get_parser(name, {"regex": settings.score_pattern, "json": settings.score_path}.get(name))


def make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        advice = "name another place with --runs-dir"
        raise UsageError(f"cannot make the run's folder {folder}: {error.strerror}; {advice}") from None


def _recorded(work: Work, *, last: bool) -> Run:
    found = work.found
    try:
        _measured(work, last=last)
    except UsageError:
        raise
    except OSError as error:
        found.error = _full_disk(error) if error.errno in FULL else error
    except (Exception, Interrupted) as error:
        found.error = error
    late = isinstance(found.error, Interrupted) and found.results is not None
    if late:  # all was done, and only putting away was left: that is a whole run
        found.error = None
    with work.interrupts.held():
        found.model = work.host.model
        run = as_run(work.plan, found, work.mask)
        with suppress(OSError):  # the history, which tells the same, may lie on a disk with more room
            atomic_write(work.plan.folder / RunFile.RECORD, json.dumps(to_record(run), indent=1) + "\n")
        open_store(work.plan.settings.history).append(run)
    if found.error is not None and not isinstance(found.error, (BenchError, Interrupted)):
        raise found.error
    if late:
        raise Interrupted
    return run


def _full_disk(error: OSError) -> NoDiskSpace:
    return NoDiskSpace(
        f"{error.filename or 'the runs'}: {error.strerror}: make room, or name another --runs-dir"
    )


def _measured(work: Work, *, last: bool) -> None:
    """Sample from before the server's start until after its end, and keep the sums whatever happens."""
    found, host = work.found, work.host
    found.machine = machine_facts()
    with sampling(host.pids, work.plan.folder / RunFile.TELEMETRY, before=host.before) as sampler:
        host.before = sampler.before
        try:
            _with_restarts(work, sampler)
            found.results = _parse(work)
        except (ScriptError, ParseError):
            raise  # not the server's fault: it serves the next run
        except BaseException:
            last = True  # of those that this server sees
            raise
        finally:
            with work.interrupts.held():  # a server that is left half-way keeps its memory
                if last:
                    host.stop()
                found.stop = host.stop_report if found.facts else None
                found.telemetry = sampler.summary()


def _with_restarts(work: Work, sampler: Sampler) -> None:
    """A server that dies midway is started again; the script goes on from its journal."""
    while True:
        try:
            return _run_script(work, sampler)
        except (ServerDied, ServerHangs) as error:
            with work.interrupts.held():
                work.host.stop()
            if work.host.cannot_start or work.found.restarts == work.plan.settings.restarts:
                raise
            work.found.restarts += 1
            work.display.line(f"{error}; starting the server again")


def _run_script(work: Work, sampler: Sampler) -> None:
    plan, found = work.plan, work.found
    if plan.benchmark.served:
        found.facts = work.host.running(sampler.vram_used_mb).facts
    else:
        work.host.without_server()
    events = EventReader(plan.folder / RunFile.EVENTS)
    printed = PrintedProgress(work.parser.progress)
    child = _start_child(work, events.path, printed)
    work.host.loaded_by(child.pids)
    watch = Watch(
        failure=lambda: work.host.failure() or work.trouble(),
        progress=lambda: events.progress() or printed.progress(),
        show=lambda progress: work.display.progress(plan.label, progress, sampler.now().vram_used_mb),
        timeout_s=plan.settings.timeout_s,
    )
    try:
        code = follow(child, plan.script.label, watch)
    except BaseException:
        child.stop()
        raise
    finally:
        found.script_s = round(time.monotonic() - child.started, 3)
        work.display.progress_done()
    if child.unwritten is not None:
        raise child.unwritten
    _judge_exit(work, code)


def _start_child(work: Work, events: Path, printed: PrintedProgress) -> Child:
    plan, told = work.plan, values(work.plan, work.found.facts)
    for name in plan.script.untold(told):
        work.display.line(f"warning: the command of {plan.script.label} has no {{{name}}}: it is not told")

    def show(chunk: bytes) -> None:
        printed.feed(chunk)
        work.display.output(chunk)

    command = plan.script.command(told, plan.settings.script_args)
    return Child(command, _environment(work, events), plan.folder / RunFile.OUTPUT, show, work.mask)


def _environment(work: Work, events: Path) -> dict[str, str]:
    """The environment half of the script contract."""
    model, facts = work.host.model, work.found.facts
    return {
        **({Variable.BASE_URL: facts.base_url} if facts else {}),
        # Clients of OpenAI's library refuse to start without a key; a local server ignores it.
        Variable.API_KEY: os.environ.get(Variable.API_KEY) or "none",
        Variable.OUTPUT_DIR: str(work.plan.folder),
        Variable.EVENTS: str(events),
        Variable.MODEL_SHA256: (model.sha256 if model else None) or "",
        "PYTHONUNBUFFERED": "1",
    }


def _judge_exit(work: Work, code: int) -> None:
    if code == ExitCode.OK:
        return
    # A script that fails because its server has just died is not the one to blame.
    plan, failure = work.plan, work.host.failure()
    if failure is not None:
        raise failure
    tail = _read(plan.folder / RunFile.OUTPUT, 4096)
    how = f"was ended by signal {code - 128}" if code > 128 else f"ended with exit code {code}"
    last = tail.strip().splitlines()[-1:] or ["it printed nothing"]
    full = _is_full(plan.folder) or _is_full(Path(tempfile.gettempdir()))
    raise ScriptError(f"{plan.script.label} {how}: {last[0]}", log=tail, machine_wide=full)


def _is_full(folder: Path) -> bool:
    return shutil.disk_usage(folder).free < FULL_BYTES


def _parse(work: Work) -> Results:
    plan = work.plan
    # A clock that was set back meanwhile dates the script's files before the start.
    started = min(work.found.started.timestamp(), time.time() - (time.monotonic() - work.found.began))
    printed = _read(plan.folder / RunFile.OUTPUT, PARSED_BYTES)
    results = work.parser.parse(printed, plan.folder, since=started)
    _keep_verdicts(results, plan.folder / RunFile.VERDICTS)
    return results


def _keep_verdicts(results: Results, path: Path) -> None:
    """Other people's harnesses: each problem's verdicts in the file from which models are compared."""
    if not results.verdicts or path.exists():
        return
    lines = [
        json.dumps({"task_id": task, "sample": number, "verdict": verdict})
        for task, samples in results.verdicts.items()
        for number, verdict in enumerate(samples)
    ]
    atomic_write(path, "\n".join(lines) + "\n")


def _read(path: Path, most: int) -> str:
    with path.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - most))
        return file.read().decode(errors="replace")
