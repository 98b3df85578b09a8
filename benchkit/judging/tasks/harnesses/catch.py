"""C++ tests that bring Catch2's single header: it is precompiled once, and a main of ours reports."""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

from benchkit.asking.tasks.base import Files
from benchkit.judging.tasks.harnesses.base import BuildPlan, Trial, TrialProgram, support
from benchkit.judging.tasks.harnesses.boost import (
    AFTER_CATCH,
    ALONE,
    INCLUDED,
    defines_only_guards,
    first_header,
    header_of_boost,
    include_flags,
    prepare_boost,
)
from benchkit.judging.tasks.harnesses.cpp_names import leaves_alone
from benchkit.judging.tasks.harnesses.preparing import compile_in, prepare_once, write_support

PROGRAM, SCRIPT = "bench_tests", "bench_build.sh"
CATCH, CATCH_FIRST = "test/catch.hpp", "bench_catch.hpp"
# The flags with which these exercises are built by their own project: a warning is an error.
CATCH_FLAGS = (
    *("-std=c++17", "-O0", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-pthread"),
    "-DEXERCISM_RUN_ALL_TESTS",
)
BEFORE_CATCH = "bench_before_catch.cpp"
_CATCH_INCLUDED = re.compile(r"^#(?:ifdef EXERCISM_TEST_SUITE|include [<\"][^>\"]*catch\.hpp)", re.MULTILINE)
_EITHER_INCLUDED = re.compile(f"{_CATCH_INCLUDED.pattern}|{INCLUDED.pattern}", re.MULTILINE)


def plan_with_catch(
    trial: Trial, gxx: str, tests: Sequence[str], sources: Sequence[str], folder: Path, run: TrialProgram
) -> BuildPlan:
    """The Catch2 header is precompiled, and so it is included before everything else.

    Headers that a test includes before it must compile without it: they are checked separately. Where an
    answer could tell the difference, the header stays in its place.
    """
    compiler = (gxx, *CATCH_FLAGS)
    prepared = _prepare_catch(folder, gxx, trial.files[CATCH])
    header = header_of_boost(trial.files[name] for name in tests)
    boost = prepare_boost(prepared, compiler, header, CATCH_FIRST) if header else None
    own = [name for name in sources if name not in tests]
    answer = [content for name, content in trial.files.items() if name not in trial.tests]
    files, lines = dict(trial.files), ["set -e"]

    def compile_source(name: str, *words: str) -> None:
        with_boost = boost is not None and first_header(name, files) == header
        first = ("-I", str(boost), "-include", ALONE) if with_boost else ()
        lines.append(shlex.join((*compiler, *first, *include_flags(), *words, f"./{name}")))

    first_of_tests: tuple[str, ...] = ()
    if leaves_alone(trial.files[CATCH], answer):
        del files[CATCH]
        first_of_tests = ("-I", str(prepared), "-include", CATCH_FIRST)
        begun = _CATCH_INCLUDED
        if boost is not None and defines_only_guards(answer):
            first_of_tests = ("-I", str(prepared), "-I", str(boost), "-include", AFTER_CATCH)
            begun = _EITHER_INCLUDED
        alone = _to_check(tests, trial.files, own, begun)
        files |= alone
        for name in alone:
            compile_source(name, "-fsyntax-only")
    objects = [f"{number}.o" for number in range(len(own))]
    for source, product in zip(own, objects, strict=True):
        compile_source(source, "-c", "-o", product)
    linked = (*("./" + name for name in tests), *objects, str(prepared / "main.o"))
    lines.append(shlex.join((*compiler, *first_of_tests, *include_flags(), "-o", PROGRAM, *linked)))
    files[SCRIPT] = "\n".join([*lines, ""]).encode()
    return BuildPlan((run,), files, ("/bin/sh", SCRIPT), (PROGRAM,))


def _to_check(tests: Sequence[str], files: Files, own: Sequence[str], begun: re.Pattern[str]) -> Files:
    """What tests include before what is precompiled, unless a source of the answer begins in that way."""
    begun_by_own = [_code(files[name]) for name in own]
    starts = {f"{number}_{BEFORE_CATCH}": _start(files[name], begun) for number, name in enumerate(tests)}
    return {
        name: start
        for name, start in starts.items()
        if not any(source.startswith(_code(start)) for source in begun_by_own)
    }


def _start(test: bytes, begun: re.Pattern[str]) -> bytes:
    text = test.decode("utf-8", "replace")
    match = begun.search(text)
    return text[: match.start() if match else 0].encode()


def _code(source: bytes) -> bytes:
    """Without comments and empty lines, to be compared with another."""
    bare = re.sub(rb"//[^\n]*|/\*.*?\*/", b"", source, flags=re.DOTALL)
    return b"".join(line.strip() + b"\n" for line in bare.splitlines() if line.strip())


def _prepare_catch(parent: Path, gxx: str, header: bytes) -> Path:
    """Precompile each distinct header once, below a folder that the sandbox shows."""
    ours = support("catch_main.cpp") + support("bench_token.hpp")
    name = sha256(header + ours + " ".join((*CATCH_FLAGS, CATCH_FIRST)).encode()).hexdigest()[:12]
    return prepare_once(parent / f"catch-{name}", lambda draft: _compile_catch(draft, gxx, header))


def _compile_catch(folder: Path, gxx: str, header: bytes) -> None:
    (folder / CATCH).parent.mkdir()
    (folder / CATCH).write_bytes(header)
    write_support(folder, "bench_token.hpp", "catch_main.cpp")
    (folder / CATCH_FIRST).write_text(f'#include "{CATCH}"\n')  # its pragmas need an including file
    compile_in(folder, gxx, *CATCH_FLAGS, "-x", "c++-header", "-o", f"{CATCH_FIRST}.gch", CATCH_FIRST)
    compile_in(folder, gxx, *CATCH_FLAGS, "-I", ".", "-c", "-o", "main.o", "catch_main.cpp")
