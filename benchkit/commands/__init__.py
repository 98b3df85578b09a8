"""The commands of bench_runner.py, one file each, exporting `command`.

run.py (what is meant when no command is named), list.py, show.py, doctor.py, and the ones in COMMANDS below.
setting_flags.py makes run's flags of the table of settings; options.py holds flags that several commands
share; typos.py refuses flags that are nearly ours. To add a command: write the file, add its line. Only the
file of the command that was typed is imported, so each keeps its heavy imports to itself and the help stays
instant.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import cast

import click

from benchkit.errors import UnknownName

PROGRAM = "bench_runner.py"
COMPLETING = "_BENCH_RUNNER_COMPLETE"
"""Set by a shell's completion: what it asks for."""

COMMANDS = {
    "batch": "many models, many benchmarks, unattended",
    "cluster": "several boxes that work off one plan",
    "status": "how far the batch and single runs are, from another shell",
    "list": "the runs in the history",
    "show": "one run, whole",
    "compare": "which model is better, and is it true?",
    "leaderboard": "models in tiers, with notes and charts",
    "judge": "a model says of code what no run can tell, once it has proved itself",
    "import": "results that somebody made without us, into the history",
    "history": "copy a history into another one, such as PostgreSQL, or check it",
    "report": "everything as one HTML, Markdown, CSV… file",
    "dashboard": "all of this as a page in the browser",
    "power": "what difference a number of problems can detect",
    "noise": "how many answers change by themselves",
    "cache": "the answers that runs have kept, for --reuse",
    "speed": "how fast a model reads and writes, at depths and with several requests at once",
    "tune": "the flags that serve a model fastest on this box",
    "doctor": "what this machine has, and what to do about what is missing",
    "completion": "completing words in bash, zsh and fish",
}

MODULES = {"import": "import_"}
"""Where the file cannot be called like the command."""


def find_command(arguments: Sequence[str]) -> tuple[str, click.Command, Sequence[str]]:
    """What the first word names, or `run` where it names none: its full name, itself, its arguments."""
    if not arguments or arguments[0].startswith("-"):
        return PROGRAM, load("run"), arguments
    name = arguments[0]
    if name not in COMMANDS:
        return PROGRAM, _unknown(name), ()
    return f"{PROGRAM} {name}", load(name), arguments[1:]


def load(name: str) -> click.Command:
    command = cast(click.Command, import_module(f"benchkit.commands.{MODULES.get(name, name)}").command)
    command.name = name
    return command


def _unknown(name: str) -> click.Command:
    def refuse() -> None:
        raise UnknownName("command", name, COMMANDS)

    return click.Command(name, callback=refuse)
