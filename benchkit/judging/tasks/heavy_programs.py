"""Programs that run the heavy inputs of tasks outside Python, one function a language.

A heavy input is a file in the task's language with a function `heavy`. A main of ours calls it and prints its
argument, the mark, and the result; without an argument it calls nothing, which shows what the start takes.

To add a language: its function here and its line in HEAVY_PROGRAMS.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import PurePosixPath

from benchkit.asking.tasks.base import Files, Task
from benchkit.judging.tasks.harnesses import BuildPlan, TrialProgram
from benchkit.judging.tasks.harnesses.base import with_environment
from benchkit.judging.tasks.harnesses.rust import crate_of, edition_of
from benchkit.judging.tasks.programs import Programs
from benchkit.judging.tasks.tested import Tested
from benchkit.languages import Command, Toolchain
from benchkit.languages.cpp import GXX
from benchkit.languages.go import GO, build_script
from benchkit.languages.javascript import NODE
from benchkit.languages.rust import RUSTC

PRODUCT, SCRIPT = "bench_heavy", "bench_build.sh"
KEPT = 2  # builds: of an answer and of its reference, which take turns

JAVASCRIPT_MAIN = """\
const { heavy } = await import("./bench_heavy.mjs");
const mark = process.argv[2];
if (mark) process.stdout.write(`\\n${mark}${JSON.stringify(await heavy())}\\n`);
"""
GO_MAIN = """\
package main

import (
	"fmt"
	"os"
)

func main() {
	if len(os.Args) > 1 {
		fmt.Printf("\\n%s%v\\n", os.Args[1], heavy())
	}
}
"""
RUST_MAIN = """\
mod bench_heavy;

fn main() {
    if let Some(mark) = std::env::args().nth(1) {
        println!("\\n{}{}", mark, bench_heavy::heavy());
    }
}
"""
CPP_MAIN = """\
#include <iostream>
#include <string>
std::string heavy();
int main(int count, char** words) {
  if (count > 1) std::cout << "\\n" << words[1] << heavy() << std::endl;
}
"""


class Unbuildable(Exception):
    """The heavy input cannot be built with this code; its text says why, one line."""


def _javascript(files: Files, script: str, toolchain: Toolchain) -> BuildPlan:
    """On one thread: the compiler's and the collector's work is the program's own."""
    whole = {**files, "bench_heavy.mjs": script.encode(), "bench_main.mjs": JAVASCRIPT_MAIN.encode()}
    argv = (str(toolchain.executables[NODE]), "--single-threaded", "bench_main.mjs")
    return BuildPlan((TrialProgram(whole, argv=argv),))


def _go(files: Files, script: str, toolchain: Toolchain) -> BuildPlan:
    go = shlex.quote(str(toolchain.executables[GO]))
    folder = {"benchheavy/heavy.go": script.encode(), "benchheavy/main.go": GO_MAIN.encode()}
    build = build_script(toolchain, [f"{go} build -ldflags=-s -o {PRODUCT} ./benchheavy"])
    run = with_environment({"GOMAXPROCS": "1"}, (f"./{PRODUCT}",))
    return _built({**files, **folder, SCRIPT: build}, ("/bin/sh", SCRIPT), run)


def _rust(files: Files, script: str, toolchain: Toolchain) -> BuildPlan:
    rustc = (str(toolchain.executables[RUSTC]), "--edition", edition_of(files), "--cap-lints", "warn", "-O")
    crate = crate_of(files)
    library = (*rustc, "--crate-type", "rlib", "--crate-name", crate, "-o", f"lib{crate}.rlib", "src/lib.rs")
    program = (*rustc, "--extern", f"{crate}=lib{crate}.rlib", "-o", PRODUCT, "bench_main.rs")
    lines = ["set -e", shlex.join(library), shlex.join(program), ""]
    own = {"bench_heavy.rs": script.encode(), "bench_main.rs": RUST_MAIN.encode()}
    return _built({**files, **own, SCRIPT: "\n".join(lines).encode()}, ("/bin/sh", SCRIPT), (f"./{PRODUCT}",))


def _cpp(files: Files, script: str, toolchain: Toolchain) -> BuildPlan:
    own = {"bench_heavy.cpp": script.encode(), "bench_main.cpp": CPP_MAIN.encode()}
    sources = sorted(name for name in files if PurePosixPath(name).suffix == ".cpp" and "/" not in name)
    gxx = (str(toolchain.executables[GXX]), "-std=c++20", "-O2", "-pthread", "-I", ".", "-o", PRODUCT)
    return _built({**files, **own}, (*gxx, *own, *("./" + name for name in sources)), (f"./{PRODUCT}",))


def _built(files: Files, build: Command, run: Command) -> BuildPlan:
    return BuildPlan((TrialProgram({}, argv=run, executable=(PRODUCT,)),), files, build, (PRODUCT,))


HEAVY_PROGRAMS: Mapping[str, Callable[[Files, str, Toolchain], BuildPlan]] = {
    "javascript": _javascript,
    "go": _go,
    "rust": _rust,
    "cpp": _cpp,
}
"""By the language's name; Python's heavy inputs run in the interpreter that the sandbox keeps loaded."""


class HeavyBuilds:
    """Builds the heavy input of one task; the latest builds are kept, since they run several times."""

    def __init__(self, task: Task, script: str, programs: Programs, toolchain: Toolchain) -> None:
        self._task, self._script = task, script
        self._programs, self._toolchain = programs, toolchain
        self._kept: dict[tuple[tuple[str, str], ...], TrialProgram] = {}

    def run_of(self, code: Mapping[str, str]) -> TrialProgram:
        """The program of the workspace with this code; Unbuildable where the two do not build together."""
        key = tuple(sorted(code.items()))
        if key not in self._kept:
            if len(self._kept) == KEPT:
                del self._kept[next(iter(self._kept))]
            self._kept[key] = self._build(code)
        else:
            self._kept[key] = self._kept.pop(key)  # the one used latest goes last
        return self._kept[key]

    def _build(self, code: Mapping[str, str]) -> TrialProgram:
        files = {**self._task.workspace, **{name: text.encode() for name, text in code.items()}}
        plan = HEAVY_PROGRAMS[self._task.language.name](files, self._script, self._toolchain)
        built = self._programs.build(self._task, plan)
        if isinstance(built, Tested):
            raise Unbuildable(f"the heavy input {built.detail}")
        run = plan.runs[0]
        return replace(run, files={**run.files, **built.files})
