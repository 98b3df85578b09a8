"""The Language of Python."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path

from benchkit.languages.base import ContestRules, Syntax
from benchkit.languages.building import Commands, Recipe, Toolchain

INTERPRETER = "python3"
OF_A_PREFIX = ("bin", "lib", "lib64", "include", "libexec", "pyvenv.cfg")
NEXT_THING = ("\nif __name__", "\nprint(", "\nassert ", "\n```")


class Python:
    """Runs on the interpreter that runs us; the sandbox forks programs from one that it keeps loaded."""

    name = "python"
    title = "Python"
    labels: tuple[str, ...] = ("python", "python3", "py", "py3", "python2", "ipython", "sage")
    suffix = ".py"
    comment = "#"
    # The prompt ends within a function: anything at column 0 is new.
    stops_after_body: tuple[str, ...] = ("\ndef ", "\nclass ", *NEXT_THING)
    # The answer begins at column 0: only a new task or a test ends it.
    stops_after_definition: tuple[str, ...] = ('\n"""', *NEXT_THING)
    preloaded = True

    @cached_property
    def syntax(self) -> Syntax:
        from benchkit.languages.python.answers import PythonSyntax  # not needed to write prompts

        return PythonSyntax()

    @cached_property
    def contests(self) -> ContestRules | None:
        from benchkit.languages.python.answers import PythonContests

        return PythonContests()

    def find_toolchain(self) -> Toolchain:
        version = ".".join(map(str, sys.version_info[:3]))
        return Toolchain(version, {INTERPRETER: Path(sys.executable)}, tuple(_own_folders()))

    def fill_caches(self, toolchain: Toolchain) -> None:
        """Nothing to fill: the standard library is compiled where it is installed."""

    def program(self, source: str) -> Recipe:
        return Recipe({"main.py": source.encode()}, run=(INTERPRETER, "main.py"))

    def calling_program(self, _source: str, _entry_point: str) -> None:
        return None

    def tested_program(self, source: str, test: str, entry_point: str, token: str) -> Recipe:
        return self.program(f"{source}\n{test}\ncheck({entry_point})\nprint({token!r})\n")

    def workspace(self) -> Commands:
        return Commands(test=((INTERPRETER, "-m", "unittest", "discover", "-s", "tests"),))


def python_packages_folder() -> Path:
    """The folder of packages that tasks declare; each version of the interpreter has its own."""
    from benchkit.languages.finding import shared_folder  # inspects folders: not needed to write prompts

    return shared_folder() / f"python-packages-{sys.version_info.major}.{sys.version_info.minor}"


def _own_folders() -> Iterator[Path]:
    """Of an interpreter's folder only the parts that belong to it; what is below /usr is the system's."""
    for prefix in dict.fromkeys((sys.prefix, sys.base_prefix, sys.exec_prefix, sys.base_exec_prefix)):
        for path in dict.fromkeys((Path(prefix), Path(prefix).resolve())):
            if not path.is_relative_to("/usr"):
                yield from (path / part for part in OF_A_PREFIX if (path / part).exists())
