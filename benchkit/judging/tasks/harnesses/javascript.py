"""JavaScript and HTML: tests written for node:test, run by our replacement for it."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from benchkit.asking.tasks.base import Files
from benchkit.judging.tasks.harnesses.base import BuildPlan, Trial, TrialProgram, Unfit, support
from benchkit.languages import Toolchain
from benchkit.languages.html import DOM
from benchkit.languages.javascript import NODE, packages_folder

RUNNER, ENTRY = "bench_harness.mjs", "bench_entry.mjs"
JEST, SPECS = "bench_jest.mjs", "bench_specs.mjs"
JEST_NAMES = "describe, test, it, expect, xtest, xit, xdescribe, beforeEach, afterEach, beforeAll, afterAll"
NODE_TEST = re.compile(rb"""(from\s*|import\s*\(?\s*|require\(\s*)(["'])node:test\2""")


class JavaScriptHarness:
    """Runs every *.test.mjs from one module that imports them all: they are read before the answer runs.

    A *.spec.js is written for jest, whose names are global.
    """

    def __init__(self, always: tuple[str, ...] = ()) -> None:
        self._always = always

    def prepare(self, _toolchain: Toolchain) -> Sequence[Path]:
        return (packages_folder(), packages_folder().resolve()) if packages_folder().is_dir() else ()

    def missing(self, _files: Files, _toolchain: Toolchain) -> str:
        return ""

    def plan(self, trial: Trial, toolchain: Toolchain) -> BuildPlan:
        names = [name for name in trial.tests if re.search(r"\.(test|spec)\.[cm]?js$", name)]
        if not names:
            raise Unfit("no *.test.mjs among the tests")
        files = dict(trial.files)
        for name in trial.tests:
            if re.search(r"\.[cm]?js$", name):
                files[name] = NODE_TEST.sub(_import_of_runner(name), files[name])
        files[ENTRY] = "".join(f"import {json.dumps('./' + name)};\n" for name in names).encode()
        if specs := [name for name in names if ".spec." in name]:
            _offer_jest(files, specs)
        measured = f"const MEASURED = {json.dumps(trial.measured)};\n".encode()
        files[RUNNER] = measured + _runner(tuple(dict.fromkeys((*self._always, *trial.packages))))
        return BuildPlan((TrialProgram(files, argv=(str(toolchain.executables[NODE]), RUNNER)),))


def _offer_jest(files: dict[str, bytes], specs: Sequence[str]) -> None:
    """Import jest's names in each spec's first line, so that line numbers stay; load its hooks first."""
    for name in specs:
        way = "../" * name.count("/") or "./"
        files[name] = f'import {{ {JEST_NAMES} }} from "{way}{JEST}"; '.encode() + files[name]
    files[JEST] = support("jest.mjs")
    files[SPECS] = files[ENTRY]
    files[ENTRY] = f'import "./{JEST}";\nawait import("./{SPECS}");\n'.encode()


def html_harness() -> JavaScriptHarness:
    """JavaScript's harness with the DOM library linked in."""
    return JavaScriptHarness((DOM,))


def _import_of_runner(name: str) -> bytes:
    way = "../" * name.count("/") or "./"
    return rb"\1\2" + f"{way}{RUNNER}".encode() + rb"\2"


@cache
def _runner(packages: tuple[str, ...]) -> bytes:
    links = [[package, str(packages_folder() / package)] for package in packages]
    return f"const LINKS = {json.dumps(links)};\n".encode() + support("harness.mjs")
