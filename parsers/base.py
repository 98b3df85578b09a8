"""What every parser offers, and the error for an output that holds no result."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from benchkit.errors import ParseError
from benchkit.records import Progress, Results
from parsers.text import last_lines


class Parser(Protocol):
    """Reads what one kind of benchmark left behind."""

    # The result, from the files in the script's output folder first and its printed text second; ParseError
    # if there is none. Files older than `since` (seconds since the epoch) are a former run's: passed over.
    def parse(self, output: str, folder: Path | None = None, since: float | None = None) -> Results: ...

    # How far the script is, if this line of its output says so; for scripts that write no events.
    def progress(self, line: str) -> Progress | None: ...


def no_result(looked_for: str, output: str, why: str = "") -> ParseError:
    """What was looked for, why what is there was not taken, and the output's last lines."""
    tail = last_lines(output)
    if why:
        return ParseError(f"no result: looked for {looked_for}, but {why}", log=tail)
    if not tail:
        return ParseError(f"no result: looked for {looked_for}, and the benchmark printed nothing")
    return ParseError(f"no result in the benchmark's output: looked for {looked_for}", log=tail)
