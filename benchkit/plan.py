"""What will be run, checked before anything starts: the benchmarks we know, and a run as asked for."""

from __future__ import annotations

import os
import secrets
import shlex
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from benchkit.environment import ROOT
from benchkit.errors import UnknownName, UsageError
from benchkit.records import GpuLayers

DEMO_PROBLEMS = ROOT / "demo" / "problems.jsonl"
OUR_SCRIPTS = frozenset({"run_eval.py", "run_lcb.py", "evaluate_lcb.py"})


@dataclass(frozen=True)
class Benchmark:
    """A benchmark by name: the command that runs it and the parser that reads it."""

    name: str
    script: str
    parser: str
    args: tuple[str, ...] = ()


BENCHMARKS: Mapping[str, Benchmark] = {
    benchmark.name: benchmark
    for benchmark in (
        Benchmark("human_eval", "run_eval.py", "human_eval"),
        Benchmark("human_eval_plus", "run_eval.py", "human_eval", ("--dataset", "humaneval+")),
        Benchmark("mbpp", "run_eval.py", "human_eval", ("--dataset", "mbpp")),
        Benchmark("mbpp_plus", "run_eval.py", "human_eval", ("--dataset", "mbpp+")),
        Benchmark("demo", "run_eval.py", "human_eval", ("--problems-file", str(DEMO_PROBLEMS))),
        Benchmark("lcb", "run_lcb.py", "lcb"),
    )
}


@dataclass(frozen=True)
class RunSettings:
    """One run as a person asks for it."""

    benchmark: str
    model: Path | None = None
    name: str | None = None
    script: str | None = None
    script_args: tuple[str, ...] = ()
    parser: str | None = None
    score_pattern: str | None = None
    score_path: str | None = None
    server: str = "auto"
    gpu_layers: GpuLayers = "auto"
    context: int | None = None
    parallel: int = 4
    server_args: tuple[str, ...] = ()
    llama_server: Path | None = None
    base_url: str | None = None
    start_timeout_s: float | None = None
    strict: bool = False
    restarts: int = 1
    temperature: float | None = None
    max_tokens: int | None = None
    answer_tokens: int | None = None  # the longest answer of all runs that share the server
    timeout_s: float | None = None
    history: Path = Path("benchmark_results.json")
    runs_dir: Path = Path("runs")


@dataclass(frozen=True)
class Script:
    """A benchmark's command: its words, and whether it takes our flags or says all with placeholders."""

    words: tuple[str, ...]
    label: str
    takes_flags: bool
    ours: bool = False

    def command(self, values: Mapping[str, str], extra: tuple[str, ...]) -> tuple[str, ...]:
        """The words with placeholders filled in; a value that nobody set leaves its flag out."""
        words = tuple(_fill(word, values) for word in self.words)
        flags: list[str] = []
        if self.takes_flags:
            for name, value in values.items():
                flags += [f"--{name.replace('_', '-')}", value]
        return (*words, *flags, *extra)


@dataclass(frozen=True)
class PlannedRun:
    """A run that makes sense: benchmark, script and parser are known."""

    id: str
    settings: RunSettings
    benchmark: Benchmark
    script: Script
    name: str
    folder: Path = field(default_factory=Path)

    @property
    def label(self) -> str:
        return f"{self.benchmark.name} on {self.name}"


def plan_run(settings: RunSettings, run_id: str | None = None) -> PlannedRun:
    """Settle what the settings leave open; raises UsageError before anything is started."""
    benchmark = find_benchmark(settings)
    script = find_script(settings.script or benchmark.script, benchmark.args)
    chosen = run_id or new_run_id()
    return PlannedRun(
        id=chosen,
        settings=settings,
        benchmark=benchmark,
        script=script,
        name=settings.name or model_name(settings),
        folder=(settings.runs_dir / chosen).resolve(),
    )


def new_run_id() -> str:
    return f"{datetime.now():%Y%m%d-%H%M%S}-{secrets.token_hex(2)}"


def model_name(settings: RunSettings) -> str:
    if settings.model is not None:
        return settings.model.name.removesuffix(".gguf")
    if settings.server == "endpoint" or settings.base_url:
        raise UsageError("an endpoint needs the name it knows its model by: add --name NAME")
    raise UsageError(
        "no model named: add --model FILE.gguf, or --base-url URL --name NAME for a running endpoint"
    )


def find_benchmark(settings: RunSettings) -> Benchmark:
    """The benchmark of that name, or a new one where --script and --parser say what it is."""
    known = BENCHMARKS.get(settings.benchmark)
    parser = settings.parser or _implied_parser(settings)
    if known is not None:
        # Another script than the benchmark's own does not take the own script's arguments.
        own = settings.script is None or Path(settings.script).name == known.script
        return replace(known, parser=parser or known.parser, args=known.args if own else ())
    if settings.script and parser:
        return Benchmark(settings.benchmark, settings.script, parser)
    error = UnknownName("benchmark", settings.benchmark, BENCHMARKS)
    raise UsageError(f"{error}; for one of your own give --script and --parser")


def _implied_parser(settings: RunSettings) -> str | None:
    if settings.score_pattern:
        return "regex"
    return "json" if settings.score_path else None


def find_script(text: str, args: tuple[str, ...] = ()) -> Script:
    """A file of that name (here, then beside us, then on PATH), or a command line with placeholders."""
    for place in (Path(text), ROOT / text):
        if place.is_file():
            return _file_script(place, args)
    words = shlex.split(text)
    if not words:
        raise UsageError("--script is empty: name a file or a command line")
    program = shutil.which(words[0]) or (str(Path(words[0]).resolve()) if Path(words[0]).is_file() else None)
    if program is None:
        raise UsageError(f"script not found: {words[0]} is neither a file here nor a program on PATH")
    alone = len(words) == 1
    return Script((program, *words[1:], *args), label=Path(words[0]).name, takes_flags=alone)


def _file_script(path: Path, args: tuple[str, ...]) -> Script:
    path = path.resolve()
    ours = path.parent == ROOT and path.name in OUR_SCRIPTS
    if path.suffix == ".py":
        return Script((sys.executable, str(path), *args), label=path.name, takes_flags=True, ours=ours)
    if not os.access(path, os.X_OK):
        raise UsageError(f"script is not executable: chmod +x {path}")
    return Script((str(path), *args), label=path.name, takes_flags=True)


def _fill(word: str, values: Mapping[str, str]) -> str:
    # Only our own placeholders are replaced: other braces (JSON, shell) belong to the command.
    for name in ("base_url", "model", "output_dir", "parallel", "temperature", "max_tokens"):
        if f"{{{name}}}" in word:
            if name not in values:
                raise UsageError(f"the script's command needs {{{name}}}: add --{name.replace('_', '-')}")
            word = word.replace(f"{{{name}}}", values[name])
    return word
