"""Go: a TestMain of ours for each package with tests, compiled against a build cache that is only read."""

from __future__ import annotations

import re
import secrets
import shlex
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from benchkit.asking.tasks.base import Files
from benchkit.judging.tasks.harnesses.base import BuildPlan, Trial, TrialProgram, Unfit, support
from benchkit.languages import Toolchain
from benchkit.languages.go import GO, build_script

PACKAGE = re.compile(r"^package\s+(\w+)", re.MULTILINE)
MODULE = re.compile(r"^module\s+(\S+)", re.MULTILINE)
SCRIPT = "bench_build.sh"
MAIN = "bench_main_test.go"


class GoHarness:
    """Our package reads the token first: all others import it, and Go initializes imports first."""

    def prepare(self, toolchain: Toolchain) -> Sequence[Path]:
        return [cache.folder for cache in toolchain.caches]

    def missing(self, _files: Files, _toolchain: Toolchain) -> str:
        return ""

    def plan(self, trial: Trial, toolchain: Toolchain) -> BuildPlan:
        module = MODULE.search(_text(trial, "go.mod"))
        if module is None:
            raise Unfit("no go.mod with a module's name")
        ours = f"bench{secrets.token_hex(8)}"  # a name that an answer cannot know
        files = {
            **trial.files,
            f"{ours}/token.go": support("token.go.txt").replace(b"PACKAGE", ours.encode()),
        }
        token = f"{module[1]}/{ours}"
        for folder, package in _packages(trial).items():
            files[_joined(folder, f"{ours}.go")] = f'package {package}\n\nimport _ "{token}"\n'.encode()
        folders = sorted({_folder(name) for name in trial.tests if name.endswith("_test.go")})
        if not folders:
            raise Unfit("no *_test.go among the tests")
        for folder in folders:
            files[_joined(folder, MAIN)] = _main(trial, folder, token)
        products = tuple(f"bench_tests_{number}" for number in range(len(folders)))
        files[SCRIPT] = _script(folders, products, toolchain, measured=bool(trial.measured))
        others = {name: content for name, content in trial.files.items() if not name.endswith(".go")}
        runs = tuple(TrialProgram(others, argv=(f"./{name}",), executable=(name,)) for name in products)
        return BuildPlan(runs, files, ("/bin/sh", SCRIPT), products)


def _script(
    folders: Sequence[str], products: Sequence[str], toolchain: Toolchain, *, measured: bool
) -> bytes:
    go = shlex.quote(str(toolchain.executables[GO]))
    cover = "-cover " if measured else ""
    return build_script(
        toolchain,
        [
            f"{go} test -c {cover}-vet=off -ldflags=-s -o {product} ./{folder}"
            for folder, product in zip(folders, products, strict=True)
        ],
    )


def _main(trial: Trial, folder: str, token: str) -> bytes:
    """A TestMain in the package of the folder's tests; Go collects the tests itself."""
    tests = [name for name in trial.tests if _folder(name) == folder and name.endswith("_test.go")]
    package = _package(_text(trial, tests[0]), tests[0])
    text = support("main_test.go.txt").decode()
    return text.replace("TOKEN_PACKAGE", token).replace("PACKAGE", package).encode()


def _packages(trial: Trial) -> dict[str, str]:
    """The package in each folder of the module."""
    packages: dict[str, str] = {}
    for name in sorted(trial.files):
        if name.endswith(".go") and not name.endswith("_test.go"):
            packages.setdefault(_folder(name), _package(_text(trial, name), name))
    return packages


def _package(text: str, name: str) -> str:
    match = PACKAGE.search(re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL))
    if match is None:
        raise Unfit(f"no package clause in {name}")
    return match[1]


def _text(trial: Trial, name: str) -> str:
    return trial.files.get(name, b"").decode("utf-8", "replace")


def _folder(name: str) -> str:
    parent = PurePosixPath(name).parent.as_posix()
    return "" if parent == "." else parent


def _joined(folder: str, name: str) -> str:
    return f"{folder}/{name}" if folder else name
