"""Tasks: changes to a workspace of existing files, beyond a single function.

base.py        Task, Catalogue, and TaskChoice, a selection of tasks
folders.py     a catalogue as a folder of task folders
metadata.py    the checks of metadata.json
small_form.py  a catalogue as one file, judged by input and output
polyglot/      a catalogue as a checkout of Aider's polyglot benchmark
prompts.py     builds the prompts

To add a task: copy a folder of tasks/; docs/tasks.md says what belongs in it.
"""

from __future__ import annotations

from pathlib import Path

from benchkit.asking.problems.base import ShowProgress
from benchkit.asking.tasks.base import Catalogue, Task, TaskChoice
from benchkit.asking.tasks.folders import read_catalogue
from benchkit.asking.tasks.polyglot import PolyglotRules, fetch_checkout, is_checkout, read_checkout
from benchkit.asking.tasks.small_form import SUFFIXES, read_small_form
from benchkit.environment import ROOT

__all__ = [
    "OURS",
    "POLYGLOT",
    "Catalogue",
    "PolyglotRules",
    "Task",
    "TaskChoice",
    "find_catalogue",
    "load_catalogue",
]

AS_PUBLISHED = PolyglotRules()
OURS = ROOT / "tasks"
POLYGLOT = "polyglot"  # names the pinned commit where no such folder is


def find_catalogue(path: Path | None, show_progress: ShowProgress) -> Path | None:
    """The catalogue's path; one that is known by its name alone is fetched first."""
    if path is not None and str(path) == POLYGLOT and not path.exists():
        return fetch_checkout(show_progress)
    return path


def load_catalogue(path: Path | None = None, rules: PolyglotRules = AS_PUBLISHED) -> Catalogue:
    """The catalogue of this folder or file; ours where none is named."""
    if path is not None and is_checkout(path):
        return read_checkout(path, rules)
    if path is not None and path.suffix in SUFFIXES:
        return read_small_form(path)
    return read_catalogue(path or OURS)
