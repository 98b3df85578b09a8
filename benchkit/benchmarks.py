"""The benchmarks known by name: the command that runs each, and the parser that reads it.

To add one, add its entry to BENCHMARKS.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from benchkit.contract import JudgeRun
from benchkit.environment import ROOT
from benchkit.pip_commands import pip_install

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
    problems: int | None = None  # how many it asks, where that is always the same


BENCHMARKS: Mapping[str, Benchmark] = {
    benchmark.name: benchmark
    for benchmark in (
        Benchmark("human_eval", "run_eval.py", "human_eval", problems=164),
        Benchmark("human_eval_plus", "run_eval.py", "human_eval", ("--dataset", "humaneval+"), problems=164),
        Benchmark("mbpp", "run_eval.py", "human_eval", ("--dataset", "mbpp")),
        Benchmark("mbpp_plus", "run_eval.py", "human_eval", ("--dataset", "mbpp+"), problems=378),
        Benchmark("demo", "run_eval.py", "human_eval", ("--problems-file", str(DEMO_PROBLEMS))),
        Benchmark("lcb", "run_lcb.py", "lcb"),
        Benchmark("tasks", "run_tasks.py", "tasks"),
        Benchmark("polyglot", "run_tasks.py", "tasks", ("--catalogue", "polyglot", "--tries", "2")),
        Benchmark(JudgeRun.CODE, "run_judge.py", "tasks", asks_for="--run DIR, the folder of a run"),
        Benchmark(JudgeRun.CHECK, "run_judge.py", "tasks", ("--known",)),
        Benchmark(JudgeRun.PAIRS, "run_judge.py", "tasks", asks_for="--run DIR --against DIR"),
        Benchmark(JudgeRun.TUNE, "run_judge.py", "tasks", ("--tune",)),
        Benchmark(
            "evalplus",
            "evalplus.evaluate --model {model} --dataset humaneval --backend openai --base-url {base_url}"
            " --greedy --root {output_dir}",
            "evalplus",
            brought_by=pip_install("evalplus"),
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
            brought_by=pip_install("lm_eval[api]"),
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
            brought_by=pip_install("inspect-ai", "openai"),
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
