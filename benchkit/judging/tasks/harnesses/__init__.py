"""How workspaces are built and tested, one file a language; each reports with a token.

base.py   Harness, and what passes through it: Trial, BuildPlan, Run
catch.py  C++ tests that bring Catch2's single header; cpp_names.py  which of its names an answer touches;
          boost.py  the headers of Boost that they include; preparing.py  what both compile once
own.py    tasks that bring commands of their own
files/    files for the jail: the runners that replace a language's own, and C++'s check macros

A runner reads `TOKEN NAME` from stdin before anything of the answer runs, runs the tests, and once all have
run writes the token and a line for each test into the file NAME. To add a language: its file here and its
line in HARNESSES.
"""

from __future__ import annotations

from benchkit.judging.tasks.harnesses.base import BuildPlan, Harness, Trial, TrialProgram, Unfit
from benchkit.judging.tasks.harnesses.cpp import CppHarness
from benchkit.judging.tasks.harnesses.go import GoHarness
from benchkit.judging.tasks.harnesses.java import JavaHarness
from benchkit.judging.tasks.harnesses.javascript import JavaScriptHarness, html_harness
from benchkit.judging.tasks.harnesses.python import PythonHarness
from benchkit.judging.tasks.harnesses.rust import RustHarness

__all__ = ["HARNESSES", "BuildPlan", "Harness", "Trial", "TrialProgram", "Unfit"]

HARNESSES: dict[str, Harness] = {
    "python": PythonHarness(),
    "javascript": JavaScriptHarness(),
    "html": html_harness(),
    "go": GoHarness(),
    "rust": RustHarness(),
    "cpp": CppHarness(),
    "java": JavaHarness(),
}
"""By the language's name."""
