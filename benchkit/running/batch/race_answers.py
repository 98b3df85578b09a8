"""What each model of a race has answered: from its state in the ledger and the verdicts in its folder."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

from benchkit.contract import RunFile
from benchkit.records import Status
from benchkit.running.batch.expand import Entry
from benchkit.running.batch.ledger import Ledger
from benchkit.running.batch.race_rounds import Outcomes, read_outcomes
from benchkit.running.batch.state import RACING, EntryState

TRIES_FLAG = "--tries"


class RaceAnswers:
    def __init__(self, entries: Sequence[Entry], ledger: Ledger) -> None:
        self._entries, self._ledger = entries, ledger
        self._read: dict[EntryState, Outcomes] = {}  # nothing changes in a folder while its state stays

    def outcomes(self, entry: Entry) -> Outcomes:
        """None where a killed start has left them open: it tells them again when it goes on."""
        state = self._ledger.state(entry)
        if state.state not in (RACING, Status.STOPPED, Status.OK) or not state.folder:
            return {}
        if state not in self._read:
            self._read[state] = read_outcomes(Path(state.folder) / RunFile.VERDICTS)
        return self._read[state]

    def folder(self, entry: Entry) -> Path:
        return Path(self._ledger.state(entry).folder or ".")

    def count(self, entry: Entry) -> int:
        """The problems that it is known to have answered; a start that was killed has changed nothing."""
        if self.is_whole(entry):
            return self._total(entry) or 0
        return self._ledger.state(entry).answered or 0

    def is_whole(self, entry: Entry) -> bool:
        return self._ledger.state(entry).state == Status.OK

    def problems(self) -> int | None:
        """Of the whole set, once a model has told."""
        return max((total for entry in self._entries if (total := self._total(entry))), default=None)

    def _total(self, entry: Entry) -> int | None:
        state = self._ledger.state(entry)
        run = self._ledger.run_of(state)
        if state.state == Status.OK and run is not None:
            part = run.results.part or {}
            return part.get("of") or len(self.outcomes(entry)) or None
        return state.problems


def tells_while_asked(entry: Entry) -> bool:
    """Not where who fails is asked again: what comes first then are the problems that are solved."""
    plan = entry.planned()
    words = [*plan.benchmark.args, *plan.settings.script_args]
    tries = [word for flag, word in pairwise(words) if flag == TRIES_FLAG]
    tries += [word.removeprefix(f"{TRIES_FLAG}=") for word in words if word.startswith(f"{TRIES_FLAG}=")]
    return not tries or tries[-1] == "1"
