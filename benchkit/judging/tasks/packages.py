"""The packages that tasks declare: found in our folders, or installed there by --install-deps.

No code of a package runs while it is installed.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from benchkit.asking.tasks.base import Task
from benchkit.errors import BenchError, MissingDependency
from benchkit.languages.finding import toolchains_folder
from benchkit.languages.javascript import packages_folder
from benchkit.languages.python import python_packages_folder

ADVICE = "make toolchains brings jsdom, React and TypeScript; --install-deps whatever a task declares"
NPM, PIP = "npm", "pip"
MANAGERS: Mapping[str, str] = {"javascript": NPM, "html": NPM, "python": PIP}
"""The package manager of a language; others have none."""

OWN_NPM = Path("lib", "node_modules", "npm", "bin", "npm-cli.js")
NAME_OF_NPM = re.compile(r"(@?[^@]+)")
NAME_OF_PIP = re.compile(r"([\w.-]+)")


def missing_packages(task: Task) -> list[str]:
    """The declared packages that are not installed in our folders."""
    manager = MANAGERS.get(task.language.name)
    return [spec for spec in task.packages if manager is None or not _is_installed(manager, spec)]


def installed_name(task: Task, spec: str) -> str:
    """A package's name without the requested version."""
    pattern = NAME_OF_PIP if MANAGERS.get(task.language.name) == PIP else NAME_OF_NPM
    match = pattern.match(spec)
    return match[1] if match else spec


def _is_installed(manager: str, spec: str) -> bool:
    if manager == NPM:
        match = NAME_OF_NPM.match(spec)
        return match is not None and (packages_folder() / match[1]).is_dir()
    match = NAME_OF_PIP.match(spec)
    return match is not None and _normal(match[1]) in set(_distributions())


def _distributions() -> Iterator[str]:
    for info in python_packages_folder().glob("*.dist-info"):
        yield _normal(info.name.partition("-")[0])


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "_", name).lower()


def install_packages(tasks: Iterable[Task], tell: Callable[[str], None]) -> None:
    """Install what is missing, one call a package manager; BenchError names what cannot be installed."""
    wanted: dict[str, set[str]] = {NPM: set(), PIP: set()}
    for task in tasks:
        manager = MANAGERS.get(task.language.name)
        for spec in missing_packages(task):
            if manager is None:
                raise BenchError(
                    f"{task.id} declares {spec}: packages can be brought for {', '.join(MANAGERS)}"
                )
            wanted[manager].add(spec)
    for manager, specs in wanted.items():
        if specs:
            tell(f"installing {', '.join(sorted(specs))} with {manager}")
            _install(sorted(specs), _COMMANDS[manager]())


def _npm_command() -> list[str]:
    own = toolchains_folder() / "node"
    on_path = shutil.which(NPM)
    if on_path is None and not (own / OWN_NPM).exists():
        raise MissingDependency(NPM, "make toolchains brings it; or sudo apt install npm (Debian, Ubuntu)")
    npm = [on_path] if on_path else [str(own / "bin" / "node"), str(own / OWN_NPM)]
    flags = ("--ignore-scripts", "--no-audit", "--no-fund", "--no-save", "--loglevel=error")
    return [*npm, "install", "--prefix", str(_make_folder(toolchains_folder())), *flags]


def _pip_command() -> list[str]:
    flags = ("--quiet", "--only-binary", ":all:", "--disable-pip-version-check", "--no-input")
    target = str(_make_folder(python_packages_folder()))
    return [sys.executable, "-m", "pip", "install", *flags, "--target", target]


_COMMANDS: Mapping[str, Callable[[], list[str]]] = {NPM: _npm_command, PIP: _pip_command}


def _make_folder(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _install(specs: Sequence[str], command: Sequence[str]) -> None:
    done = subprocess.run([*command, "--", *specs], capture_output=True, text=True, stdin=subprocess.DEVNULL)
    if done.returncode:
        lines = [line.strip() for line in (done.stderr or done.stdout).splitlines() if line.strip()]
        errors = [line for line in lines if "error" in line.lower()]
        said = (errors or lines or [f"exit code {done.returncode}"])[0]
        raise BenchError(f"{', '.join(specs)} cannot be installed: {said}", log="\n".join(lines[-20:]))
