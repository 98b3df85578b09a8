"""Quality of passing answers, each against its problem's reference solution: equal is 75, better up to 100.

Four things are counted: findings of a linter, complexity, lines that the formatter would change, and code
that is never run. Each gives 100 · 0.75^((its count + s) / (the reference's count + s)) points; s is the
slack that keeps a reference without any from making the first one ruinous.
"""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import asdict, dataclass, field, fields, replace
from functools import reduce

from benchkit.judging.scoring.composite import complexity
from benchkit.judging.scoring.composite.base import Answered, Measured, MeasuredPart, OpenSandbox, Sources
from benchkit.judging.scoring.composite.canonical import UNREADABLE, Canonical, canonical
from benchkit.judging.scoring.composite.checkers import (
    ABSENT,
    CHECKERS,
    CodeToCheck,
    LinterFindings,
    check_all,
)
from benchkit.judging.scoring.composite.dead import dead_statements, live_part, statements
from benchkit.judging.scoring.composite.formatters import (
    FORMATTERS,
    count_formatter_changes,
    formatter_version,
)
from benchkit.judging.scoring.composite.lint import Linted, ToolFailed, lint, weighted

VERSION = "2"  # of the rule by which counts become points
EQUAL = 0.75  # of all points, for code that is as good as the reference
WEIGHTS = {"findings": 0.4, "complexity": 0.3, "reformatted": 0.15, "dead": 0.15}
SLACK = {"findings": 1.0, "complexity": 2.0, "reformatted": 2.0, "dead": 1.0}


@dataclass(frozen=True)
class Counts:
    """The counts of a piece of code; None where no tool counts it in this language."""

    complexity: int | None = None
    findings: int | None = None  # weighted by their groups
    reformatted: int | None = None
    dead: int | None = None
    statements: int | None = None
    groups: Mapping[str, int] = field(default_factory=dict)  # findings of each group

    def __add__(self, other: Counts) -> Counts:
        both = {
            one.name: _sum(getattr(self, one.name), getattr(other, one.name))
            for one in fields(self)
            if one.name != "groups"
        }
        names = sorted({*self.groups, *other.groups})
        return Counts(**both, groups={n: self.groups.get(n, 0) + other.groups.get(n, 0) for n in names})

    def as_record(self) -> dict[str, object]:
        return {name: value for name, value in asdict(self).items() if value not in (None, {})}


def _sum(one: int | None, other: int | None) -> int | None:
    return None if one is None or other is None else one + other


def points(counts: Counts, reference: Counts) -> float | None:
    """From 0 to 100; None where the two have no count in common."""
    known = {
        name: 100 * EQUAL ** ((ours + SLACK[name]) / (theirs + SLACK[name]))
        for name in WEIGHTS
        if (ours := getattr(counts, name)) is not None and (theirs := getattr(reference, name)) is not None
    }
    weight = sum(WEIGHTS[name] for name in known)
    return sum(WEIGHTS[name] * value for name, value in known.items()) / weight if known else None


def measure_quality(
    answers: Sequence[Answered], languages: Iterable[str], sandbox: OpenSandbox | None = None
) -> MeasuredPart:
    """The quality of all answers to problems in these languages; each tool runs once for all.

    Linters that compile run in the sandbox; without one they are absent.
    """
    if missing := missing_tools():
        return MeasuredPart(why=f"not measured: {', '.join(missing)} {complexity.NOT_INSTALLED}")
    try:
        measurable = [one for one in answers if _why_not(one) == ""]
        checked = _check(measurable, set(languages), sandbox)
        return MeasuredPart(_measure(answers, measurable, checked), method_of(languages, checked))
    except (ToolFailed, OSError, subprocess.SubprocessError) as error:  # such as a full disk: the run goes on
        return MeasuredPart(why=f"not measured: {' '.join(str(error).split())}")


def _check(
    measurable: Sequence[Answered], languages: Set[str], sandbox: OpenSandbox | None
) -> Mapping[str, LinterFindings]:
    """By language what its linter found, in the answers and in their references."""
    return {
        language: check_all(
            checker,
            [
                CodeToCheck(files, one.beside)
                for one in measurable
                if one.language == language
                for files in (one.files, one.reference)
            ],
            sandbox,
        )
        for language, checker in CHECKERS.items()
        if language in languages
    }


def _measure(
    answers: Sequence[Answered], measurable: Sequence[Answered], checked: Mapping[str, LinterFindings]
) -> tuple[Measured, ...]:
    counted = count_all(
        [
            *((one.language, one.files, one.entry_point) for one in measurable),
            *((one.language, one.reference, one.entry_point) for one in measurable),
        ]
    )
    pairs = {
        id(one): (
            _with_findings(own, checked.get(one.language), CodeToCheck(one.files, one.beside)),
            _with_findings(theirs, checked.get(one.language), CodeToCheck(one.reference, one.beside)),
        )
        for one, (own, theirs) in zip(measurable, _halves(counted), strict=True)
    }
    return tuple(_measured(one, pairs.get(id(one))) for one in answers)


def _with_findings(counts: Counts | None, checked: LinterFindings | None, code: CodeToCheck) -> Counts | None:
    found = checked[code] if checked else None
    if counts is None or found is None:
        return counts
    return replace(counts, findings=weighted(found), groups=dict(found))


def missing_tools() -> list[str]:
    """The tools that are not there, by the names of their packages."""
    return [name for name in ("ruff", "complexipy", "lizard") if complexity.installed(name) is None]


