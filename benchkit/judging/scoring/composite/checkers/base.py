"""What a linter that runs in the sandbox checks, and what it offers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from benchkit.judging.sandbox import Outcome, Program

Findings = Counter[str]
"""How many of each group of `lint.GROUPS`."""


@dataclass(frozen=True)
class CodeToCheck:
    """One piece of code, and what else it is compiled with, by their names in one folder."""

    files: Mapping[str, str]  # whose findings count
    beside: Mapping[str, bytes] = field(default_factory=dict)

    @property
    def key(self) -> Hashable:
        return frozenset(self.files.items()), frozenset(self.beside.items())

    def whole(self) -> dict[str, bytes]:
        return {**self.beside, **{name: text.encode("utf-8", "replace") for name, text in self.files.items()}}


class Checker(Protocol):
    """One linter."""

    # As a record names it: "go vet".
    name: str

    # The command that brings it.
    how_to_get: str

    # Code in which it finds exactly one thing: it shows that it works in this sandbox.
    probe: CodeToCheck

    # Of what is installed; None where it is not.
    def version(self) -> str | None: ...

    # What pieces that are checked together have in common, such as an edition; None: it checks no such code.
    def kind(self, code: CodeToCheck) -> Hashable | None: ...

    # A program that checks all of these, and passes only where it could read each of them.
    def program(self, codes: Sequence[CodeToCheck]) -> Program: ...

    # What such a program found in each.
    def findings(self, codes: Sequence[CodeToCheck], outcome: Outcome) -> list[Findings]: ...
