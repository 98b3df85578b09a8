"""C++: our own few macros for checks, and a main that reports."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

from benchkit.judging.tasks.harnesses.base import Plan, Run, Trial, Unfit, support
from benchkit.languages import Toolchain
from benchkit.languages.cpp import FLAGS, GXX
from benchkit.languages.finding import shared_folder

PROGRAM = "bench_tests"


class CppHarness:
    """All sources of the workspace's root in one program; its main is compiled beforehand."""

    def prepare(self, toolchain: Toolchain) -> Sequence[Path]:
        folder = _folder(toolchain)
        if not (folder / "main.o").exists():
            folder.mkdir(parents=True, exist_ok=True)
            (folder / "check.hpp").write_bytes(support("check.hpp"))
            (folder / "bench_main.cpp").write_bytes(support("bench_main.cpp"))
            gxx = str(toolchain.executables[GXX])
            _made(folder, gxx, *FLAGS, "-x", "c++-header", "-o", "check.hpp.gch", "check.hpp")
            _made(folder, gxx, *FLAGS, "-c", "-o", "main.o.draft", "bench_main.cpp")
            (folder / "main.o.draft").rename(folder / "main.o")
        return (folder,)

    def plan(self, trial: Trial, toolchain: Toolchain) -> Plan:
        sources = sorted(name for name in trial.files if name.endswith(".cpp") and "/" not in name)
        if not any(name in trial.tests for name in sources):
            raise Unfit("no *.cpp among the tests")
        folder = _folder(toolchain)
        command = (
            *(str(toolchain.executables[GXX]), *FLAGS, "-I", str(folder), "-I", ".", "-o", PROGRAM),
            *(str(folder / "main.o"), *("./" + name for name in sources)),
        )
        run = Run({}, argv=(f"./{PROGRAM}",), executable=(PROGRAM,))
        return Plan((run,), trial.files, command, (PROGRAM,))


def _folder(toolchain: Toolchain) -> Path:
    ours = sha256(support("check.hpp") + support("bench_main.cpp") + " ".join(FLAGS).encode())
    return shared_folder() / "cpp" / f"{toolchain.version}-{ours.hexdigest()[:12]}"


def _made(folder: Path, *command: str) -> None:
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
