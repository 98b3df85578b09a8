"""Which entries race with each other."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from benchkit.contract import JudgeRun
from benchkit.running.batch.expand import Entry, race_key


def entries_that_race(entries: Sequence[Entry]) -> tuple[list[list[Entry]], list[str]]:
    """Those that differ in nothing but model and server, group by group; and what is no race, in words."""
    groups: dict[str, list[Entry]] = defaultdict(list)
    notes: list[str] = []
    foreign: dict[str, None] = {}
    for entry in entries:
        plan = entry.planned()
        name = plan.benchmark.name
        if plan.script.ours and plan.benchmark.served and name not in JudgeRun.ALL:
            groups[race_key(entry)].append(entry)
        else:
            foreign[name] = None
    notes += [
        f"{name} cannot be asked in parts, so it is no race: every model runs all of it" for name in foreign
    ]
    alone = [group[0] for group in groups.values() if len(group) == 1]
    notes += [
        f"{label_of(one)}: one model is no race, so {one.settings.name} runs all of it" for one in alone
    ]
    return [group for group in groups.values() if len(group) > 1], notes


def label_of(entry: Entry) -> str:
    return f"{entry.settings.benchmark} {entry.place}".rstrip()
