"""Python: unittest, in a fork of the sandbox's interpreter."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path, PurePosixPath

from benchkit.asking.tasks.base import Files
from benchkit.judging.tasks.harnesses.base import BuildPlan, Trial, TrialProgram, Unfit, support
from benchkit.languages import Toolchain
from benchkit.languages.python import python_packages_folder

TEST_FILES = ("test_*.py", "*_test.py")


class PythonHarness:
    """Runs every test file with unittest; the tests are read before any code of the answer runs."""

    def prepare(self, _toolchain: Toolchain) -> Sequence[Path]:
        return (python_packages_folder(),) if python_packages_folder().is_dir() else ()

    def missing(self, _files: Files, _toolchain: Toolchain) -> str:
        return ""

    def plan(self, trial: Trial, _toolchain: Toolchain) -> BuildPlan:
        names = [name for name in trial.tests if any(map(PurePosixPath(name).match, TEST_FILES))]
        if not names:
            raise Unfit(f"no {TEST_FILES[0]} among the tests")
        modules = [_module(name) for name in names]
        files = [name for name in trial.tests if name.endswith(".py")]
        measured = [name for name in trial.measured if name.endswith(".py")]
        packages = [str(python_packages_folder())] if trial.packages else []
        given = f"TEST_FILES = {files!r}\nMEASURED = {measured!r}\nPACKAGES = {packages!r}\n"
        source = given.encode() + _harness() + f"\nmain({modules!r})\n".encode()
        return BuildPlan((TrialProgram(trial.files, source=source),))


@cache
def _harness() -> bytes:
    return support("python_tests.py.txt")


def _module(name: str) -> str:
    return name.removesuffix(".py").replace("/", ".")
