"""The settings of a run, as one table: the fields of RunSettings.

Each field says its type and default, its flag and help, where a plan may say it, where a run's record keeps
it, and what depends on it. From that follow the command's flags, a plan's keys, what a record holds, the
command that makes a run again (rerun.py) and what must be equal for runs to be compared. A new setting is
one more field here; what it does is done where it is used, unless it is a script's (`for_script`): the
script gets it as a flag of the same name.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

from benchkit.benchmarks import BENCHMARKS
from benchkit.contract import Placeholder, Variable, flag_of
from benchkit.errors import UsageError
from benchkit.literals import GpuLayers, Parallel, ScoreScale
from benchkit.setting_facts import Place, Recorded, Setting, setting
from benchkit.setting_kinds import (
    ABOVE_0,
    ADDRESS,
    CACHE_TYPE,
    COUNT,
    COUNT_OR_AUTO,
    FILE,
    FROM_0,
    HEAD,
    KEY_USE,
    LAYERS,
    MEMORY,
    PRICE,
    PROGRAM,
    PROVIDER,
    SCORE_SCALE,
    SECONDS,
    SERVER,
    TEXT,
    WEIGHTS,
    WHOLE,
    WORDS,
    YES_OR_NO,
    Kind,
)  # fmt: skip

SLOTS = 4  # where nobody says how many
_PLACEHOLDERS = " ".join(f"{{{name}}}" for name in Placeholder)


# A table, one setting below the other.
# fmt: off
@dataclass(frozen=True, kw_only=True)
class RunSettings:
    """One run as a person asks for it. The order is that of the help and of the command for running again."""

    model: Path | None = setting(
        None, FILE, "The GGUF file (of a split one, any part), or a provider's model, such as "
        f"openrouter/google/gemini-pro; else ${Variable.DEFAULT_MODEL}.",
        place=Place.MODEL, key="path", recorded_as="path", of_server=True, variable=Variable.DEFAULT_MODEL,
    )
    name: str | None = setting(
        None, TEXT, "The model's name in the history; default: the file's.", place=Place.MODEL,
        recorded=Recorded.ELSEWHERE, of_server=True,
    )
    provider: str | None = setting(
        None, PROVIDER, has_flag=False, place=Place.MODEL, recorded=Recorded.IF_SET, of_server=True,
    )
    provider_model: str | None = setting(  # the model's name there
        None, TEXT, has_flag=False, place=Place.MODEL, recorded=Recorded.IF_SET, of_server=True,
    )
    key_variable: str | None = setting(  # the name of the variable, and never the key
        None, TEXT, has_flag=False, place=Place.MODEL, key="api_key", recorded=Recorded.IF_SET,
        of_server=True, measured=False,
    )
    benchmark: str = setting(
        "", TEXT, f"What to run: {', '.join(BENCHMARKS)}, or a name of your own.", required=True,
        place=Place.BENCHMARK, key="name", recorded=Recorded.ELSEWHERE,
    )
    script: str | None = setting(
        None, TEXT, f"A script file, or a command line with {_PLACEHOLDERS} in it.", place=Place.BENCHMARK,
    )
    shell: bool = setting(
        False, YES_OR_NO, "--script is a text for /bin/sh; its values are passed safely.",
        place=Place.BENCHMARK, recorded=Recorded.IF_SET,
    )
    parser: str | None = setting(
        None, TEXT, "What reads the script's output; default: the benchmark's own.", place=Place.BENCHMARK,
        recorded=Recorded.IF_SET,
    )
    score_pattern: str | None = setting(
        None, TEXT, "With --parser regex: named groups score, passed, total.", place=Place.BENCHMARK,
        recorded=Recorded.IF_SET,
    )
    score_path: str | None = setting(
        None, TEXT, "With --parser json: where the score is, like results.0.accuracy.", place=Place.BENCHMARK,
        recorded=Recorded.IF_SET,
    )
    score_scale: ScoreScale | None = setting(
        None, SCORE_SCALE, "What --parser json and regex take the score for; a fraction is from 0 to 1.",
        place=Place.BENCHMARK, recorded=Recorded.IF_SET,
    )
    gpu_layers: GpuLayers = setting("auto", LAYERS, "Layers on the GPU.", of_server=True)
    server: str = setting("auto", SERVER, of_server=True)
    context: int | None = setting(
        None, COUNT, "Tokens per slot; default: the answer's budget + 3072.", of_server=True,
    )
    parallel: Parallel = setting(
        SLOTS, COUNT_OR_AUTO, "Slots and requests at once; auto measures how many are worth it.",
        of_server=True,
    )
    llama_server: Path | None = setting(
        None, PROGRAM, "The binary; else $LLAMA_SERVER, then PATH.", recorded=Recorded.IF_SET, of_server=True,
    )
    server_key: str | None = setting(
        None, KEY_USE, "Whether a server that is started asks for a random key, which the script finds in "
        "OPENAI_API_KEY; default: where the benchmark is known to send it.",
        recorded=Recorded.IF_SET, of_server=True, measured=False,
    )
    base_url: str | None = setting(
        None, ADDRESS, "A running OpenAI-compatible endpoint; nothing is started or stopped.",
        place=Place.MODEL, of_server=True,
    )
    start_timeout_s: float | None = setting(
        None, SECONDS, "Seconds; default: by the file's size.", flag="--start-timeout", key="start_timeout",
        recorded=Recorded.IF_SET, of_server=True, measured=False,
    )
    strict: bool = setting(
        False, YES_OR_NO, "Fewer layers, less context or another device than asked is a failure.",
        recorded=Recorded.IF_SET, of_server=True,
    )
    restarts: int = setting(1, WHOLE, "When a server dies midway.", recorded=Recorded.IF_SET, measured=False)
    temperature: float | None = setting(
        None, FROM_0, f"Passed on to the script; else ${Variable.DEFAULT_TEMPERATURE}.",
        compared_as="temperature", for_script=True, variable=Variable.DEFAULT_TEMPERATURE,
    )
    max_tokens: int | None = setting(
        None, COUNT, "Passed on to the script.", compared_as="token budget", for_script=True,
    )
    test_timeout: float | None = setting(
        None, SECONDS, "Seconds that each test program may take; default: the problem set's.",
        recorded=Recorded.IF_SET, compared_as="time limit of a test", for_script=True,
    )
    test_memory: str | None = setting(
        None, MEMORY, "Memory of each test program, such as 512m; default: the problem set's.",
        recorded=Recorded.IF_SET, compared_as="memory limit of a test", for_script=True,
    )
    test_cpus: float | None = setting(
        None, ABOVE_0, "Its processor time: what so many processors give within its seconds.",
        recorded=Recorded.IF_SET, compared_as="processor limit of a test", for_script=True,
    )
    sandbox_on: str | None = setting(
        None, HEAD, "Judge on the boxes of the cluster whose head is there, HOST or HOST:PORT.",
        recorded=Recorded.IF_SET, measured=False, for_script=True,
    )
    weights: str | None = setting(
        None, WEIGHTS, "How much each part of the composite counts, such as correctness=0.7,quality=0.3.",
        recorded=Recorded.IF_SET, measured=False,
    )
    timeout_s: float | None = setting(
        None, SECONDS, "Seconds the script may take.", flag="--timeout", key="timeout", measured=False,
    )
    price: str | None = setting(
        None, PRICE, "IN,OUT[,CACHED]: dollars for a million tokens, where no reply tells its cost.",
        recorded=Recorded.IF_SET, measured=False, for_script=True,
    )
    price_kwh: float | None = setting(
        None, FROM_0, "Dollars for a kWh: what a model on this machine costs.",
        recorded=Recorded.IF_SET, measured=False,
    )
    max_cost: float | None = setting(
        None, ABOVE_0, "Dollars: ask nothing more that could pass this.",
        recorded=Recorded.IF_SET, measured=False, for_script=True,
    )
    reuse: bool = setting(
        False, YES_OR_NO, "Take answers of earlier runs to the very same requests; they carry no speed.",
        recorded=Recorded.IF_SET, measured=False,
    )
    server_args: tuple[str, ...] = setting(
        (), WORDS, "Passed on to the server; repeatable.", flag="--server-arg", of_server=True,
    )
    script_args: tuple[str, ...] = setting((), WORDS, has_flag=False, key="args")
    # Beside the settings: where the run is written, and the longest answer of all runs that share the server.
    history: str | Path = "benchmark_results.json"
    runs_dir: Path = Path("runs")
    answer_tokens: int | None = None


# fmt: on


def _settings() -> Iterator[Setting]:
    for one in fields(RunSettings):
        if setting := one.metadata.get("setting"):
            yield replace(
                setting,
                name=one.name,
                default=one.default,
                flag=setting.flag or flag_of(one.name),
                key=setting.key or one.name,
                recorded_as=setting.recorded_as or one.name,
            )


SETTINGS: Mapping[str, Setting] = {one.name: one for one in _settings()}
"""The table, by the field's name."""

