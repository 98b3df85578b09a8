"""What judges do in a batch: after all runs, so that each judge is served once and no run waits for one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

from benchkit.errors import UsageError
from benchkit.records import Run, Status
from benchkit.running.batch.checks import AT_ONCE, script_problem, script_problems
from benchkit.running.batch.expand import Entry
from benchkit.running.batch.ledger import Ledger
from benchkit.running.batch.state import EntryState
from benchkit.running.judging import NOTHING_JUDGED, RUN_FLAG, folder_of
from benchkit.running.plan import plan_run
from benchkit.telling.comparison.catalog import Catalog
from benchkit.telling.comparison.judgements import judgements_of
from benchkit.telling.history import open_store


def judge_problems(judgings: Sequence[Entry]) -> list[str]:
    """What is wrong with the judges themselves, before anything is started; each is looked at once."""
    words = [_own_words(entry) or NOTHING_JUDGED for entry in judgings]
    return script_problems(
        plan_run(replace(entry.settings, script_args=own)) for entry, own in zip(judgings, words, strict=True)
    )


def name_judged_runs(ledger: Ledger) -> None:
    """Tell each judging which run it is of, where that is over; what was said of an earlier run is void."""
    for entry in ledger.judgings():
        assert entry.judged is not None
        run = ledger.run_of(ledger.state(entry.judged))
        state = ledger.state(entry)
        if run is None or run.status is not Status.OK:
            ledger.set_state(EntryState(entry.key, state.model, state.benchmark, state.place))
            continue
        if state.judged != run.id:
            anew = EntryState(entry.key, state.model, state.benchmark, state.place, judged=run.id)
            ledger.set_state(anew)
        words = (RUN_FLAG, str(_folder(run, entry.settings.runs_dir)), *_own_words(entry))
        ledger.renew(replace(entry, settings=replace(entry.settings, script_args=words)))


def due_judgings(ledger: Ledger, *, retry_failed: bool) -> list[Entry]:
    """What is left to judge now that the runs are over; what cannot be judged is excused, and says why."""
    name_judged_runs(ledger)
    left = []
    for entry in ledger.judgings():
        state = ledger.state(entry)
        if state.judged is None:
            assert entry.judged is not None
            ledger.excuse(entry, f"not judged: {_why_no_answers(ledger.state(entry.judged))}")
        elif not state.over or (retry_failed and state.state == Status.FAILED):
            left.append(entry)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        problems = pool.map(script_problem, [entry.planned() for entry in left])
    due = []
    for entry, problem in zip(left, problems, strict=True):
        if problem is None:
            due.append(entry)
        else:
            ledger.excuse(entry, f"not judged: {problem}")
    return due


def said_by_judges(ledger: Ledger, history: str | Path) -> Iterator[str]:
    """What each run's judges said, in words."""
    judged = {state.judged for entry in ledger.judgings() if (state := ledger.state(entry)).judged}
    if not judged:
        return
    catalog = Catalog(open_store(history))
    for entry in ledger.entries:
        state = ledger.state(entry)
        run = ledger.run_of(state) if state.run_id in judged else None
        for one in judgements_of(catalog, run) if run else ():
            yield f"{state.label}: {one.in_words()}"


def _own_words(entry: Entry) -> tuple[str, ...]:
    """The judge's flags as the plan has them, whether or not it is known yet whom it judges."""
    words = entry.settings.script_args
    return words[2:] if words[:1] == (RUN_FLAG,) else words


def _folder(run: Run, runs_dir: Path) -> Path:
    """Where its answers lie, or lay."""
    try:
        return folder_of(run, runs_dir)
    except UsageError:
        return Path(run.artifacts or runs_dir / run.id)


def _why_no_answers(state: EntryState) -> str:
    return f"its run {state.in_words if state.over else 'has not ended'}"
