"""The script of a run: started, followed, and its result read when it has ended."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from benchkit.contract import NO_KEY, ExitCode, RunFile, Variable
from benchkit.errors import ParseError, ScriptError
from benchkit.files import atomic_write, file_clock
from benchkit.providers.names import provider_at
from benchkit.providers.preset import Provider
from benchkit.providers.table import LOCAL
from benchkit.records import ENDPOINT, Progress, Results, ServerFacts, speed_is_disturbed
from benchkit.running.live import Snapshot
from benchkit.running.live.pace import ScriptPace
from benchkit.running.plan import PlannedRun
from benchkit.running.runner.check import values
from benchkit.running.runner.child import Child
from benchkit.running.runner.part_ending import PartEnding
from benchkit.running.runner.record import first_known
from benchkit.running.runner.watch import EventReader, PrintedProgress, Watch, follow
from benchkit.running.runner.work import Work
from benchkit.serving.servers.running import environment_past_proxies
from benchkit.serving.telemetry import Contention, Sampler

FULL_BYTES = 1 << 16  # with less than this nothing can be written
PARSED_BYTES = 64 << 20  # what a script prints last is what counts; more than this is never its summary


def run_script(work: Work, sampler: Sampler) -> None:
    """Start the server where it is needed, then the script; raises where either does not come to its end."""
    plan, findings = work.plan, work.findings
    race = plan.part.race if plan.part else None
    work.publisher.publish(Snapshot(race=race))
    if plan.benchmark.served:
        findings.facts = work.host.running(sampler.vram_used_mb).facts
        findings.cached_percent, findings.slots = work.host.cached_percent, work.host.slots
    else:
        work.host.without_server()
    findings.began_by_files = findings.began_by_files or file_clock(plan.folder)
    ending = PartEnding(plan, findings.facts)
    events = EventReader(plan.folder / RunFile.EVENTS)
    events.pass_over_earlier()
    printed = PrintedProgress(work.parser.progress)
    child = _start_child(work, events.path, printed)
    work.host.loaded_by(child.pids)
    try:
        code = follow(child, plan.script.label, _watch(work, sampler, events, printed, ending))
    except BaseException:
        child.stop()
        raise
    finally:
        findings.script_s = round(time.monotonic() - child.started, 3)
        work.display.progress_done()
    if child.unwritten is not None:
        raise child.unwritten
    _judge_exit(work, code)


def _watch(
    work: Work, sampler: Sampler, events: EventReader, printed: PrintedProgress, ending: PartEnding
) -> Watch:
    plan, pace = work.plan, ScriptPace()
    warn_of_contention = _ContentionWarning(work.display.line)

    def show(progress: Progress | None) -> None:
        # The server's own counters know better than who waits for it.
        silent_s = work.findings.silence.note(first_known(work.host.silent_s(), events.silent_s()))
        snapshot = pace.snapshot(progress, sampler.now().vram_used_mb, silent_s)
        race = plan.part.race if plan.part else None
        snapshot = _with_machine(replace(snapshot, race=race), sampler)
        ending.look(events)
        work.publisher.publish(snapshot)
        work.display.progress(plan.label, snapshot)
        warn_of_contention(sampler.contention())

    return Watch(
        failure=lambda: work.host.failure() or work.trouble(),
        progress=lambda: events.progress() or printed.progress(),
        show=show,
        timeout_s=plan.settings.timeout_s,
    )


def _with_machine(snapshot: Snapshot, sampler: Sampler) -> Snapshot:
    """With what the run takes of the machine, and what other programs do."""
    reading, others = sampler.now(), sampler.contention()
    return replace(
        snapshot,
        power_w=reading.power_w,
        temperature_c=reading.temperature_c,
        ram_mb=reading.ram_mb,
        others_vram_mb=sampler.vram_of_others_mb(),
        others_ram_mb=others.ram_of_others_mb,
        others_cpu_percent=others.taken_lately_percent,
    )


class _ContentionWarning:
    """Says once in a run that its speed is shared with other programs."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say, self._said = say, False

    def __call__(self, now: Contention) -> None:
        taken = now.taken_by_others_percent
        if not self._said and speed_is_disturbed(taken, now.pressure_percent):
            self._said = True
            self._say(
                f"warning: other programs take {taken:.0f}% of the processor: "
                "this run's speeds will be marked and not ranked"
            )


