"""What will be run, checked before anything starts: the benchmarks we know, and a run as asked for."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from benchkit.running.command_line import Script, find_script, shell_script
from benchkit.environment import ROOT
from benchkit.errors import UnknownName, UsageError
from benchkit.records import GpuLayers

DEMO_PROBLEMS = ROOT / "demo" / "problems.jsonl"


@dataclass(frozen=True)
class Benchmark:
    """A benchmark by name: the command that runs it and the parser that reads it."""

    name: str
    script: str
    parser: str
    args: tuple[str, ...] = ()
    settings: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # words for what somebody set
    brought_by: str = ""  # the command that installs it
    asks_for: str = ""  # what it cannot do without, to be given as further flags
    served: bool = True  # else it loads the model itself, and no server is started


BENCHMARKS: Mapping[str, Benchmark] = {
    benchmark.name: benchmark
    for benchmark in (
        Benchmark("human_eval", "run_eval.py", "human_eval"),
        Benchmark("human_eval_plus", "run_eval.py", "human_eval", ("--dataset", "humaneval+")),
        Benchmark("mbpp", "run_eval.py", "human_eval", ("--dataset", "mbpp")),
        Benchmark("mbpp_plus", "run_eval.py", "human_eval", ("--dataset", "mbpp+")),
        Benchmark("demo", "run_eval.py", "human_eval", ("--problems-file", str(DEMO_PROBLEMS))),
        Benchmark("lcb", "run_lcb.py", "lcb"),
        Benchmark(
            "evalplus",
            "evalplus.evaluate --model {model} --dataset humaneval --backend openai --base-url {base_url}"
            " --greedy --root {output_dir}",
            "evalplus",
            brought_by="pip install evalplus",
        ),
        Benchmark(
            "lm_eval",
            "lm_eval --model local-chat-completions --model_args model={model},"
            "base_url={base_url}/chat/completions,num_concurrent={parallel},max_retries=3"
            " --apply_chat_template --output_path {output_dir} --log_samples",
            "lm_eval",
            settings={
                "temperature": ("--gen_kwargs", "temperature={temperature}"),
                "max_tokens": ("--gen_kwargs", "max_gen_toks={max_tokens}"),
            },
            brought_by="pip install 'lm_eval[api]'",
            asks_for="--tasks NAME, like --tasks gsm8k",
        ),
        Benchmark(
            "inspect",
            # Its provider openai takes OLMo2, like any name with o and a number, for one of OpenAI's own that
            # reasons, and then leaves the temperature out; openai-api takes a name as it is.
            "inspect eval --model openai-api/openai/{model} --model-base-url {base_url}"
            " --log-dir {output_dir} --max-connections {parallel} --display plain",
            "inspect",
            settings={
                "temperature": ("--temperature", "{temperature}"),
                "max_tokens": ("--max-tokens", "{max_tokens}"),
            },
            brought_by="pip install inspect-ai openai",
            asks_for="a task, like inspect_evals/gsm8k or a file of your own",
        ),
        Benchmark(
            "llama_bench",
            "llama-bench -m {model_path} -ngl {gpu_layers} -o jsonl --progress",
            "llama_bench",
            brought_by="make llama-server builds it, or set LLAMA_SERVER to the llama-server beside yours",
            served=False,
        ),
    )
}

PROGRAMS: Mapping[str, str] = {
    benchmark.script.split()[0]: benchmark.brought_by
    for benchmark in BENCHMARKS.values()
    if benchmark.brought_by
}
"""A known harness's program -> the command that brings it."""


@dataclass(frozen=True)
class RunSettings:
    """One run as a person asks for it."""

    benchmark: str
    model: Path | None = None
    name: str | None = None
    script: str | None = None
    script_args: tuple[str, ...] = ()
    shell: bool = False
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
    history: str | Path = "benchmark_results.json"
    runs_dir: Path = Path("runs")


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
    _check_where_the_model_is(settings)
    benchmark = find_benchmark(settings)
    script = _script(settings, benchmark)
    chosen = run_id or new_run_id()
    return PlannedRun(
        id=chosen,
        settings=settings,
        benchmark=benchmark,
        script=script,
        name=settings.name or model_name(settings),
        folder=(settings.runs_dir / chosen).resolve(),
    )


def _script(settings: RunSettings, benchmark: Benchmark) -> Script:
    """The command, installed and told what it cannot do without."""
    if not benchmark.served and settings.model is None:
        raise UsageError(f"{benchmark.name} loads the model itself: add --model FILE.gguf")
    if settings.shell and not settings.script:
        raise UsageError("--shell needs the text that the shell runs: add --script 'COMMAND …'")
    if settings.shell:
        return shell_script(str(settings.script))
    script = find_script(settings.script or benchmark.script, benchmark.args, PROGRAMS)
    if settings.script is None:
        script = replace(script, settings=benchmark.settings)
        if benchmark.asks_for and not settings.script_args:
            raise UsageError(f"{benchmark.name} has to know what to ask: add {benchmark.asks_for}")
    return script


def new_run_id() -> str:
    return f"{datetime.now():%Y%m%d-%H%M%S}-{secrets.token_hex(2)}"


def _check_where_the_model_is(settings: RunSettings) -> None:
    if settings.base_url and settings.server not in ("auto", "endpoint"):
        raise UsageError(f"--server {settings.server} starts a server, --base-url names one: leave one out")
    if settings.model is None and not (settings.base_url or settings.server == "endpoint"):
        advice = "add --model FILE.gguf, or --base-url URL --name NAME for a running endpoint"
        raise UsageError(f"no model named: {advice}")


def model_name(settings: RunSettings) -> str:
    """What a model is called that nobody gave a name."""
    if settings.model is None:
        raise UsageError("an endpoint needs the name it knows its model by: add --name NAME")
    return settings.model.name.removesuffix(".gguf")


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
