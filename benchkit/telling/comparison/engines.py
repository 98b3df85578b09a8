"""Which engine answered, in which build: another one may answer otherwise to the same questions."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from benchkit.records import ENDPOINT, Run
from benchkit.telling.comparison.selection import Contestant

MOST_NAMED = 6


def differing_engines(rows: Sequence[Contestant]) -> dict[str, list[str]]:
    """Engines with their builds, each with those that it answered for; empty where all had the same.

    What is not known differs from nothing: the build of an engine that does not tell it, and what answers at
    an address.
    """
    who: dict[tuple[str, str], list[str]] = defaultdict(list)
    for row in rows:
        for engine in dict.fromkeys(known for run in row.runs if (known := _engine(run))):
            who[engine].append(row.label)
    kinds = {kind for kind, _ in who}
    builds = [engine for engine in who if engine[1]]
    if len(kinds) < 2 and len(builds) < 2:
        return {}
    return {" ".join(filter(None, engine)): who[engine] for engine in sorted(who)}


def in_words(engines: Mapping[str, Sequence[str]]) -> str:
    """`llama-server b6100 (A, B), llama-server b6300 (C)`"""
    return ", ".join(f"{engine} ({_named(who)})" for engine, who in engines.items())


def _engine(run: Run) -> tuple[str, str] | None:
    kind = run.server.kind
    return (kind, run.server.version or "") if kind and kind != ENDPOINT else None


def _named(who: Sequence[str]) -> str:
    left = len(who) - (MOST_NAMED - 1)
    return ", ".join(who) if left < 2 else f"{', '.join(who[: MOST_NAMED - 1])} and {left} more"