def method_of(languages: Iterable[str], checked: Mapping[str, LinterFindings]) -> str:
    """The rule and the tools; equal methods give comparable points."""
    versions: dict[str, str] = {}
    for language in languages:
        versions |= {name: complexity.installed(name) or ABSENT for name in _TOOLS.get(language, ("lizard",))}
        if language in FORMATTERS:
            versions[FORMATTERS[language].name] = formatter_version(language) or ABSENT
        if language in CHECKERS:
            versions[CHECKERS[language].name] = (checked.get(language) or LinterFindings()).version
    return ", ".join(
        [f"rule {VERSION}", *(f"{name} {version}" for name, version in sorted(versions.items()))]
    )


_TOOLS = {"python": ("ruff", "complexipy")}


def _why_not(one: Answered) -> str:
    if not one.reference:
        return "the problem has no reference solution with code in it"
    if one.language != "python" and one.language not in complexity.READ_BY_LIZARD:
        return f"nothing here measures {one.language}"
    return ""


def _halves(counted: Sequence[Counts | None]) -> Iterator[tuple[Counts | None, Counts | None]]:
    middle = len(counted) // 2
    return zip(counted[:middle], counted[middle:], strict=True)


def _measured(one: Answered, pair: tuple[Counts | None, Counts | None] | None) -> Measured:
    if pair is None:
        return Measured(one.task_id, one.sample, None, _why_not(one))
    own, reference = pair
    if reference is None:
        return Measured(one.task_id, one.sample, None, "the reference solution cannot be read")
    if own is None:
        reader = "this Python's parser" if one.language == "python" else "lizard"
        return Measured(one.task_id, one.sample, None, f"the answer cannot be read by {reader}")
    if own.findings is None and reference.findings is not None:
        why = f"{CHECKERS[one.language].name} cannot check the answer"
        return Measured(one.task_id, one.sample, None, why)
    raw = {**own.as_record(), "reference": reference.as_record()}
    return Measured(one.task_id, one.sample, points(own, reference), raw=raw)


Unit = tuple[str, Sources, str | None]
"""A language, its files, and the function that is called from outside."""


def count_all(units: Sequence[Unit]) -> list[Counts | None]:
    """The counts of each unit, all its files together; None where it cannot be read."""
    keys = [(language, text, entry) for language, files, entry in units for text in files.values()]
    known: dict[tuple[str, str, str | None], Counts | None] = {}
    for language in dict.fromkeys(language for language, _, _ in keys):
        of_language = list(dict.fromkeys(key for key in keys if key[0] == language))
        count = _COUNTERS.get(language, _count_other)
        known |= zip(of_language, count(of_language), strict=True)
    return [
        _together([known[language, text, entry] for text in files.values()])
        for language, files, entry in units
    ]


def _together(counts: Sequence[Counts | None]) -> Counts | None:
    known = [one for one in counts if one is not None]
    return reduce(Counts.__add__, known) if known and len(known) == len(counts) else None


Key = tuple[str, str, str | None]


def _count_python(keys: Sequence[Key]) -> list[Counts | None]:
    forms = [_canonical(text) for _, text, _ in keys]
    living = [
        _live_form(form, text, entry) if form is not None else None
        for form, (_, text, entry) in zip(forms, keys, strict=True)
    ]
    linted = iter(lint([form.text for form in (*forms, *living) if form is not None]))
    whole = [next(linted) if form is not None else None for form in forms]
    alive = [next(linted) if form is not None else None for form in living]
    return [
        None if form is None or known is None else _counts_of_python(form, entry, known.at_least(live))
        for form, (_, _, entry), known, live in zip(forms, keys, whole, alive, strict=True)
    ]


def _live_form(form: Canonical, text: str, entry: str | None) -> Canonical | None:
    """Of code that holds some that is never run; None of any other."""
    try:
        return canonical(live_part(text, entry)) if dead_statements(form.tree, entry) else None
    except UNREADABLE:
        return None


def _canonical(text: str) -> Canonical | None:
    try:
        return canonical(text)
    except UNREADABLE:
        return None


def _counts_of_python(form: Canonical, entry: str | None, linted: Linted) -> Counts | None:
    """None where the code is too deep, or where complexipy's parser does not read what Python's does."""
    try:
        return Counts(
            complexity=complexity.of_python(form.text),
            findings=linted.weighted,
            reformatted=linted.reformatted,
            dead=dead_statements(form.tree, entry),
            statements=statements(form.tree),
            groups=linted.findings,
        )
    except (ValueError, RecursionError):
        return None


def _count_other(keys: Sequence[Key]) -> list[Counts | None]:
    return [_counts_of_other(language, text) for language, text, _ in keys]


def _count_formatted(keys: Sequence[Key]) -> list[Counts | None]:
    language = keys[0][0]
    changes = count_formatter_changes(language, [text for _, text, _ in keys])
    return [
        counts and replace(counts, reformatted=changed)
        for counts, changed in zip(_count_other(keys), changes, strict=True)
    ]


def _counts_of_other(language: str, text: str) -> Counts | None:
    """None where lizard cannot read the code: it tells so by whatever went wrong."""
    try:
        return Counts(complexity.of_other(language, text))
    except (RecursionError, LookupError, ValueError):
        return None


_COUNTERS: Mapping[str, Callable[[Sequence[Key]], list[Counts | None]]] = {
    "python": _count_python,
    **dict.fromkeys(FORMATTERS, _count_formatted),
}
