"""Tasks with their own commands: a build, then a test program that reports as our runners do."""

from __future__ import annotations

import os
import shlex
import shutil
from pathlib import PurePosixPath

from benchkit.asking.tasks.base import OwnCommands
from benchkit.judging.tasks.harnesses.base import BuildPlan, Trial, TrialProgram
from benchkit.languages import Command, Toolchain

SCRIPT = "bench_build.sh"
FOLDERS = os.pathsep.join(("/usr/local/bin", "/usr/bin", "/bin"))


class CommandNotFound(Exception):
    """A command's program does not exist: a fault of the task or the machine, never of the answer."""


def plan_of_commands(commands: OwnCommands, trial: Trial, toolchain: Toolchain) -> BuildPlan:
    """The plan of a task's commands; a build stops at the first command that fails."""
    there = {*trial.files, *commands.products}
    test = _placed("test", commands.test, toolchain, there)
    run = TrialProgram(trial.files, argv=test, executable=commands.products)
    if not commands.build:
        return BuildPlan((run,))
    lines = [shlex.join(_placed("build", command, toolchain, there)) for command in commands.build]
    environment = {**toolchain.environment, **{each.variable: str(each.folder) for each in toolchain.caches}}
    exports = [f"export {name}={shlex.quote(value)}" for name, value in environment.items()]
    script = "\n".join(["set -e", 'export HOME="$PWD"', *exports, *lines, ""])
    files = {**trial.files, SCRIPT: script.encode()}
    return BuildPlan((run,), files, ("/bin/sh", SCRIPT), commands.products)


def _placed(kind: str, command: Command, toolchain: Toolchain, there: set[str]) -> Command:
    program, *arguments = command
    if place := toolchain.executables.get(program):
        return (str(place), *arguments)
    if "/" not in program:
        if shutil.which(program, path=FOLDERS) is None:
            raise CommandNotFound(f"the {kind} command {program} is not found in {FOLDERS}")
    elif str(PurePosixPath(program)) not in there and not os.access(program, os.X_OK):
        raise CommandNotFound(
            f"the {kind} command {program} is neither a file of the task nor a product of its build"
        )
    return command
