"""Headers of Boost that tests in C++ include: precompiled once, for they take longer than all else.

An answer's source gets one where it begins with that very header, so that what lacks it does not compile.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Collection, Iterable, Sequence
from hashlib import sha256
from pathlib import Path

from benchkit.asking.tasks.base import Files
from benchkit.judging.tasks.harnesses.cpp_names import changed_macros
from benchkit.judging.tasks.harnesses.preparing import compile_in, prepare_once
from benchkit.languages.cpp import boost_folder, boost_version

ALONE, AFTER_CATCH = "bench_boost.hpp", "bench_catch_boost.hpp"
INCLUDED = re.compile(r"^#include[ \t]*[<\"](boost/[\w/]+\.hpp)[>\"]", re.MULTILINE)
# No name that a compiler, Boost or the exercise's project could have defined.
_GUARD = r"(?!BOOST|EXERCISM)[A-Z][A-Z0-9_]*_(?:H|HPP|INCLUDED)_*"
_END = r"[ \t]*(?://[^\n\\]*)?\r?\n"
_NO_CODE = re.compile(
    r"(?:\s|//[^\n\\]*\n|/\*.*?\*/|#pragma once\s"
    rf"|#(?:ifndef[ \t]+|if[ \t]+!defined[ \t]*\(?)({_GUARD})[ \t]*\)?{_END}\s*#define[ \t]+\1{_END})*",
    re.DOTALL,
)
_INCLUDE = re.compile(rf"#include[ \t]*[<\"]([\w./]+)[>\"]{_END}")


def include_flags() -> tuple[str, ...]:
    """Where headers are looked for: ours come after the system's."""
    return ("-I", ".", "-idirafter", str(boost_folder()))


def header_of_boost(tests: Iterable[bytes]) -> str:
    """The one that these tests include; empty where they include none or several."""
    names = {name for text in tests for name in INCLUDED.findall(text.decode("utf-8", "replace"))}
    return names.pop() if len(names) == 1 else ""


def first_header(source: str, files: Files) -> str:
    """The header that a source includes before any other code, itself or by files of the workspace."""
    for _ in range(len(files)):
        text = files[source].decode("utf-8", "replace")
        start = _NO_CODE.match(text)
        include = _INCLUDE.match(text, start.end() if start else 0)
        if include is None:
            return ""
        source = include[1]
        if source not in files:
            return source
    return ""


def defines_only_guards(answer: Collection[bytes]) -> bool:
    """Whether these files define no macro but their guards: Boost may be included before them."""
    return all(
        re.fullmatch(_GUARD, name.decode("utf-8", "replace"))
        for text in answer
        for name in changed_macros(text)
    )


def prepare_boost(parent: Path, compiler: Sequence[str], header: str, catch_first: str) -> Path | None:
    """The header alone, and behind the precompiled header of tests in the folder above; None without it."""
    version = boost_version(Path(compiler[0]))
    name = sha256("\0".join((header, version, catch_first)).encode()).hexdigest()[:12]
    try:
        return prepare_once(
            parent / f"boost-{name}", lambda draft: _compile(draft, compiler, header, parent, catch_first)
        )
    except subprocess.CalledProcessError:
        return None


def _compile(folder: Path, compiler: Sequence[str], header: str, parent: Path, catch_first: str) -> None:
    include = f"#include <{header}>\n"
    (folder / ALONE).write_text(include)
    (folder / AFTER_CATCH).write_text(f'#include "{catch_first}"\n{include}')
    for name in (ALONE, AFTER_CATCH):
        words = (*include_flags(), "-x", "c++-header", "-o", f"{name}.gch", name)
        compile_in(folder, *compiler, "-I", str(parent), *words)
