"""A race: after a short first round one model after the other goes on, and ends when it has lost.

The best of the first round is asked all problems. The others follow in the order of their standing, and each
is asked no further as soon as its answers show that it cannot be wanted any more. Where starting a model
takes long, there is no first round: each is started once, in the plan's order.

Nothing but the seed and the end of the first round is kept of a race. It is judged again from the verdicts
in the runs' folders whenever it goes on, so that a stop, a failed model or a changed plan needs no further
state.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import groupby

from benchkit.contract import RunFile
from benchkit.errors import HistoryError
from benchkit.racing import FIRST_ROUND, Elimination, Goal, Race, bound_whole_score, order_at_random
from benchkit.records import RaceNow, Status
from benchkit.running.batch.expand import Entry, race_key
from benchkit.running.batch.keeper import Due, Keeper
from benchkit.running.batch.lanes import may_run_beside
from benchkit.running.batch.ledger import Ledger
from benchkit.running.batch.options import BatchOptions
from benchkit.running.batch.race_answers import RaceAnswers, tells_while_asked
from benchkit.running.batch.race_groups import label_of
from benchkit.running.batch.race_rounds import (
    FEWEST_PROBLEMS,
    Outcomes,
    first_round_pays,
    in_full_waves,
    in_order,
    outcomes_so_far,
    round_length,
)
from benchkit.running.batch.state import RaceState
from benchkit.running.plan import Part, SoFar
from benchkit.running.runner.rounds import read_rounds_so_far
from benchkit.settings import SLOTS
from benchkit.terminal import counted

MOST_SEED = 10**6
ALL = 10**6  # problems, where nobody knows how many there are


class ModelRace:
    """One benchmark's race in this batch."""

    def __init__(
        self, entries: Sequence[Entry], known: Mapping[str, RaceState], ledger: Ledger, keeper: Keeper,
        options: BatchOptions,
    ) -> None:  # fmt: skip
        assert options.race is not None
        self._entries, self._ledger, self._keeper, self._options = entries, ledger, keeper, options
        self._answers = RaceAnswers(entries, ledger)
        self._goal: Goal = options.race
        self._by_key = {entry.key: entry for entry in entries}
        self._handed_out: set[tuple[str, int, int]] = set()
        self._withdrawn: set[str] = set()
        self._still_in: list[str] = list(self._by_key)
        self._now: list[str] = []  # what is due now, in this order
        self._has_measured = False  # how long a start takes beside a problem
        self._noted: RaceState | None = None  # as the journal has it
        self._state = self._begun_or_known(known.get(race_key(entries[0])))

    def _begun_or_known(self, known: RaceState | None) -> RaceState:
        keys = tuple(self._by_key)
        if known is None or not known.ends:
            key, first = race_key(self._entries[0]), in_full_waves(FIRST_ROUND, self._slots())
            return RaceState(key, secrets.randbelow(MOST_SEED), str(self._goal), keys, (first,))
        if (known.goal, set(known.entries)) != (str(self._goal), set(keys)):
            self._say(
                "the plan has changed since this race began: it is judged anew, from the answers there are"
            )
        return replace(known, goal=str(self._goal), entries=keys, ends=known.ends[:1])

    def _slots(self) -> int:
        """How many problems are asked at once."""
        asked = {entry.settings.parallel for entry in self._entries} - {"auto"}
        runs = [read_rounds_so_far(self._answers.folder(entry)) for entry in self._entries]
        chosen = {run.config.slots for run in runs if run is not None and run.config.slots}
        return max((int(slots) for slots in asked or chosen), default=SLOTS)

    def due(self) -> list[Due]:
        """What has to be answered next; nothing once the race is over, or night or money are too short."""
        self._now = []
        if any(self._ledger.why_not_started(entry) for entry in self._entries):
            return []
        if self._has_spent_all():  # who was ended by that has not lost
            return []
        while True:
            if due := self._due_now(racing := self._racing()):
                return due
            if len(self._racing()) == len(racing):
                return []  # nobody was withdrawn

    def _due_now(self, racing: Sequence[Entry]) -> list[Due]:
        problems = self._answers.problems()
        if lacking := self._lacking_first_round(racing):
            return self._missing(lacking, self._state.ends[0], problems)
        if problems is None:
            return self._missing(racing[:1], ALL, None)
        race = self._judged(racing, problems)
        for out in race.stop_losers():
            self._stop(out, problems)
        self._still_in = race.still_in()
        self._state = replace(self._state, ends=tuple(dict.fromkeys((self._state.ends[0], problems))))
        left = [self._by_key[key] for key in race.running()]
        left.sort(key=lambda entry: not self._is_begun(entry))  # what a kill has interrupted goes on first
        return self._missing(left[: self._at_once()], problems, problems)

    def _racing(self) -> list[Entry]:
        return [entry for entry in self._entries if not self._is_out(entry)]

    def _has_spent_all(self) -> bool:
        return any(map(self._keeper.ended_by_cost, self._entries))

    def _at_once(self) -> int:
        """Models that are asked side by side after the first round."""
        elsewhere = all(may_run_beside(entry.settings) for entry in self._entries)
        return self._options.concurrent_models if elsewhere else 1

    def _lacking_first_round(self, racing: Sequence[Entry]) -> list[Entry]:
        """Nobody where there is none; one model alone where it is still to tell whether there is one."""
        problems, first = self._answers.problems(), self._state.ends[0]
        if problems is not None and problems < FEWEST_PROBLEMS:
            self._state = replace(self._state, ends=(problems,))
        if problems is not None and self._state.ends[0] >= problems:
            return []
        lacking = [entry for entry in racing if self._answers.count(entry) < first]
        return lacking if self._has_measured else lacking[:1]

    def _is_begun(self, entry: Entry) -> bool:
        """Whether it was at work when the batch ended."""
        return self._ledger.state(entry).state in ("running", Status.INTERRUPTED)

    def _judged(self, racing: Sequence[Entry], problems: int) -> Race:
        """The evidence of all answers so far."""
        outcomes = {entry.key: self._answers.outcomes(entry) for entry in racing}
        order = self._order(outcomes.values())
        race = Race([entry.key for entry in racing], problems, self._goal)
        for key, answered in outcomes.items():
            race.tell(key, in_order(answered, order))
        return race

    def _order(self, outcomes: Iterable[Outcomes]) -> list[str]:
        return order_at_random({name for one in outcomes for name in one}, self._state.seed)

    def _missing(self, entries: Sequence[Entry], end: int, problems: int | None) -> list[Due]:
        """Each with its part; what was asked for the same before and has no more answers takes no part."""
        if self._state != self._noted:
            self._keeper.note_race(self._state)
            self._noted = self._state
        missing: list[Due] = []
        for entry in entries:
            before = self._answers.count(entry)
            if self._ledger.state(entry).state == Status.OK:
                self._withdraw(entry, "its verdicts are gone, or of other problems")
                continue
            if (entry.key, end, before) in self._handed_out:
                self._withdraw(entry, "its answers are not to this race's problems")
                continue
            self._handed_out.add((entry.key, end, before))
            missing.append(Due(entry, self._part(entry, end, problems)))
        self._now = [due.entry.key for due in missing]
        return missing

    def _part(self, entry: Entry, end: int, problems: int | None) -> Part:
        """To the end of the first round, or all that is left until it is known that the model has lost."""
        place = 1 if end < (problems or ALL) else 2
        now = RaceNow(str(self._goal), place, len(self._entries), len(self._still_in), problems)
        if place == 1 and self._has_measured:
            return Part(self._state.seed, end, now)
        if place == 1 or problems is None:
            return Part(self._state.seed, problems or ALL, now, partial(self._is_first_part_over, entry))
        if problems < FEWEST_PROBLEMS:
            return Part(self._state.seed, problems, now)
        if tells_while_asked(entry):
            return Part(self._state.seed, problems, now, partial(self._has_lost, entry, problems))
        further = in_full_waves(round_length(self._answers.folder(entry)), self._slots())
        return Part(self._state.seed, min(problems, self._answers.count(entry) + further), now)

    def _is_first_part_over(self, entry: Entry, so_far: SoFar) -> bool:
        """With its first round; where there turns out to be none, once the model has lost, as any other."""
        problems = self._answers.problems()
        if self._is_first_round_over(so_far):
            return True
        if problems is None or self._state.ends[0] < problems or not tells_while_asked(entry):
            return False
        return self._has_lost(entry, problems, so_far)

    def _is_first_round_over(self, so_far: SoFar) -> bool:
        """Where a start takes so long that a first round does not pay, the first model simply goes on."""
        samples = max(map(len, so_far.verdicts.values()), default=1)
        problems, first = so_far.questions // samples, self._state.ends[0]
        if problems < FEWEST_PROBLEMS or sum(map(len, so_far.verdicts.values())) < first * samples:
            return False
        if not self._has_measured and so_far.judged_now:
            a_problem = so_far.asking_s / so_far.judged_now * samples
            self._has_measured = True
            if not first_round_pays(so_far.loading_s, a_problem, problems):
                self._state = replace(self._state, ends=(problems,))
        return self._state.ends[0] < problems

    def _has_lost(self, entry: Entry, problems: int, so_far: SoFar) -> bool:
        racing = self._racing()
        race = self._judged(racing, problems)
        order = self._order(map(self._answers.outcomes, racing))
        race.tell(entry.key, in_order(outcomes_so_far(so_far), order))
        return entry.key in {out.model for out in race.stop_losers()}

    def _withdraw(self, entry: Entry, why: str) -> None:
        self._withdrawn.add(entry.key)
        self._say(f"the race goes on without {entry.settings.name}: {why}")

    def _is_out(self, entry: Entry) -> bool:
        """A model that fails is no rival: what it would have solved is not known."""
        if entry.key in self._withdrawn:
            return True
        if self._ledger.state(entry).state != Status.FAILED:
            return False
        tried = any(key == entry.key for key, _, _ in self._handed_out)
        if self._options.retry_failed and (not tried or entry.key in self._now):
            return False
        self._withdraw(entry, "it failed")
        return True

    def _stop(self, out: Elimination, problems: int) -> None:
        entry, rival = self._by_key[out.model], self._by_key[out.rival]
        if self._ledger.state(entry).over:
            return
        run = read_rounds_so_far(self._answers.folder(entry))
        if run is None:
            raise HistoryError(f"{self._ledger.state(entry).folder}: its {RunFile.RECORD} is gone")
        outcomes, of_rival = self._answers.outcomes(entry), self._answers.outcomes(rival)
        known = [one for one in in_order(outcomes, self._order([of_rival])) if one is not None]
        interval = bound_whole_score(known, problems - (len(outcomes) - len(known)))
        behind = sum(of_rival.get(name) or 0.0 for name in outcomes) - sum(known)
        name = rival.settings.name
        how = f"{behind:g} behind {name}" if behind > 0 else f"{name} solves more in all"
        sure = "cannot be" if out.certain else "is not, at 95%,"
        why = f"stopped after {out.problems} of {problems} problems: it {sure} {self._goal.in_words} ({how})"
        race = {
            "goal": str(self._goal),
            "rival": name,
            "behind": behind,
            "certain": out.certain,
            "interval": [round(100 * end, 4) for end in interval],
        }
        results = replace(run.results, race=race)
        self._keeper.note_stopped(entry, replace(run, status=Status.STOPPED, error=why, results=results))

    def next_after_this(self) -> Entry | None:
        """Who is most likely served next; asked while the last of a lap is at work."""
        problems, racing, first = self._answers.problems(), self._racing(), self._state.ends[0]
        waiting = [entry for entry in racing if entry.key not in self._now]
        lacking = [entry for entry in waiting if self._answers.count(entry) < first]
        if problems is None or (lacking and first < problems):
            return next(iter(lacking), None)
        at_work = self._now[-1:]  # the others of a first round may well be next
        running = self._judged(racing, problems).running()
        return next((self._by_key[key] for key in running if key not in at_work), None)

    def in_words(self) -> str:
        """For the summary: what was asked, and who is still in."""
        rests = any(map(self._keeper.lacks_money, self._entries))
        return self._told() + ("; it rests: the batch may spend no more" if rests else "")

    def _told(self) -> str:
        asked = [self._answers.count(entry) for entry in self._entries]
        problems = self._answers.problems() or 0
        if not any(asked):
            return f"{label_of(self._entries[0])}: no model has answered its first problems"
        if problems < FEWEST_PROBLEMS:
            few = f"{counted(problems, 'problem is', 'problems are')} too few for a race, so every model was"
            return f"{label_of(self._entries[0])}: {few} asked all of them"
        every, first = problems * len(self._entries), self._state.ends[0]
        names = [self._by_key[key].settings.name or "" for key in self._still_in]
        rounds = f"a first round of {first} of {problems} problems"
        if first >= problems:
            rounds = f"starting takes too long for a first round of the {problems} problems"
        return (
            f"{label_of(self._entries[0])}: {len(self._entries)} models raced for {self._goal} in the order "
            f"of seed {self._state.seed}, {rounds}; "
            f"{sum(asked)} of {every} questions asked ({sum(asked) / every:.0%}); "
            f"still in: {', '.join(names) or 'none'}"
        )

    def _say(self, text: str) -> None:
        self._keeper.display.line(f"{label_of(self._entries[0])}: {text}")


def laps(races: Sequence[ModelRace]) -> Iterator[list[list[Due]]]:
    """What is due now, all races side by side, the runs that share a server together."""
    while due := [one for race in races for one in race.due()]:
        servers = list(dict.fromkeys(one.entry.server_key for one in due))
        due.sort(key=lambda one: servers.index(one.entry.server_key))
        yield [list(group) for _, group in groupby(due, key=lambda one: one.entry.server_key)]


def first_of_next_lap(races: Sequence[ModelRace]) -> Entry | None:
    """Most likely; asked while the last of a lap is at work."""
    return next((entry for race in races if (entry := race.next_after_this())), None)
