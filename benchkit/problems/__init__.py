"""What is asked: problem sets by name or from a file.

base.py        Problem, ProblemSet, and the Form that every make of file offers
releases.py    the official files: version, URL, sha256
fetching.py    brings an official file into the cache folder, once
reading.py     lines of .jsonl and .jsonl.gz, with one clear line for each kind of bad file
humaneval.py, evalplus.py, mbpp.py    one form each

To add a form: a file here with a class that offers `Form`, and one line in FORMS; to add an official
file, one line in releases.py.
"""

from __future__ import annotations

from pathlib import Path

from benchkit.problems.base import Problem, ProblemSet, Report

__all__ = ["Problem", "ProblemSet", "load"]


def load(
    name: str | None = None,
    file: Path | None = None,
    version: str | None = None,
    report: Report = lambda _line: None,
) -> ProblemSet:
    """The named set's official file (fetched once), or any file of a known form.

    A file's name and version are known where its hash is that of an official file; with both a name and a
    file, the file must have that set's form. `report` gets lines about a download.
    """
    raise NotImplementedError
