"""MultiPL-E's form: HumanEval in other languages, each problem with tests that end one whole program.

A program is the prompt, its continuation, a new line and the tests. In C++ and Rust the tests begin with the
bracket that closes the function which the prompt leaves open.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from benchkit.asking.problems.base import Problem, text_field
from benchkit.languages import Language, find_language

_OF_GO = "_test.go"  # what the files call a language by is the end of a program's file name
_CANDIDATE = re.compile(r"\bcandidate *:?= *(\w+)")


@dataclass(frozen=True)
class WholeProgramProblem(Problem):
    """A problem whose tests stand after the solution in one program."""

    tests: str = ""


class MultiPlEForm:
    """Rows with name, language, prompt, tests, stop_tokens, all of one language."""

    NEEDED = frozenset({"name", "language", "prompt", "tests", "stop_tokens"})

    def __init__(self, short: str) -> None:
        self._short = short

    @property
    def language(self) -> Language:
        return find_language(self._short)

    @property
    def advice(self) -> str:
        """How to get the problems, which have no official address."""
        return (
            f"name its file, humaneval-{self._short}.jsonl or .jsonl.gz of MultiPL-E"
            f" (a line a problem: {', '.join(sorted(self.NEEDED))}), with --problems-file"
        )

    def fits(self, row: Mapping[str, Any]) -> bool:
        return row.keys() >= self.NEEDED and _short(str(row["language"])) == self._short

    def problem(self, row: Mapping[str, Any]) -> WholeProgramProblem:
        short, tests = _short(text_field(row, "language")), text_field(row, "tests")
        if short != self._short:
            raise ValueError(f"the language is {short!r}, not {self._short!r}")
        stop = row["stop_tokens"]
        if not isinstance(stop, list) or not all(isinstance(one, str) for one in stop):
            raise ValueError("the field 'stop_tokens' must be a list of texts")
        candidate = _CANDIDATE.search(tests)
        return WholeProgramProblem(
            id=text_field(row, "name"),
            prompt=text_field(row, "prompt"),
            entry_point=candidate[1] if candidate else None,
            language=self.language,
            stop=tuple(stop),
            tests=tests,
        )


def _short(language: str) -> str:
    return language.removesuffix(_OF_GO)
