"""Prompt and generation speed of one model at depths and slots, whatever serves it."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from benchkit.errors import BenchError, Interrupted, ServerError, UsageError
from benchkit.records import ModelFile, Run
from benchkit.running.command_line import find_program
from benchkit.running.runner.check import ALL_LAYERS
from benchkit.running.runner.host import read_servable
from benchkit.running.runner.interrupts import Interrupts
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
from benchkit.serving.speed.measuring import Load, Speed
from benchkit.settings import RunSettings
from parsers import get_parser

SHORTEST_PROMPT = 32
SLACK = 256  # tokens: a prompt is of about so many, and a template stands around it
LLAMA_CPP = ("llama-server", "xllamacpp", "llama-cpp-python")
LLAMA_BENCH_S = 600.0


@dataclass(frozen=True)
class Wanted:
    """What to measure."""

    depths: tuple[int, ...] = (0,)
    slots: tuple[int, ...] = (1,)
    tokens: int = 64


@dataclass(frozen=True)
class Report:
    """The run as it was recorded, the measurements, and what llama-bench says of the same depths."""

    run: Run
    speeds: tuple[Speed, ...]
    llama_bench: dict[int, float]


def measure_speed(settings: RunSettings, wanted: Wanted, say: Say) -> Report:
    """Serve it, measure, record; UsageError before anything is started where a depth is too much."""
    model = read_servable(settings.model) if settings.model else None
    if model is not None:
        refuse_too_long(model, "--depth", max(wanted.depths), wanted.tokens)
    check_places(settings)
    settings = replace(
        settings,
        parallel=max(wanted.slots),
        context=settings.context or _context(wanted, model),
        script_args=words_of(
            {"--depth": wanted.depths, "--slots": wanted.slots, "--tokens": (wanted.tokens,)}
        ),
    )
    plan = plan_of("speed", settings)
    findings, speeds = Findings(), list[Speed]()
    try:
        with served(plan, say, findings) as bench:
            for speed in _measured(bench, wanted, say):
                speeds.append(speed)
        if not speeds:
            raise BenchError(f"{plan.name}: no depth could be measured, see above")
        with Interrupts():
            report = _llama_bench(plan.settings, bench, wanted, say)
    except UsageError:
        raise
    except (BenchError, OSError, Interrupted) as error:
        record_unfinished(plan, findings, error, _metrics(speeds, {}), say)
        raise
    run = record(plan, findings, _metrics(speeds, report))
    return Report(run, tuple(speeds), report)


def _measured(bench: Bench, wanted: Wanted, say: Say) -> Iterator[Speed]:
    for slots in wanted.slots:
        for depth in wanted.depths:
            load = Load(max(depth, SHORTEST_PROMPT), wanted.tokens, slots)
            try:
                speed = bench.measure(load)
            except ServerError as error:
                if bench.host.failure() is not None:
                    raise
                say(f"depth {depth} with {slots} at once: {error}")
                continue
            noted = ", disturbed by other programs" if speed.disturbed else ""
            say(f"depth {depth} with {slots} at once: {speed.tokens_per_second:.1f} tokens/s{noted}")
            yield speed


def refuse_too_long(model: ModelFile, flag: str, tokens: int, answer: int) -> None:
    """A prompt for which the model has no room."""
    trained = model.context_length
    most = None if trained is None else trained - answer - SLACK
    if most is not None and tokens > most:
        raise UsageError(
            f"{flag} {tokens}: {model.path.name} was trained for {trained:,} tokens, "
            f"so that at most {max(0, most):,} leave room for an answer of {answer}"
        )


def _context(wanted: Wanted, model: ModelFile | None) -> int:
    needed = int(1.05 * max(*wanted.depths, SHORTEST_PROMPT)) + wanted.tokens + SLACK
    return min(needed, model.context_length) if model and model.context_length else needed


def _llama_bench(settings: RunSettings, bench: Bench, wanted: Wanted, say: Say) -> dict[int, float]:
    """Its generation speed at the same depths, where it is there and serves the same engine."""
    program = find_program("llama-bench")
    facts = bench.findings.facts
    if program is None or settings.model is None or facts is None or facts.kind not in LLAMA_CPP:
        return {}
    layers = settings.gpu_layers if isinstance(settings.gpu_layers, int) else ALL_LAYERS
    depths = ",".join(map(str, wanted.depths))
    command = [program, "-m", str(settings.model), "-ngl", str(layers), "-p", "0"]
    command += ["-n", str(wanted.tokens), "-d", depths, "-r", "2", "-o", "jsonl"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=LLAMA_BENCH_S, check=True)
        tests = get_parser("llama_bench").parse(done.stdout, None, since=None).metrics["tests"]
    except (OSError, subprocess.SubprocessError, BenchError) as error:
        say(f"llama-bench told nothing: {error}")
        return {}
    return {_depth(test["test"]): test["tokens_per_second"] for test in tests}


def _depth(test: str) -> int:
    """Of `tg64 @ d4096`."""
    return int(test.partition("@ d")[2] or 0)


def _metrics(speeds: Sequence[Speed], reported: dict[int, float]) -> dict[str, Any]:
    if not speeds:
        return {}
    first = speeds[0]
    drafted = [one.draft_acceptance_percent for one in speeds if one.draft_acceptance_percent is not None]
    return {
        "speeds": [asdict(speed) for speed in speeds],
        "llama_bench": [{"depth": depth, "tokens_per_second": speed} for depth, speed in reported.items()],
        "tokens_per_second": first.tokens_per_second,
        "prompt_tokens_per_second": first.server_prompt_per_second or first.prompt_per_second,
        "time_to_first_token_s": first.first_token_s,
        **({"draft_acceptance_percent": drafted[0]} if drafted else {}),
    }
