"""C++: our check macros, or the Catch2 header that tests bring, with a main that reports."""

from __future__ import annotations

import re
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

from benchkit.asking.tasks.base import Files
from benchkit.judging.tasks.harnesses.base import BuildPlan, Trial, TrialProgram, Unfit, support
from benchkit.judging.tasks.harnesses.catch import CATCH, PROGRAM, plan_with_catch
from benchkit.judging.tasks.harnesses.cpp_names import changed_name
from benchkit.judging.tasks.harnesses.preparing import compile_in, write_support
from benchkit.languages import Toolchain
from benchkit.languages.cpp import FLAGS, GXX, has_boost
from benchkit.languages.finding import shared_folder

CHECKS = "check.hpp"
BOOST = re.compile(rb"^\s*#\s*include\s*[<\"]boost/", re.MULTILINE)
NO_BOOST = (
    "Boost's headers are not there: make toolchains brings them;"
    " or sudo apt install libboost-dev (Debian, Ubuntu), sudo dnf install boost-devel (Fedora)"
)


class CppHarness:
    """Compiles all sources in the workspace's root into one program; its main is precompiled."""

    def prepare(self, toolchain: Toolchain) -> Sequence[Path]:
        folder = _folder(toolchain)
        if not (folder / "main.o").exists():
            gxx = str(toolchain.executables[GXX])
            folder.mkdir(parents=True, exist_ok=True)
            write_support(folder, CHECKS, "bench_token.hpp", "bench_main.cpp")
            compile_in(folder, gxx, *FLAGS, "-x", "c++-header", "-o", f"{CHECKS}.gch", CHECKS)
            compile_in(folder, gxx, *FLAGS, "-c", "-o", "main.o.draft", "bench_main.cpp")
            (folder / "main.o.draft").rename(folder / "main.o")
        return (folder,)

    def missing(self, files: Files, toolchain: Toolchain) -> str:
        includes = any(BOOST.search(content) for content in files.values())
        return NO_BOOST if includes and not has_boost(toolchain.executables[GXX]) else ""

    def plan(self, trial: Trial, toolchain: Toolchain) -> BuildPlan:
        sources = sorted(name for name in trial.files if name.endswith(".cpp") and "/" not in name)
        tests = [name for name in sources if name in trial.tests]
        if not tests:
            raise Unfit("no *.cpp among the tests")
        gxx = str(toolchain.executables[GXX])
        run = TrialProgram({}, argv=(f"./{PROGRAM}",), executable=(PROGRAM,))
        folder = _folder(toolchain)
        if CATCH in trial.tests:
            return plan_with_catch(trial, gxx, tests, sources, folder, run)
        for name in sorted(set(trial.files) - set(trial.tests)):
            if changed := changed_name(support(CHECKS), trial.files[name]):
                raise Unfit(f"{name} changes {changed}, which belongs to the tests")
        command = (
            *(gxx, *FLAGS, "-I", str(folder), "-I", ".", "-o", PROGRAM),
            *(str(folder / "main.o"), *("./" + name for name in sources)),
        )
        return BuildPlan((run,), trial.files, command, (PROGRAM,))


def _folder(toolchain: Toolchain) -> Path:
    ours = b"".join(map(support, (CHECKS, "bench_token.hpp", "bench_main.cpp")))
    name = sha256(ours + " ".join(FLAGS).encode()).hexdigest()[:12]
    return shared_folder() / "cpp" / f"{toolchain.version}-{name}"
