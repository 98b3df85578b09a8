"""bench_runner.py completion SHELL: what makes a shell complete our commands and flags."""

from __future__ import annotations

import click
from click.shell_completion import CompletionItem, get_completion_class, shell_complete

from benchkit.commands import COMMANDS, COMPLETING, PROGRAM, load

SHELLS = ("bash", "zsh", "fish")
INSTALLED = "bench_runner"  # the program's name where it came from a wheel


@click.command()
@click.argument("shell", type=click.Choice(SHELLS))
def command(shell: str) -> None:
    """Print what makes SHELL complete commands, flags and their values.

    In ~/.bashrc or ~/.zshrc: eval "$(./bench_runner.py completion bash)". For fish: ./bench_runner.py
    completion fish > ~/.config/fish/completions/bench_runner.py.fish
    """
    kind = get_completion_class(shell)
    assert kind is not None
    for name in (PROGRAM, INSTALLED):
        click.echo(kind(_Program(), {}, name, COMPLETING).source())


def complete(instruction: str) -> int:
    """What the shell's function asks for by the environment; the exit code."""
    return shell_complete(_Program(), {}, PROGRAM, COMPLETING, instruction)


class _Program(click.Group):
    """All commands as one, for click to complete: those by name, and the flags of the run without a name."""

    def __init__(self) -> None:
        options = [one for one in load("run").params if isinstance(one, click.Option)]
        super().__init__(PROGRAM, params=list(options))

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        return load(cmd_name) if cmd_name in COMMANDS else None

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """The commands with the texts of the table: asking each for its own would load all of them."""
        names = [
            CompletionItem(name, help=text) for name, text in COMMANDS.items() if name.startswith(incomplete)
        ]
        return [*names, *click.Command.shell_complete(self, ctx, incomplete)]
