"""bench_runner.py --model M.gguf --benchmark B: one model, one benchmark, one more line in the history."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, cast

import click

from benchkit.commands import COMMANDS, PROGRAM
from benchkit.commands.options import history_option
from benchkit.errors import Interrupted
from benchkit.numbers import Finite, above_0
from benchkit.running.plan import BENCHMARKS, RunSettings, plan_run
from benchkit.records import GpuLayers, Run, Status
from benchkit.serving.servers.kinds import kind_names

EPILOG = f"""\b
Other commands (each has --help):
{chr(10).join(f"  {name:12} {text}" for name, text in COMMANDS.items())}

\b
Exit codes: 0 it ran, whatever the model scored; 1 the run failed (it is recorded, with its cause);
2 wrong usage, nothing was started; 130 interrupted.
"""


class Layers(click.ParamType[GpuLayers]):
    name = "auto|all|N"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> GpuLayers:
        if value in ("auto", "all"):
            return cast(GpuLayers, value)
        try:
            layers = int(value)
        except ValueError:
            layers = -1
        if layers < 0:
            self.fail(f"{value!r} is neither auto, all nor a number of layers", param, ctx)
        return layers


@click.command(
    context_settings={"ignore_unknown_options": True, "max_content_width": 110},
    epilog=EPILOG,
    short_help="serve one model, run one benchmark, record the score",
)
@click.option("--model", type=click.Path(path_type=Path), help="The GGUF file (of a split one, any part).")
@click.option(
    "--benchmark", required=True, help=f"What to run: {', '.join(BENCHMARKS)}, or a name of your own."
)
@click.option(
    "--script",
    help="A script file, or a command line with {base_url} {model} {model_path} {gpu_layers} {output_dir} "
    "{parallel} {temperature} {max_tokens} in it.",
)
@click.option("--shell", is_flag=True, help="--script is a text for /bin/sh; its values are passed safely.")
@click.option("--parser", help="What reads the script's output; default: the benchmark's own.")
@click.option("--score-pattern", help="With --parser regex: named groups score, passed, total.")
@click.option("--score-path", help="With --parser json: where the score is, like results.0.accuracy.")
@click.option("--name", help="The model's name in the history; default: the file's.")
@click.option("--server", type=click.Choice(kind_names()), default="auto", show_default=True)
@click.option("--gpu-layers", type=Layers(), default="auto", show_default=True, help="Layers on the GPU.")
@click.option(
    "--context", type=click.IntRange(min=1), help="Tokens per slot; default: the answer's budget + 3072."
)
@click.option(
    "--parallel", type=click.IntRange(min=1), default=4, show_default=True, help="Slots and requests at once."
)
@click.option("--server-arg", multiple=True, help="Passed on to the server; repeatable.")
@click.option(
    "--llama-server", type=click.Path(path_type=Path), help="The binary; else $LLAMA_SERVER, then PATH."
)
@click.option("--base-url", help="A running OpenAI-compatible endpoint; nothing is started or stopped.")
@click.option(
    "--start-timeout",
    type=above_0(),
    help="Seconds; default: by the file's size.",
)
@click.option(
    "--strict", is_flag=True, help="Fewer layers, less context or another device than asked is a failure."
)
@click.option(
    "--restarts", type=click.IntRange(min=0), default=1, show_default=True, help="When a server dies midway."
)
@click.option("--temperature", type=Finite(0), help="Passed on to the script.")
@click.option("--max-tokens", type=click.IntRange(min=1), help="Passed on to the script.")
@click.option("--timeout", type=above_0(), help="Seconds the script may take.")
@history_option
@click.option("--runs-dir", type=click.Path(path_type=Path), default=Path("runs"), show_default=True)
@click.option("--json", "as_json", is_flag=True, help="The run's record on stdout, all else on stderr.")
@click.option("--dry-run", is_flag=True, help="Show what would be started; start nothing.")
@click.argument("script_args", nargs=-1, type=click.UNPROCESSED, metavar="[SCRIPT FLAGS]…")
def command(as_json: bool, dry_run: bool, **options: Any) -> int:
    """Serve a model, run a benchmark against it, and add score, timing and VRAM to the history.

    Flags that are not listed here go to the script untouched.
    """
    plan = plan_run(_settings(options))
    if dry_run:
        from benchkit.running.runner import preview

        print(preview(plan))
        return 0
    from benchkit.running.display import open_display
    from benchkit.running.runner import execute

    run = execute(plan, open_display(output_to_stderr=as_json))
    _tell(run, plan.settings.history, as_json)
    return {Status.OK: 0, Status.FAILED: 1, Status.INTERRUPTED: Interrupted.exit_code}[run.status]


def _settings(options: dict[str, Any]) -> RunSettings:
    renamed = {"server_arg": "server_args", "timeout": "timeout_s", "start_timeout": "start_timeout_s"}
    settings = RunSettings(**{renamed.get(name, name): value for name, value in options.items()})
    if settings.base_url and settings.server == "auto":
        from dataclasses import replace

        return replace(settings, server="endpoint")
    return settings


def _tell(run: Run, history: str | Path, as_json: bool) -> None:
    from benchkit.terminal import complain, say

    if as_json:
        from benchkit.telling.history import to_record

        print(json.dumps(to_record(run), ensure_ascii=False))
    where = f"recorded as {run.id} in {history}"
    if run.status is Status.OK:
        say(f"{where}; see it with: bench_runner.py show {run.id}")
    else:
        complain(PROGRAM, f"{run.error} ({where}; logs in {run.artifacts})")
