"""A race: all models answer the same problems in one random order, and after each round the losers stop.

Nothing but the seed and the ends of the rounds is kept of a race. It is played again from the verdicts in the
runs' folders whenever it goes on, so that a stop, a failed model or a changed plan needs no further state.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import groupby
from pathlib import Path

from benchkit.contract import RunFile
from benchkit.errors import HistoryError
from benchkit.racing import Elimination, Goal, Race, bound_whole_score, order_at_random
from benchkit.records import RaceNow, Status
from benchkit.running.batch.expand import Entry, race_key
from benchkit.running.batch.keeper import Due, Keeper
from benchkit.running.batch.ledger import Ledger
from benchkit.running.batch.options import BatchOptions
from benchkit.running.batch.race_groups import label_of
from benchkit.running.batch.race_rounds import (
    FEWEST_PROBLEMS,
    FIRST_ROUND,
    Outcomes,
    in_full_waves,
    read_outcomes,
    round_length,
)
from benchkit.running.batch.state import RACING, RaceState
from benchkit.running.plan import Part
from benchkit.running.runner.rounds import read_rounds_so_far
from benchkit.settings import SLOTS

MOST_SEED = 10**6


class ModelRace:
    """One benchmark's race in this batch."""

    def __init__(
        self, entries: Sequence[Entry], known: Mapping[str, RaceState], ledger: Ledger, keeper: Keeper,
        options: BatchOptions,
    ) -> None:  # fmt: skip
        assert options.race is not None
        self._entries, self._ledger, self._keeper, self._options = entries, ledger, keeper, options
        self._goal: Goal = options.race
        self._by_key = {entry.key: entry for entry in entries}
        self._handed_out: set[tuple[str, int]] = set()
        self._withdrawn: set[str] = set()
        self._running: list[str] = list(self._by_key)
        self._noted: RaceState | None = None  # as the journal has it
        self._state = self._begun_or_known(known.get(race_key(entries[0])))

    def _begun_or_known(self, known: RaceState | None) -> RaceState:
        keys = tuple(self._by_key)
        if known is None or not known.ends:
            key, first = race_key(self._entries[0]), in_full_waves(FIRST_ROUND, self._slots())
            return RaceState(key, secrets.randbelow(MOST_SEED), str(self._goal), keys, (first,))
        if (known.goal, set(known.entries)) == (str(self._goal), set(keys)):
            return known
        self._say("the plan has changed since this race began: it is judged anew, from the answers there are")
        # A last round may have been long because few were left: who is new is looked at more often.
        return replace(known, goal=str(self._goal), entries=keys, ends=known.ends[:1])

    def _slots(self) -> int:
        """How many problems are asked at once."""
        asked = {entry.settings.parallel for entry in self._entries} - {"auto"}
        runs = [read_rounds_so_far(self._folder(entry)) for entry in self._entries]
        chosen = {run.config.slots for run in runs if run is not None and run.config.slots}
        return max((int(slots) for slots in asked or chosen), default=SLOTS)

    def due(self) -> list[Due]:
        """What has to be answered next; nothing once the race is over, or night or money are too short."""
        if any(self._ledger.why_not_started(entry) for entry in self._entries):
            return []
        if self._has_spent_all():  # who was ended by that has not lost
            return []
        while True:
            missing, end = self._play()
            if missing or end is None:
                return missing
            self._begin_round(end)

    def _has_spent_all(self) -> bool:
        return any(map(self._keeper.ended_by_cost, self._entries))

    def _begin_round(self, end: int) -> None:
        self._state = replace(self._state, ends=(*self._state.ends, end))

    def _play(self) -> tuple[list[Due], int | None]:
        """The race from its start: who lacks answers of a round, or where the next round ends."""
        racing = [entry for entry in self._entries if not self._is_out(entry)]
        outcomes = {entry.key: self._outcomes(entry) for entry in racing}
        problems = self._problems(racing)
        if problems is None:
            return self._missing(racing[:1], None), None  # one tells how long loading and a problem take
        self._fit_first_round(racing, problems)
        order = order_at_random({name for one in outcomes.values() for name in one}, self._state.seed)
        race = Race([entry.key for entry in racing], problems, self._goal)
        for end in self._state.ends:
            self._running = list(race.running)
            lacking = [
                key for key in race.running if not self._has_answered(key, outcomes, min(end, problems))
            ]
            if lacking:
                return self._missing([self._by_key[key] for key in lacking], problems), None
            for name in order[race.answered : end]:
                race.add({key: outcomes[key].get(name) for key in race.running})
            for out in race.stop_losers() if race.answered < problems else ():
                self._stop(out, outcomes, problems)
        self._running = list(race.running)
        return [], self._next_end(race, problems)

    def _missing(self, entries: Sequence[Entry], problems: int | None) -> list[Due]:
        """Each with its part; what was asked for the same before and still lacks answers takes no part."""
        if self._state != self._noted:
            self._keeper.note_race(self._state)
            self._noted = self._state
        ends = self._state.ends
        missing = []
        for entry in entries:
            if self._ledger.state(entry).state == Status.OK:
                self._withdraw(entry, "its verdicts are gone, or of other problems")
                continue
            before = (
                self._ledger.state(entry).answered or 0
            )  # its verdicts are gone where it was killed since
            end = next(one for one in ends if one > before or one == ends[-1])
            if (entry.key, end) in self._handed_out:
                self._withdraw(entry, "its answers are not to this race's problems")
                continue
            self._handed_out.add((entry.key, end))
            place = ends.index(end) + 1
            now = RaceNow(str(self._goal), place, len(self._entries), len(self._running), problems)
            missing.append(Due(entry, Part(self._state.seed, end, now)))
        return missing or (self.due() if entries else [])

    def _withdraw(self, entry: Entry, why: str) -> None:
        self._withdrawn.add(entry.key)
        self._say(f"the race goes on without {entry.settings.name}: {why}")

    def _is_out(self, entry: Entry) -> bool:
        """A model that fails is no rival: what it would have solved is not known."""
        if entry.key in self._withdrawn:
            return True
        if self._ledger.state(entry).state != Status.FAILED:
            return False
        tried = any(key == entry.key for key, _ in self._handed_out)
        if self._options.retry_failed and not tried:
            return False
        self._withdraw(entry, "it failed")
        return True

    def _answered(self, entry: Entry) -> int:
        state = self._ledger.state(entry)
        if state.state in (RACING, Status.STOPPED):
            return state.answered or 0
        return self._total(entry) or 0 if state.state == Status.OK else 0

    def _has_answered(self, key: str, outcomes: Mapping[str, Outcomes], end: int) -> bool:
        return self._answered(self._by_key[key]) >= end and len(outcomes[key]) >= end

    def _outcomes(self, entry: Entry) -> Outcomes:
        state = self._ledger.state(entry)
        if state.state not in (RACING, Status.STOPPED, Status.OK) or not state.folder:
            return {}
        return read_outcomes(Path(state.folder) / RunFile.VERDICTS)

    def _folder(self, entry: Entry) -> Path:
        return Path(self._ledger.state(entry).folder or ".")

    def _total(self, entry: Entry) -> int | None:
        """How many problems its whole set has, where it has told."""
        state = self._ledger.state(entry)
        run = self._ledger.run_of(state)
        if state.state == Status.OK and run is not None:
            part = run.results.part or {}
            return part.get("of") or len(self._outcomes(entry)) or None
        return state.problems if state.state in (RACING, Status.STOPPED) else None

    def _problems(self, racing: Sequence[Entry]) -> int | None:
        return max((total for entry in racing if (total := self._total(entry))), default=None)

    def _fit_first_round(self, racing: Sequence[Entry], problems: int) -> None:
        """Longer than was thought, where the first model to answer shows that loading takes so long.

        All of them, where there are few: two rounds of which the first has most of the problems save less
        than the second start of each server costs.
        """
        answered = [entry for entry in racing if self._answered(entry)]
        if len(self._state.ends) == 1 and len(answered) == 1:
            length = in_full_waves(round_length(map(self._folder, answered)), self._slots())
            longer = max(self._state.ends[0], length)
            if problems < FEWEST_PROBLEMS or longer > problems / 2:
                longer = problems
            self._state = replace(self._state, ends=(min(longer, problems),))

    def _next_end(self, race: Race, problems: int) -> int | None:
        if race.answered >= problems or not race.running:
            return None
        few = len(race.running) <= self._goal.places and not self._goal.margin
        length = round_length(self._folder(self._by_key[key]) for key in race.running)
        length = in_full_waves(length, self._slots())
        end = race.answered + length
        return problems if few or problems - end < length / 2 else end

    def _stop(self, out: Elimination, outcomes: Mapping[str, Outcomes], problems: int) -> None:
        entry = self._by_key[out.model]
        if self._ledger.state(entry).over:
            return
        run = read_rounds_so_far(self._folder(entry))
        if run is None:
            raise HistoryError(f"{self._ledger.state(entry).folder}: its {RunFile.RECORD} is gone")
        known = [one for one in outcomes[out.model].values() if one is not None]
        lost = len(outcomes[out.model]) - len(known)
        interval = bound_whole_score(known, problems - lost)
        rival = self._by_key[out.rival].settings.name
        sure = "cannot be" if out.certain else "is not, at 95%,"
        why = (
            f"stopped after {out.problems} of {problems} problems: it {sure} {self._goal.in_words} "
            f"({out.behind:g} behind {rival})"
        )
        race = {
            "goal": str(self._goal),
            "rival": rival,
            "behind": out.behind,
            "certain": out.certain,
            "interval": [round(100 * end, 4) for end in interval],
        }
        results = replace(run.results, race=race)
        self._keeper.note_stopped(entry, replace(run, status=Status.STOPPED, error=why, results=results))

    def leader(self) -> Entry | None:
        """Who has solved the largest share so far, of those that are still in."""
        scores = {key: self._ledger.state(self._by_key[key]).score for key in self._running}
        known = {key: score for key, score in scores.items() if score is not None}
        return self._by_key[max(known, key=lambda key: known[key])] if known else None

    @property
    def goes_on(self) -> bool:
        """Whether there is a round after the one that is asked now."""
        problems = self._problems(self._entries)
        return problems is None or self._state.ends[-1] < problems

    def in_words(self) -> str:
        """For the summary: what was asked, and who is still in."""
        asked = [self._answered(entry) for entry in self._entries]
        problems = self._problems(self._entries) or 0
        if not problems:
            return f"{label_of(self._entries[0])}: no model has answered a whole round"
        if problems <= self._state.ends[0]:
            few = f"{problems} problems are too few for a race"
            slow = f"starting takes so long that one round has all {problems} problems"
            why = few if problems < FEWEST_PROBLEMS else slow
            return f"{label_of(self._entries[0])}: {why}, so every model was asked all of them"
        every = problems * len(self._entries)
        names = [self._by_key[key].settings.name or "" for key in self._running]
        return (
            f"{label_of(self._entries[0])}: {len(self._entries)} models raced for {self._goal} in the order "
            f"of seed {self._state.seed}, rounds to {', '.join(map(str, self._state.ends))} problems; "
            f"{sum(asked)} of {every} questions asked ({sum(asked) / every:.0%}); "
            f"still in: {', '.join(names) or 'none'}"
            + ("; it rests: the batch may spend no more" if self._has_spent_all() else "")
        )

    def _say(self, text: str) -> None:
        self._keeper.display.line(f"{label_of(self._entries[0])}: {text}")


def laps(races: Sequence[ModelRace]) -> Iterator[list[list[Due]]]:
    """Round by round, all races side by side, the runs that share a server together, the leaders first.

    Whoever leads is least likely to be stopped by what the others still answer: its file is read ahead.
    """
    while due := [one for race in races for one in race.due()]:
        first = {leader.server_key for race in races if (leader := race.leader())}
        due.sort(key=lambda one: (one.entry.server_key not in first, repr(one.entry.server_key)))
        yield [list(group) for _, group in groupby(due, key=lambda one: one.entry.server_key)]


def first_of_next_lap(races: Sequence[ModelRace]) -> Entry | None:
    """Most likely; asked while the last of a lap is at work."""
    return next((leader for race in races if race.goes_on and (leader := race.leader())), None)
