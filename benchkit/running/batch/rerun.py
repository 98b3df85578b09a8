"""The command that does one run of a plan alone."""

from __future__ import annotations

import os
import shlex
from dataclasses import fields
from typing import Any

from benchkit.running.plan import PlannedRun, RunSettings, model_name
from benchkit.running.runner.work import mask_of

FLAGS = {
    "timeout_s": "--timeout",
    "start_timeout_s": "--start-timeout",
}
_SAID_OTHERWISE = ("server_args", "script_args", "answer_tokens")


def command_of(plan: PlannedRun) -> str:
    """What to type; a setting that has its default is left out, a key is masked."""
    settings, words = plan.settings, ["bench_runner.py"]
    for one in fields(settings):
        value = getattr(settings, one.name)
        if one.name not in _SAID_OTHERWISE and value != one.default and not _goes_without(settings, one.name):
            words += _flag(FLAGS.get(one.name, f"--{one.name.replace('_', '-')}"), value)
    words += [f"--server-arg={word}" for word in settings.server_args]
    # Behind the dashes, for the script's flags may be named like the runner's.
    further = ["--", *settings.script_args] if settings.script_args else []
    return " ".join(map(_quoted, mask_of(plan).words([*words, *further])))


def _goes_without(settings: RunSettings, name: str) -> bool:
    if name == "server":
        return settings.base_url is not None
    return name == "name" and settings.model is not None and settings.name == model_name(settings)


def _flag(name: str, value: Any) -> list[str]:
    return [name] if value is True else [name, str(value)]


def _quoted(word: str) -> str:
    """For a shell; on one line, and in letters that every terminal shows, whatever a file's name holds."""
    if word.isprintable():
        return shlex.quote(word)
    return f"$'{''.join(map(_escaped, os.fsencode(word)))}'"


def _escaped(byte: int) -> str:
    if chr(byte) in "\\'":
        return f"\\{byte:c}"
    return f"{byte:c}" if 32 <= byte < 127 else f"\\x{byte:02x}"
