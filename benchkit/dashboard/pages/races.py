"""How the races of the latest batch stand: who is in, who was stopped and why."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from benchkit.racing import Goal
from benchkit.records import Status
from benchkit.running.batch.overview import Overview
from benchkit.running.batch.state import EntryState, RaceState
from benchkit.statistics import wilson

ALMOST = 1e-6  # sums of shares of samples are not exact


@dataclass(frozen=True)
class Racer:
    """A model of a race."""

    state: EntryState
    is_in: bool
    answered: int
    score: float | None
    interval: tuple[float, float] | None  # of the score over the problems that it was asked, in percent
    why: str  # it was stopped, or failed


@dataclass(frozen=True)
class ShownRace:
    """One race, those that are in first."""

    benchmark: str
    goal: str
    round: int
    end: int  # of that round, in problems
    problems: int | None  # of the whole set, where it is known
    racers: Sequence[Racer]

    @property
    def wanted(self) -> str:
        """What a model that stays in may still be."""
        try:
            return Goal.parse(self.goal).in_words
        except ValueError:  # of a newer version
            return self.goal

    @property
    def left(self) -> int:
        return sum(one.is_in for one in self.racers)

    @property
    def asked(self) -> int:
        return sum(one.answered for one in self.racers)


def races_of(overview: Overview) -> list[ShownRace]:
    states = {state.key: state for state in overview.states}
    races = []
    for race in overview.races:
        entries = [states[key] for key in race.entries if key in states]
        if entries and race.ends:
            races.append(_shown(race, entries, overview))
    return races


def _shown(race: RaceState, entries: Sequence[EntryState], overview: Overview) -> ShownRace:
    problems = max((state.problems for state in entries if state.problems), default=None)
    racers = [_racer(state, overview, problems) for state in entries]
    racers.sort(key=lambda one: (not one.is_in, -one.answered, -(one.score or 0.0), one.state.model))
    end = race.ends[-1] if problems is None else min(race.ends[-1], problems)
    return ShownRace(entries[0].benchmark, race.goal, len(race.ends), end, problems, racers)


def _racer(state: EntryState, overview: Overview, problems: int | None) -> Racer:
    now = overview.snapshot_of(state)
    answered, score = state.answered or 0, state.score
    if state.state == Status.OK:
        answered = problems or answered
    elif now.done is not None and now.done >= answered:
        answered, score = now.done, now.score
    is_in = state.state not in (Status.STOPPED, Status.FAILED)
    interval = None if score is None or answered <= 0 else _interval(score, answered)
    return Racer(state, is_in, answered, score, interval, "" if is_in else state.error or "")


def _interval(score: float, answered: int) -> tuple[float, float]:
    passed = min(max(score * answered / 100, 0.0), float(answered))
    low, high = wilson(passed if passed > ALMOST else 0.0, answered)
    return 100 * low, 100 * high


def keys_of(races: Iterable[ShownRace]) -> set[str]:
    """Of all that race: no list of what waits needs to name them again."""
    return {one.state.key for race in races for one in race.racers}
