"""A script of ours checks its flags, problems and sandbox first: a typo never costs a model load."""

from __future__ import annotations

import subprocess

from benchkit.errors import BenchError, ScriptError, UsageError
from benchkit.plan import PlannedRun

CHECK_TIMEOUT_S = 60.0
UNKNOWN_YET = "http://127.0.0.1:1/v1"


def values(plan: PlannedRun, base_url: str = UNKNOWN_YET, model: str | None = None) -> dict[str, str]:
    """What the script contract hands to a script, as flags or for placeholders."""
    settings = plan.settings
    contract: dict[str, object] = {
        "base_url": base_url,
        "model": model or plan.name,
        "output_dir": plan.folder,
        "temperature": settings.temperature,
        "max_tokens": settings.max_tokens,
        "parallel": settings.parallel,
    }
    return {name: str(value) for name, value in contract.items() if value is not None}


def check_script(plan: PlannedRun) -> None:
    """Raise what the script's --check has to say; scripts that are not ours have no such flag."""
    command = plan.script.command(values(plan), plan.settings.script_args)
    if not plan.script.ours:
        return
    try:
        done = subprocess.run(
            [*command, "--check"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=CHECK_TIMEOUT_S,
        )
    except subprocess.TimeoutExpired:
        raise ScriptError(f"{plan.script.label} --check did not end within {CHECK_TIMEOUT_S:g} s") from None
    if done.returncode != 0:
        raise _refusal(done.returncode, done.stderr)


def _refusal(code: int, stderr: str) -> BenchError:
    first, _, rest = stderr.strip().partition("\n")
    kind = UsageError if code == UsageError.exit_code else ScriptError
    return kind(first or f"--check ended with exit code {code} and said nothing", log=rest)
