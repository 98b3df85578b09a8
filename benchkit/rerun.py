"""The command that makes a run again, from the settings that it was started with or from its record."""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchkit.benchmarks import BENCHMARKS
from benchkit.records import Run
from benchkit.setting_facts import Recorded, Setting
from benchkit.settings import SETTINGS, RunSettings, model_name, set_by_somebody

PROGRAM = "bench_runner.py"
AS_ARGUMENTS = "script_args"
MEASURED = ("speed", "tune")
"""Benchmarks that are commands of ours and no scripts."""
MEASURED_WITH = ("server", "gpu_layers", "llama_server", "base_url", "server_args")


def command_words(values: Mapping[str, Any]) -> list[str]:
    """The program with a flag for each of these settings, given by their names."""
    words = [PROGRAM]
    for one in SETTINGS.values():
        value = values.get(one.name)
        if one.has_flag:
            words += _flag_words(one, value)
    # Behind the dashes, for the script's flags may be named like the runner's.
    return [*words, "--", *further] if (further := values.get(AS_ARGUMENTS)) else words


def _flag_words(one: Setting, value: Any) -> list[str]:
    if value is None or value == "":
        return []
    if one.kind.is_flag:
        return [one.flag] if value is True else []
    if one.kind.repeatable:
        return [f"{one.flag}={word}" for word in value]
    return [one.flag, str(value)]


def words_of_settings(settings: RunSettings) -> list[str]:
    """Of a run that is planned: what has its default, or follows from the rest, is left out."""
    values = set_by_somebody(settings)
    if settings.base_url is not None:
        values.pop("server", None)
    if settings.model is not None and settings.name == model_name(settings):
        values.pop("name", None)
    return command_words(_with_prefix(values))


def words_of_run(run: Run) -> list[str]:
    """Of a run in the history: all that it tells, for the defaults may be others by now."""
    config = run.config
    if run.benchmark in MEASURED and config.script is None:
        return _measuring_words(run)
    if config.origin and not config.script and not config.path:
        return _import_words(run)
    values = {
        one.name: config.value(one.recorded_as)
        for one in SETTINGS.values()
        if one.recorded is not Recorded.ELSEWHERE
    }
    return command_words(_with_prefix(values | _model_of(run) | _script_of(run)))


def quoted(words: Sequence[str]) -> str:
    """For a shell; on one line, and in letters that every terminal shows, whatever a file's name holds."""
    return " ".join(map(_quoted, words))


def command_of_run(run: Run) -> str:
    return quoted(words_of_run(run))


def _model_of(run: Run) -> dict[str, Any]:
    """The file, and the name where it is not the file's."""
    path = run.config.path
    values: dict[str, Any] = {"benchmark": run.benchmark}
    if not path:
        return values | {"name" if run.config.base_url else "model": run.model}
    of_file = model_name(RunSettings(model=Path(path)))
    return values | {"model": path} | ({} if run.model == of_file else {"name": run.model})


def _with_prefix(values: Mapping[str, Any]) -> Mapping[str, Any]:
    """A provider and its model are one word; its usual address and name need none."""
    if not values.get("provider") or not values.get("provider_model"):
        return values
    from benchkit.providers.table import find_provider  # few runs are of a provider

    row = find_provider(values["provider"])
    model = f"{row.name}/{values['provider_model']}"
    usual = {"name": model, "base_url": row.base_url, "server": "endpoint"}
    return {name: value for name, value in values.items() if value != usual.get(name)} | {"model": model}


def _script_of(run: Run) -> dict[str, Any]:
    """The script where it is not the benchmark's own, and the words that the benchmark does not bring."""
    known = BENCHMARKS.get(run.benchmark)
    script = run.config.script
    own = known.args if known else ()
    words = run.config.script_args or ()
    return {
        "script": None if known is not None and script == known.script else script,
        AS_ARGUMENTS: words[len(own) :] if words[: len(own)] == own else words,
    }


def _measuring_words(run: Run) -> list[str]:
    """Of a run that no script made: the command that measured it, and its own flags."""
    config = run.config
    values = {name: config.value(SETTINGS[name].recorded_as) for name in MEASURED_WITH}
    program, *flags = command_words(values)
    return [program, run.benchmark, config.path or run.model, *flags, *(config.script_args or ())]


def _import_words(run: Run) -> list[str]:
    parser = run.config.parser
    words = [PROGRAM, "import", str(run.config.origin), "--model", run.model]
    words += ["--parser", parser] if parser else []
    return words if run.benchmark == parser else [*words, "--benchmark", run.benchmark]


def _quoted(word: str) -> str:
    if word.isprintable():
        return shlex.quote(word)
    try:
        stored = os.fsencode(word)
    except UnicodeEncodeError:  # no name of a file here: half a surrogate pair from elsewhere
        stored = word.encode("utf-8", "surrogatepass")
    return f"$'{''.join(map(_escaped, stored))}'"


def _escaped(byte: int) -> str:
    if chr(byte) in "\\'":
        return f"\\{byte:c}"
    return f"{byte:c}" if 32 <= byte < 127 else f"\\x{byte:02x}"
