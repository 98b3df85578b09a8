"""Complexity of code: cognitive by complexipy for Python, lizard's count of branches elsewhere."""

from __future__ import annotations

import re
from collections import deque
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
    """Branches of all functions: cyclomatic complexity less one for each function.

    RecursionError where the code is too deep: lizard's own analysis would leave out the rest of it.
    """
    lizard = import_module("lizard")
    name = f"code{READ_BY_LIZARD[language]}"
    context = lizard.FileInfoBuilder(name)
    reader = lizard.get_reader_for(name)(context)
    tokens = reader.generate_tokens(_COMMANDS.sub("-", source))
    for processor in lizard.analyze_file.processors:
        tokens = processor(tokens, reader)
    deque(reader(tokens, reader), maxlen=0)
    return sum(function.cyclomatic_complexity - 1 for function in context.fileinfo.function_list)
