"""Lines that gofmt would change, where Go is installed; it reads the code and runs nothing of it."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from benchkit.errors import MissingDependency
from benchkit.judging.scoring.composite.lint import TIMEOUT_S, changed_lines
from benchkit.languages import find_language


@cache
def _gofmt() -> tuple[Path, str] | None:
    """The program and Go's version."""
    try:
        toolchain = find_language("go").find_toolchain()
    except MissingDependency:
        return None
    program = Path(toolchain.executables["go"]).resolve().with_name("gofmt")
    return (program, toolchain.version) if program.exists() else None


def gofmt_version() -> str | None:
    program = _gofmt()
    return program[1] if program else None


def gofmt_changes(sources: Sequence[str]) -> list[int | None]:
    """For each source how many lines change; None where gofmt is absent or cannot read it."""
    program = _gofmt()
    if program is None or not sources:
        return [None] * len(sources)
    with TemporaryDirectory(prefix="bench_gofmt_") as name:
        paths = [Path(name) / f"c{number:06}.go" for number in range(len(sources))]
        for path, source in zip(paths, sources, strict=True):
            path.write_text(source, encoding="utf-8", errors="replace")
        done = subprocess.run(
            [str(program[0]), "-w", name], capture_output=True, text=True, timeout=TIMEOUT_S, check=False
        )
        return [
            None if path.name in done.stderr else changed_lines(source, path.read_text(encoding="utf-8"))
            for path, source in zip(paths, sources, strict=True)
        ]