FOR_SCRIPT = tuple(one.name for one in SETTINGS.values() if one.for_script)
COMPARED: Mapping[str, str] = {
    one.recorded_as: one.compared_as for one in SETTINGS.values() if one.compared_as
}
"""What must be equal for runs to be compared: its name in a record -> what it is called in words."""
SELDOM_SET = frozenset(one.recorded_as for one in SETTINGS.values() if one.recorded is Recorded.IF_SET)
"""Settings that a record leaves out where they have their default."""


@dataclass(frozen=True)
class PlanKey:
    """What a plan may say, and the setting that it becomes."""

    field: str
    kind: Kind
    flags: tuple[str, ...] = ()  # the value becomes a word of `field`, behind each of these

    def read(self, value: Any) -> Any:
        """The value as the field takes it; ValueError or TypeError where it is of another kind."""
        result = self.kind.read(value)
        return tuple(word for flag in self.flags for word in (flag, str(result))) if self.flags else result


def _keys(place: Place) -> dict[str, PlanKey]:
    return {one.key: PlanKey(one.name, one.kind) for one in SETTINGS.values() if one.place is place}


PLAN_KEYS: Mapping[str, PlanKey] = {
    **_keys(Place.ANYWHERE),
    "cache_type": PlanKey("server_args", CACHE_TYPE, ("--cache-type-k", "--cache-type-v")),
    "top_p": PlanKey("script_args", ABOVE_0, ("--top-p",)),
    "seed": PlanKey("script_args", WHOLE, ("--seed",)),
}
MODEL_PLAN_KEYS: Mapping[str, PlanKey] = {
    **_keys(Place.MODEL),
    "endpoint": PlanKey("base_url", ADDRESS),
}
BENCHMARK_PLAN_KEYS: Mapping[str, PlanKey] = _keys(Place.BENCHMARK)


