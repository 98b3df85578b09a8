"""The flags of the command `run`, from the table of settings."""

from __future__ import annotations

import click

from benchkit.benchmarks import BENCHMARKS
from benchkit.settings import SETTINGS, Setting


def setting_options() -> list[click.Parameter]:
    """A click option for each setting that has a flag; its name is the setting's."""
    return [_option(one) for one in SETTINGS.values() if one.has_flag]


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
