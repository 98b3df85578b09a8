"""The order of a run: serve, watch, run the script, parse, record; whatever happens, the run is recorded."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from benchkit import history
from benchkit.errors import BenchError, Interrupted, ScriptError, ServerDied, ServerHangs, UsageError
from benchkit.files import atomic_write
from benchkit.gguf import read_model_file, sha256_of
from benchkit.plan import PlannedRun
from benchkit.records import ModelFile, Results, Run, ServerFacts, ServerRequest
from benchkit.runner.check import check_script, values
from benchkit.runner.child import Child
from benchkit.runner.interrupts import Interrupts
from benchkit.runner.record import Findings, as_run
from benchkit.runner.watch import EventReader, Watch, follow
from benchkit.servers import RunningServer, serve
from benchkit.telemetry import Sampler, machine_facts, sampling
from benchkit.terminal import Display
from parsers import get_parser
from parsers.base import Parser

# Room for a problem's text and the chat template around it, beside the answer.
PROMPT_TOKENS = 3072
ANSWER_TOKENS = 1024
PARSED_BYTES = 64 << 20  # what a script prints last is what counts; more than this is never its summary


def execute(plan: PlannedRun, display: Display) -> Run:
    """Run it and record it. Raises only what happened before anything was started, and bugs of ours."""
    parser = find_parser(plan)
    check_script(plan)
    make_folder(plan.folder)
    found = Findings()
    with Interrupts() as interrupts:
        try:
            _serve_and_run(plan, parser, found, display, interrupts)
        except UsageError:
            raise
        except (Exception, Interrupted) as error:
            found.error = error
        with interrupts.held():
            run = as_run(plan, found)
            atomic_write(plan.folder / "run.json", history.to_json(run) + "\n")
            history.append(plan.settings.history, run)
    if found.error is not None and not isinstance(found.error, (BenchError, Interrupted)):
        raise found.error
    return run


def find_parser(plan: PlannedRun) -> Parser:
    name, settings = plan.benchmark.parser, plan.settings
    return get_parser(name, {"regex": settings.score_pattern, "json": settings.score_path}.get(name))


def make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        advice = "name another place with --runs-dir"
        raise UsageError(f"cannot make the run's folder {folder}: {error.strerror}; {advice}") from None


def _serve_and_run(
    plan: PlannedRun, parser: Parser, found: Findings, display: Display, interrupts: Interrupts
) -> None:
    found.machine = machine_facts()
    if plan.settings.model is not None:
        found.model = read_model_file(plan.settings.model)
    with _hashing(found.model) as digest, _measuring(plan, found) as sampler:
        for last in _attempts(plan.settings.restarts):
            try:
                _one_server(plan, found, sampler, digest, display, interrupts)
                break
            except (ServerDied, ServerHangs) as error:
                if last:
                    raise
                found.restarts += 1
                display.line(f"{error}; starting the server again, the script goes on where it was")
    found.results = _parse(plan, parser, found)


def _attempts(restarts: int) -> Iterator[bool]:
    """One try and so many more; True with the last."""
    return (number == restarts for number in range(restarts + 1))


def _one_server(
    plan: PlannedRun,
    found: Findings,
    sampler: Sampler,
    digest: Future[str] | None,
    display: Display,
    interrupts: Interrupts,
) -> None:
    server: RunningServer | None = None
    try:
        with serve(server_request(plan, found.model), display.line, sampler.vram_used_mb) as server:
            found.facts = server.facts
            for warning in server.facts.warnings:
                display.line(f"warning: {warning}")
            if digest is not None and found.model is not None:
                found.model = replace(found.model, sha256=digest.result())
            _run_script(plan, found, server, sampler, display, interrupts)
    finally:
        if server is not None and server.stop_report is not None:
            found.stop = {
                "server_stop_s": server.stop_report.seconds,
                "vram_residue_mb": server.stop_report.residue_mb,
            }


def server_request(plan: PlannedRun, model: ModelFile | None) -> ServerRequest:
    settings = plan.settings
    return ServerRequest(
        kind=settings.server,
        name=plan.name,
        log=plan.folder / "server.log",
        model=model,
        gpu_layers=settings.gpu_layers,
        context=settings.context or default_context(model, settings.max_tokens),
        parallel=settings.parallel,
        extra_args=settings.server_args,
        base_url=settings.base_url,
        llama_server=settings.llama_server,
        start_timeout_s=settings.start_timeout_s,
        strict=settings.strict,
    )


def default_context(model: ModelFile | None, max_tokens: int | None) -> int:
    """Enough for a problem and its answer, and never more than the model was trained for."""
    enough = PROMPT_TOKENS + (max_tokens or ANSWER_TOKENS)
    trained = model.context_length if model else None
    return min(enough, trained) if trained else enough


def _run_script(
    plan: PlannedRun,
    found: Findings,
    server: RunningServer,
    sampler: Sampler,
    display: Display,
    interrupts: Interrupts,
) -> None:
    events = plan.folder / "events.jsonl"
    command = plan.script.command(
        values(plan, server.facts.base_url, server.facts.model), plan.settings.script_args
    )
    child = Child(
        command,
        script_environment(plan, server.facts, found.model, events),
        plan.folder / "output.log",
        display.output,
    )
    interrupts.emergency = child.kill
    watch = Watch(
        server_failure=server.failure,
        progress=EventReader(events).progress,
        show=lambda progress: display.progress(plan.label, progress, sampler.now().vram_used_mb),
        timeout_s=plan.settings.timeout_s,
    )
    try:
        code = follow(child, plan.script.label, watch)
    except BaseException:
        child.stop()
        raise
    finally:
        found.script_s = round(time.monotonic() - child.started, 3)
        display.progress_done()
    _judge_exit(plan, code, server)


def script_environment(
    plan: PlannedRun, facts: ServerFacts, model: ModelFile | None, events: Path
) -> dict[str, str]:
    """The environment half of the script contract."""
    return {
        "OPENAI_BASE_URL": facts.base_url,
        # Clients of OpenAI's library refuse to start without a key; a local server ignores it.
        "OPENAI_API_KEY": os.environ.get("OPENAI_API_KEY") or "none",
        "BENCH_OUTPUT_DIR": str(plan.folder),
        "BENCH_EVENTS": str(events),
        "BENCH_MODEL_SHA256": (model.sha256 if model else None) or "",
        "PYTHONUNBUFFERED": "1",
    }


def _judge_exit(plan: PlannedRun, code: int, server: RunningServer) -> None:
    if code == 0:
        return
    # A script that fails because its server has just died is not the one to blame.
    failure = server.failure()
    if failure is not None:
        raise failure
    tail = _tail(plan.folder / "output.log")
    how = f"was ended by signal {-code}" if code < 0 else f"ended with exit code {code}"
    last = tail.strip().splitlines()[-1:] or ["it printed nothing"]
    raise ScriptError(f"{plan.script.label} {how}: {last[0]}", log=tail)


def _parse(plan: PlannedRun, parser: Parser, found: Findings) -> Results:
    output = plan.folder / "output.log"
    if output.stat().st_size == 0 and not (plan.folder / "summary.json").exists():
        raise ScriptError(f"{plan.script.label} ended well but printed nothing: nothing to score")
    return parser.parse(_read(output, PARSED_BYTES), plan.folder, since=found.started.timestamp())


def _tail(path: Path) -> str:
    return _read(path, 4096)


def _read(path: Path, most: int) -> str:
    with path.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - most))
        return file.read().decode(errors="replace")


@contextmanager
def _hashing(model: ModelFile | None) -> Iterator[Future[str] | None]:
    """Hash the model file while the server loads it: both read the same pages."""
    if model is None:
        yield None
        return
    with ThreadPoolExecutor(1, "sha256") as pool:
        yield pool.submit(sha256_of, model)


@contextmanager
def _measuring(plan: PlannedRun, found: Findings) -> Iterator[Sampler]:
    """Sample from before the server's start until after its end, and keep the sums whatever happens."""

    def pids() -> tuple[int, ...]:
        return found.facts.pids if found.facts else ()

    with sampling(pids, plan.folder / "telemetry.jsonl") as sampler:
        try:
            yield sampler
        finally:
            found.telemetry = sampler.summary()
