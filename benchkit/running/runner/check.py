"""A script of ours checks its flags, problems and sandbox first: a typo never costs a model load."""

from __future__ import annotations

import subprocess
from contextlib import suppress

from benchkit.contract import CHECK_FLAG, ExitCode, Placeholder
from benchkit.errors import BenchError, ModelFileError, ScriptError, UsageError
from benchkit.files import real_path
from benchkit.records import ServerFacts
from benchkit.running.plan import PlannedRun, sends_bill
from benchkit.serving.gguf import read_model_file
from benchkit.settings import FOR_SCRIPT, SLOTS

CHECK_TIMEOUT_S = 3600.0  # a first use may fetch a set of more than a gigabyte
UNKNOWN_YET = "http://127.0.0.1:1/v1"
ALL_LAYERS = 999  # for programs that take nothing but a number


def values(plan: PlannedRun, facts: ServerFacts | None = None) -> dict[str, str]:
    """What the script contract hands to a script, as flags or for placeholders."""
    settings = plan.settings
    asked = SLOTS if settings.parallel == "auto" else settings.parallel
    slots = facts.slots if facts and facts.slots else asked
    contract: dict[str, object] = {
        Placeholder.BASE_URL: facts.base_url if facts else UNKNOWN_YET if plan.benchmark.served else None,
        Placeholder.MODEL: facts.model if facts else settings.provider_model or plan.name,
        Placeholder.MODEL_PATH: real_path(settings.model) if settings.model else None,
        Placeholder.GPU_LAYERS: settings.gpu_layers if isinstance(settings.gpu_layers, int) else ALL_LAYERS,
        Placeholder.OUTPUT_DIR: plan.folder,
        Placeholder.PARALLEL: slots if settings.parallel == "auto" else min(slots, asked),
        **{name: getattr(settings, name) for name in FOR_SCRIPT},
    }
    if not sends_bill(settings):
        del contract["max_cost"]
    return {name: str(value) for name, value in contract.items() if value is not None}


def check_model(plan: PlannedRun) -> None:
    """Raise where the model's path leads to no file; a file that is no good model is a run that fails."""
    model = plan.settings.model
    if model is None:
        return
    try:
        with suppress(ModelFileError):
            read_model_file(model)
    except UsageError as error:
        if plan.settings.base_url is None:
            raise
        raise UsageError(f"{error}, or name what {plan.settings.base_url} serves by --name {model}") from None


def check_script(plan: PlannedRun) -> None:
    """Raise what the script's --check has to say; scripts that are not ours have no such flag."""
    command = plan.script.command(values(plan), plan.settings.script_args)
    if not plan.script.ours:
        return
    try:
        done = subprocess.run(
            [*command, CHECK_FLAG],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=CHECK_TIMEOUT_S,
        )
    except subprocess.TimeoutExpired:
        raise ScriptError(
            f"{plan.script.label} {CHECK_FLAG} did not end within {CHECK_TIMEOUT_S:g} s"
        ) from None
    if done.returncode != ExitCode.OK:
        raise _refusal(done.returncode, done.stderr)


def _refusal(code: int, stderr: str) -> BenchError:
    first, _, rest = stderr.strip().partition("\n")
    kind = UsageError if code == ExitCode.USAGE else ScriptError
    return kind(first or f"{CHECK_FLAG} ended with exit code {code} and said nothing", log=rest)
