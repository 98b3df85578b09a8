"""The flags of the command `run`, from the table of settings."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from benchkit.benchmarks import BENCHMARKS
from benchkit.errors import UsageError
from benchkit.setting_facts import Setting
from benchkit.settings import SETTINGS, RunSettings


def setting_options() -> list[click.Parameter]:
    """A click option for each setting that has a flag; its name is the setting's."""
    return [_option(one) for one in SETTINGS.values() if one.has_flag]


SERVING = ("server", "gpu_layers", "llama_server", "base_url", "start_timeout_s", "server_args")


def serving_options() -> list[click.Parameter]:
    """Those of a server alone, for commands that ask it themselves."""
    return [_option(SETTINGS[name]) for name in SERVING]


JUDGING = (
    *("temperature", "max_tokens", "context", "parallel", "restarts", "timeout_s"),
    *("price", "price_kwh", "max_cost"),
)


def judge_options() -> list[click.Parameter]:
    """Those of a server, and of asking a model that judges."""
    return [*serving_options(), *(_option(SETTINGS[name]) for name in JUDGING)]


def served_model(model: str, options: Mapping[str, Any], **further: Any) -> RunSettings:
    """A file, a provider's model, or the name of a model at --base-url."""
    if not model.strip():
        places = "FILE.gguf, one such as openrouter/NAME, or a name with --base-url"
        raise UsageError(f"the model's name is empty: give {places}")
    if options["base_url"] is None:
        return RunSettings(model=Path(model), **options, **further)
    server = "endpoint" if options["server"] == "auto" else options["server"]
    return RunSettings(**{**options, "server": server}, name=model, **further)


def _option(one: Setting) -> click.Option:
    return click.Option(
        [one.flag, one.name],
        type=None if one.kind.is_flag else one.kind.flag_type(),
        is_flag=one.kind.is_flag,
        multiple=one.kind.repeatable,
        required=one.required,
        default=None if one.required else one.default,
        show_default=not one.kind.is_flag and not one.kind.repeatable and one.default is not None,
        help=one.help or None,
        shell_complete=_benchmarks if one.name == "benchmark" else None,
    )


def _benchmarks(_ctx: click.Context, _option: click.Parameter, incomplete: str) -> list[str]:
    """For a shell that completes words."""
    return [name for name in BENCHMARKS if name.startswith(incomplete)]