def _start_child(work: Work, events: Path, printed: PrintedProgress) -> Child:
    plan, given = work.plan, values(work.plan, work.findings.facts)
    if plan.settings.reuse and not plan.script.ours:
        work.display.line(f"warning: {plan.script.label} keeps no answers for --reuse: it asks for all")
    for name in plan.script.settings_left_out(given):
        work.display.line(f"warning: the command of {plan.script.label} has no {{{name}}}: it is not told")

    def show(chunk: bytes) -> None:
        printed.feed(chunk)
        work.display.output(chunk)

    further = plan.part.flags if plan.part else ()
    command = plan.script.command(given, (*plan.settings.script_args, *further))
    return Child(command, _environment(work, events), plan.folder / RunFile.OUTPUT, show, work.mask)


def _environment(work: Work, events: Path) -> dict[str, str]:
    """The environment half of the script contract."""
    model, facts = work.host.model, work.findings.facts
    provider = _provider(work)
    # At an address that nobody knows the general key may be meant; who is named gets none but its own.
    named = provider is not LOCAL or work.plan.settings.provider is not None
    general = None if named else os.environ.get(Variable.API_KEY)
    return {
        **({Variable.BASE_URL: facts.base_url, **environment_past_proxies(facts.base_url)} if facts else {}),
        Variable.API_KEY: work.host.api_key or general or NO_KEY,
        Variable.PROVIDER: "" if provider is LOCAL else provider.name,
        Variable.OUTPUT_DIR: str(work.plan.folder),
        Variable.EVENTS: str(events),
        Variable.MODEL_SHA256: (model.sha256 if model else None) or "",
        Variable.REUSE: str(work.plan.settings.runs_dir.resolve()) if work.plan.settings.reuse else "",
        Variable.SERVER: _server_digest(work.plan, facts) if facts and model else "",
        "PYTHONUNBUFFERED": "1",
    }


def _provider(work: Work) -> Provider:
    facts = work.findings.facts
    if facts is None or facts.kind != ENDPOINT:
        return LOCAL
    return provider_at(work.plan.settings.provider, facts.base_url)


def _server_digest(plan: PlannedRun, facts: ServerFacts) -> str:
    """The same for servers that give the same answers of one file, as far as settings decide that."""
    template, kv_types = facts.chat_template_sha256, facts.kv_types
    served = [
        facts.kind,
        facts.version,
        kv_types,
        facts.context_per_slot,
        template,
        plan.settings.server_args,
    ]
    return hashlib.sha256(json.dumps(served).encode()).hexdigest()[:16]


def _judge_exit(work: Work, code: int) -> None:
    if code == ExitCode.OK:
        return
    # A script that fails because its server has just died, or the disk is full, is not the one to blame.
    plan, failure = work.plan, work.host.failure() or work.trouble()
    if failure is not None:
        raise failure
    tail = _read(plan.folder / RunFile.OUTPUT, 4096)
    how = f"was ended by signal {code - 128}" if code > 128 else f"ended with exit code {code}"
    last = tail.strip().splitlines()[-1:] or ["it printed nothing"]
    full = _is_full(plan.folder) or _is_full(Path(tempfile.gettempdir()))
    raise ScriptError(f"{plan.script.label} {how}: {last[0]}", log=tail, machine_wide=full)


def _is_full(folder: Path) -> bool:
    return shutil.disk_usage(folder).free < FULL_BYTES


def read_results(work: Work) -> Results:
    plan = work.plan
    printed = _read(plan.folder / RunFile.OUTPUT, PARSED_BYTES)
    results = work.parser.parse(printed, plan.folder, since=_began_by_any_clock(work))
    if plan.part is not None and plan.part.first is not None and not results.metrics.get("part"):
        told = plan.folder / RunFile.SUMMARY  # or its few problems would stand in for all of them
        raise ParseError(f"{told} is not of this run: how many problems were asked is not known")
    for warning in results.warnings:
        work.display.line(f"warning: {warning}")
    _keep_verdicts(results, plan.folder / RunFile.VERDICTS)
    return results


def _began_by_any_clock(work: Work) -> float:
    """The earliest date of the start, by our clock or that of the file system, which may be another.

    A clock that was set back meanwhile dates the script's files before the start.
    """
    findings, seconds = work.findings, time.monotonic() - work.findings.began
    by_files = (findings.began_by_files, file_clock(work.plan.folder) - seconds)
    return min(findings.started.timestamp(), time.time() - seconds, *(one for one in by_files if one))


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
