"""Complexity of code: cognitive by complexipy for Python, lizard's count of branches elsewhere."""

from __future__ import annotations

import re
from functools import cache
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version

READ_BY_LIZARD = {
    "go": ".go",
    "rust": ".rs",
    "cpp": ".cpp",
    "java": ".java",
    "javascript": ".mjs",
    "typescript": ".ts",
    "html": ".mjs",  # a page's scripts
}
"""Languages, and the file suffix by which lizard knows them."""

NOT_INSTALLED = "not installed, see bench_runner.py doctor"  # in records: no path of one machine

_COMMANDS = re.compile(r"lizard|GENERATED CODE", re.IGNORECASE)  # comments that would disable lizard


@cache
def installed(package: str) -> str | None:
    """Its version; None where it is not there."""
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def of_python(source: str) -> int:
    """Cognitive complexity of all functions, and of what stands outside of them."""
    return int(import_module("complexipy").code_complexity(source).complexity)


def of_other(language: str, source: str) -> int:
    """Branches of all functions: cyclomatic complexity less one for each function."""
    analyze = import_module("lizard").analyze_file.analyze_source_code
    analysis = analyze(f"code{READ_BY_LIZARD[language]}", _COMMANDS.sub("-", source))
    return sum(function.cyclomatic_complexity - 1 for function in analysis.function_list)
