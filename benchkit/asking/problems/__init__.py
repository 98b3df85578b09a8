"""What is asked: problem sets by name or from a file.

base.py        Problem, ProblemSet, and the Form that every make of file offers
releases.py    the official files: version, URL, sha256
fetching.py    brings an official file into the cache folder, once
reading.py     lines of .jsonl and .jsonl.gz, with one clear line for each kind of bad file
humaneval.py, evalplus.py (types of its inputs: mbpp_types.py), mbpp.py    one form each
multipl_e.py   HumanEval in other languages, each with tests that belong to one whole program
faulty.py      problems that are known to be wrong themselves
livecodebench.py   contest problems, chosen by date (private_tests.py, errata.py); contest_releases.py has its
                   official files, contest_flags.py the flags of its two scripts

To add a form: a file here with a class that offers `Form`, and one line in FORMS; to add an official
file, one line in releases.py.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from benchkit.asking.problems.base import BadRow, Form, Problem, ProblemSet, Release, ShowProgress
from benchkit.asking.problems.evalplus import EvalPlusForm
from benchkit.asking.problems.faulty import FAULTY
from benchkit.asking.problems.fetching import fetch_release
from benchkit.asking.problems.humaneval import HumanEvalForm
from benchkit.asking.problems.mbpp import TEST_SPLIT, MbppForm, task_number
from benchkit.asking.problems.multipl_e import MultiPlEForm
from benchkit.asking.problems.reading import Row, file_sha256, rows
from benchkit.asking.problems.releases import RELEASES, known_release
from benchkit.errors import UnknownName, UsageError
from benchkit.languages import PYTHON, Language

__all__ = ["FORMS", "Problem", "ProblemSet", "language_of", "load"]

# The set's name -> the form of its files; a file without a name has the first form that fits.
FORMS: dict[str, Form] = {
    "humaneval+": EvalPlusForm("humaneval"),
    "humaneval": HumanEvalForm(),
    "mbpp+": EvalPlusForm("mbpp"),
    "mbpp": MbppForm(),
    "multipl-e-js": MultiPlEForm("js"),
    "multipl-e-ts": MultiPlEForm("ts"),
    "multipl-e-cpp": MultiPlEForm("cpp"),
    "multipl-e-go": MultiPlEForm("go"),
    "multipl-e-rs": MultiPlEForm("rs"),
}


def load(
    name: str | None = None,
    file: Path | None = None,
    version: str | None = None,
    show_progress: ShowProgress = lambda _line: None,
) -> ProblemSet:
    """The named set's official file (fetched once), or any file of a known form.

    A file's name and version are known where its hash is that of an official file; with both a name and a
    file, the file must have that set's form. `show_progress` gets lines about a download.
    """
    if name is not None and name not in FORMS:
        raise UnknownName("dataset", name, FORMS)
    if file is None:
        if name is None:
            raise UsageError(f"no problems: name a dataset ({', '.join(FORMS)}) or a problems file")
        file = fetch_release(_release(name, version), show_progress)
    return _read(file, name)


def language_of(name: str | None, file: Path | None) -> Language:
    """The language of a set's problems, known before they are all read: that of a file's first."""
    form = FORMS.get(name) if name else None
    if file is None:
        if name is not None:
            _refuse_without_address(name)  # before a toolchain is looked for
        return PYTHON
    number, row = next(rows(file))
    return _problem(file, number, form or _fitting(file, number, row), row).language


def _refuse_without_address(name: str) -> None:
    if isinstance(form := FORMS.get(name), MultiPlEForm):
        raise UsageError(f"{name} has no official download: {form.advice}")


def _release(name: str, version: str | None) -> Release:
    _refuse_without_address(name)
    for release in RELEASES[name]:
        if version in (None, release.version):
            return release
    known = [str(release.version) for release in RELEASES[name]]
    raise UnknownName(f"version of {name}", str(version), known)


def _read(path: Path, name: str | None) -> ProblemSet:
    problems: dict[str, Problem] = {}
    lines: dict[str, int] = {}
    form = FORMS[name] if name else None
    for number, row in rows(path):
        form = form or _fitting(path, number, row)
        problem = _problem(path, number, form, row)
        if problem.id in problems:
            raise BadRow(path, number, f"{problem.id} is there twice, first in line {lines[problem.id]}")
        problems[problem.id], lines[problem.id] = problem, number
    own_name = path.name.partition(".jsonl")[0]
    problem_set = ProblemSet(own_name, None, file_sha256(path), tuple(problems.values()), path)
    return _official(problem_set, name, form)


def _official(problem_set: ProblemSet, asked: str | None, form: Form | None) -> ProblemSet:
    """The set under its official name where it is official; else it keeps its file's."""
    known = known_release(problem_set.sha256)
    if known is None or FORMS[known[0]] is not form:
        return problem_set
    name, release = known
    if name == "mbpp":
        return _mbpp(problem_set, release, only_test_split=asked == "mbpp")
    return replace(problem_set, name=name, version=release.version, faulty=FAULTY.get(name, {}))


def _mbpp(problem_set: ProblemSet, release: Release, only_test_split: bool) -> ProblemSet:
    """Scores on MBPP are given on its test split; the file alone stands for all of its tasks."""
    if not only_test_split:
        return replace(problem_set, name="mbpp-all", version=release.version)
    tested = tuple(problem for problem in problem_set.problems if task_number(problem.id) in TEST_SPLIT)
    return replace(problem_set, name="mbpp", version=release.version, problems=tested)


def _fitting(path: Path, number: int, row: Row) -> Form:
    for form in FORMS.values():
        if form.fits(row):
            return form
    names = ", ".join(sorted(row)[:12]) or "none"
    needed = "HumanEval's form has task_id, prompt, entry_point and test"
    raise BadRow(path, number, f"its fields are of no known form ({names}): {needed}")


def _problem(path: Path, number: int, form: Form, row: Row) -> Problem:
    try:
        return form.problem(row)
    except KeyError as error:
        raise BadRow(path, number, f"the field {error} is missing") from None
    except UnknownName as error:
        raise BadRow(path, number, str(error)) from None
    except (AttributeError, TypeError, ValueError, SyntaxError) as error:
        raise BadRow(path, number, f"not as this form has it: {error}") from None