def model_name(settings: RunSettings) -> str:
    """What a model is called that nobody gave a name."""
    if settings.model is None:
        raise UsageError("an endpoint needs the name it knows its model by: add --name NAME")
    return settings.model.name.removesuffix(".gguf")


def with_environment(settings: RunSettings) -> RunSettings:
    """With what the environment says of settings that nobody set; a model only where no endpoint is named."""
    values: dict[str, Any] = {}
    for one, value in _values(settings):
        given = os.environ.get(one.variable, "").strip() if one.variable else ""
        named = one.name == "model" and (settings.base_url or settings.server == "endpoint")
        if given and value == one.default and not named:
            values[one.name] = _read_variable(one, given)
    return replace(settings, **values)


def _read_variable(one: Setting, given: str) -> Any:
    try:
        value = one.kind.read(given)
    except (TypeError, ValueError, OverflowError):
        raise UsageError(f"{one.variable}={given}: it is not {one.kind.wanted}") from None
    return Path(value) if one.name == "model" else value


def recorded(settings: RunSettings) -> dict[str, Any]:
    """The settings as a run's record keeps them, in plain values."""
    return {
        one.recorded_as: _plain(value)
        for one, value in _values(settings)
        if one.recorded is Recorded.ALWAYS or (one.recorded is Recorded.IF_SET and value != one.default)
    }


def set_by_somebody(settings: RunSettings) -> dict[str, Any]:
    """The settings that do not have their default."""
    return {one.name: value for one, value in _values(settings) if value != one.default}


def _values(settings: RunSettings) -> Iterator[tuple[Setting, Any]]:
    return ((one, getattr(settings, one.name)) for one in SETTINGS.values())


def _plain(value: Any) -> Any:
    if isinstance(value, Path):
        return str(value)
    return list(value) if isinstance(value, tuple) else value
