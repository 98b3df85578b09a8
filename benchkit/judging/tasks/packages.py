"""The packages that tasks declare: those of our lock are there, others where somebody asks for them."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Iterable

from benchkit.asking.tasks.base import Task
from benchkit.errors import BenchError, MissingDependency
from benchkit.languages.finding import toolchains_folder
from benchkit.languages.javascript import packages_folder

ADVICE = "make toolchains brings jsdom, React and TypeScript; --install-deps whatever a task declares"


def missing_packages(task: Task) -> list[str]:
    """The declared packages that are not in our folder."""
    return [name for name in task.packages if not (packages_folder() / name).is_dir()]


def install_packages(tasks: Iterable[Task], tell: Callable[[str], None]) -> None:
    """Bring what is missing from npm into our folder, its install scripts not run."""
    wanted = sorted({name for task in tasks for name in missing_packages(task)})
    if not wanted:
        return
    npm = shutil.which("npm")
    if npm is None:
        raise MissingDependency("npm", "it comes with Node: sudo apt install npm (Debian, Ubuntu)")
    tell(f"installing {', '.join(wanted)}")
    folder = toolchains_folder()
    folder.mkdir(parents=True, exist_ok=True)
    flags = ("--ignore-scripts", "--no-audit", "--no-fund", "--no-save", "--loglevel=error")
    done = subprocess.run(
        [npm, "install", "--prefix", str(folder), *flags, *wanted], capture_output=True, text=True
    )
    if done.returncode:
        lines = (done.stderr or done.stdout).strip().splitlines()
        raise BenchError(
            f"{', '.join(wanted)} cannot be installed: {lines[-1] if lines else done.returncode}"
        )
