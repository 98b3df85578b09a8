"""Linters that compile what they check: they run in the sandbox, one process for many answers.

base.py     Code, Checker, and what one run gives
go_vet.py   go vet, each answer a package of one module
clippy.py   Rust's, each answer a module of one crate
checking.py checks all answers of a language; those that stand in others' way are checked alone

To add a linter: its file here and its line in CHECKERS.
"""

from __future__ import annotations

from collections.abc import Mapping

from benchkit.judging.scoring.composite.checkers.base import Checker, CodeToCheck
from benchkit.judging.scoring.composite.checkers.checking import ABSENT, LinterFindings, check_all
from benchkit.judging.scoring.composite.checkers.clippy import Clippy
from benchkit.judging.scoring.composite.checkers.go_vet import GoVet

__all__ = ["ABSENT", "CHECKERS", "Checker", "CodeToCheck", "LinterFindings", "check_all"]

CHECKERS: Mapping[str, Checker] = {"go": GoVet(), "rust": Clippy()}
"""By the language's name."""
