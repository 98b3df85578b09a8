"""AWK, which every Unix has: a second language in one file, to show what one takes."""

from __future__ import annotations

from pathlib import Path
from shutil import which

from benchkit.errors import MissingDependency
from benchkit.languages import Commands, ContestRules, Recipe, Syntax, Toolchain
from benchkit.languages.patterns import PatternSyntax


class Awk:
    """A program is copied before it runs, as if that built it."""

    name = "awk"
    title = "AWK"
    labels: tuple[str, ...] = ("awk", "gawk", "mawk")
    suffix = ".awk"
    comment = "#"
    stops_after_body: tuple[str, ...] = ("\nfunction ", "\nBEGIN", "\n```")
    stops_after_definition: tuple[str, ...] = ("\nBEGIN", "\n```")
    preloaded = False
    contests: ContestRules | None = None
    syntax: Syntax = PatternSyntax(
        definition=r"(?:function|func)\s+{name}\b",
        code_line=r"(?:BEGIN|END)\s*\{",
        ignored=r"#.*|\"(?:\\.|[^\"\\\n])*\"",
    )

    def find_toolchain(self) -> Toolchain:
        path = which("awk")
        if path is None:
            raise MissingDependency("awk", "sudo apt-get install mawk")
        return Toolchain("POSIX", {"awk": Path(path)})

    def fill_caches(self, toolchain: Toolchain) -> None:
        """Nothing is compiled."""

    def program(self, source: str) -> Recipe:
        return Recipe(
            {"main.awk": source.encode()},
            build=("cp", "main.awk", "program.awk"),
            products=("program.awk",),
            run=("awk", "-f", "program.awk"),
        )

    def calling_program(self, _source: str, _entry_point: str) -> None:
        return None

    def tested_program(self, source: str, test: str, _entry_point: str, token: str) -> Recipe:
        source_with_test = f'{source}\n{test}\nBEGIN {{ print "{token}" }}\n'
        return self.program(source_with_test)

    def workspace(self) -> Commands:
        return Commands(test=(("awk", "-f", "tests/test.awk"),))
