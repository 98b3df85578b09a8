"""Lines that a language's own formatter would change, where it is installed; it runs nothing of the code.

To add a formatter: its line in FORMATTERS.
"""

from __future__ import annotations

import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from benchkit.errors import MissingDependency
from benchkit.judging.scoring.composite.lint import TIMEOUT_S, changed_lines
from benchkit.languages import find_language
from benchkit.languages.rust import EDITION


@dataclass(frozen=True)
class Formatter:
    """A program that lies beside the compiler and formats the files that it is given."""

    name: str
    beside: str  # the language's program in whose folder it lies
    options: tuple[str, ...]


FORMATTERS: Mapping[str, Formatter] = {
    "go": Formatter("gofmt", "go", ("-w",)),
    "rust": Formatter("rustfmt", "rustc", ("--edition", EDITION)),
}
"""By the language's name."""


@cache
def _installed(language: str) -> tuple[Path, str] | None:
    """The program and the toolchain's version."""
    formatter = FORMATTERS[language]
    try:
        toolchain = find_language(language).find_toolchain()
    except MissingDependency:
        return None
    program = Path(toolchain.executables[formatter.beside]).resolve().with_name(formatter.name)
    return (program, toolchain.version) if program.exists() else None


def formatter_version(language: str) -> str | None:
    installed = _installed(language)
    return installed[1] if installed else None


def formatted_lines(language: str, sources: Sequence[str]) -> list[int | None]:
    """For each source how many lines change; None where the formatter is absent or cannot read it."""
    installed = _installed(language)
    if installed is None or not sources:
        return [None] * len(sources)
    with TemporaryDirectory(prefix="bench_format_") as name:
        suffix = find_language(language).suffix
        paths = [Path(name) / f"c{number:06}{suffix}" for number in range(len(sources))]
        for path, source in zip(paths, sources, strict=True):
            path.write_text(source, encoding="utf-8", errors="replace")
        done = subprocess.run(
            [str(installed[0]), *FORMATTERS[language].options, *(path.name for path in paths)],
            cwd=name,
            capture_output=True,
            text=True,
            timeout=TIMEOUT_S,
            check=False,
        )
        return [
            None if path.name in done.stderr else changed_lines(source, path.read_text(encoding="utf-8"))
            for path, source in zip(paths, sources, strict=True)
        ]
