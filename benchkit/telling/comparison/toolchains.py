"""With which Pythons and toolchains answers were judged: another version may judge otherwise."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from benchkit.contract import JUDGING, JUDGING_BOXES
from benchkit.records import Run
from benchkit.telling.comparison.selection import Contestant

PYTHON = "python"


def differing_toolchains(rows: Sequence[Contestant]) -> dict[str, list[str]]:
    """Versions of what not all were judged with, each with those whose answers it judged.

    A language that one run has and another has not differs from nothing; nor does what is not known.
    """
    who: dict[tuple[str, str], list[str]] = defaultdict(list)
    for row in rows:
        for one in dict.fromkeys(one for run in row.runs for one in _judged_with(run)):
            who[one].append(row.label)
    versions: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for one in sorted(who):
        versions[one[0]].append(one)
    return {
        f"{language} {version}": who[language, version]
        for found in versions.values()
        if len(found) > 1
        for language, version in found
    }


def _judged_with(run: Run) -> Iterator[tuple[str, str]]:
    """Language and version, of all boxes that judged; of tests in Python alone, the sandbox's Python."""
    judging = _mapping((run.results.script_further or {}).get(JUDGING))
    boxes = judging.get(JUDGING_BOXES)
    if isinstance(boxes, Mapping):
        judged = [box for box in map(_mapping, boxes.values()) if box.get("answers")]
    else:
        judged = [{**judging, PYTHON: _mapping(run.results.value("sandbox")).get(PYTHON)}]
    for one in judged:
        yield from _known(_mapping(one.get("toolchains")) or {PYTHON: one.get(PYTHON)})


def _known(versions: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    return ((name, version) for name, version in versions.items() if version and isinstance(version, str))


def _mapping(value: object) -> Mapping[str, object]:
    return value if isinstance(value, Mapping) else {}
