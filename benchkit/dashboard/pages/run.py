"""One run: its attempts at the left, all that is known of the chosen one at the right."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from benchkit.contract import AttemptFile, RunFile
from benchkit.dashboard.pages.answers import AttemptChip, attempts_of, is_there, log_tail, said_in
from benchkit.dashboard.pages.choosing import run_called, small_catalog
from benchkit.dashboard.pages.code import language_of, marked
from benchkit.dashboard.pages.live_runs import LiveRunView, watched_run
from benchkit.dashboard.pages.rendering import render, site_of
from benchkit.dashboard.site import Site
from benchkit.errors import BenchError
from benchkit.records import Run
from benchkit.rerun import command_of_run
from benchkit.telling.comparison import facts
from benchkit.telling.comparison.catalog import Catalog
from benchkit.telling.comparison.judgements import (
    RunJudgement,
    judged_by,
    judgements_of,
    rationale_lines,
    rationales,
)
from benchkit.telling.comparison.selection import contestant, latest_good
from benchkit.telling.history.base import Store
from benchkit.telling.history.heads import RunHead
from benchkit.telling.history.notes import Note
from benchkit.telling.reports.gallery import run_charts

router = APIRouter()
FILES = (
    RunFile.VERDICTS,
    RunFile.ANSWERS,
    RunFile.SUMMARY,
    RunFile.TELEMETRY,
    RunFile.EVENTS,
    RunFile.RECORD,
)
CHIPS = 600  # on a page


@dataclass(frozen=True)
class ChosenAttempt:
    """The attempts of a run, and which of them is looked at."""

    run: Run
    attempts: Sequence[AttemptChip]
    flipped: frozenset[str]  # problems on which the run that it is held against differs
    chosen: int | None
    against: str | None

    @property
    def attempt(self) -> AttemptChip | None:
        return None if self.chosen is None else self.attempts[self.chosen]

    @property
    def failed(self) -> list[AttemptChip]:
        return [one for one in self.attempts if not one.passed]

    def part(self) -> tuple[int, Sequence[AttemptChip]]:
        """The chips of one page: those around the chosen one."""
        start = (self.chosen or 0) // CHIPS * CHIPS
        return start, self.attempts[start : start + CHIPS]

    def address(self, attempt: AttemptChip) -> str:
        query = {"task": attempt.task, "sample": attempt.sample or None, "against": self.against}
        words = urlencode(
            {name: value for name, value in query.items() if value is not None}, errors="surrogatepass"
        )
        return f"/runs/{quote(self.run.id, errors='surrogatepass')}?{words}#answer"

    def keys(self) -> list[tuple[str, str, str]]:
        """A key, what it does in words, and where it leads."""
        kinds = (
            ("j", "k", "", [True] * len(self.attempts)),
            ("f", "F", " failed", [not one.passed for one in self.attempts]),
            ("x", "X", " flipped", [one.task in self.flipped for one in self.attempts]),
        )
        keys = []
        for forward, back, what, wanted in kinds:
            here = -1 if self.chosen is None else self.chosen
            after = next((n for n in range(here + 1, len(wanted)) if wanted[n]), None)
            before = next((n for n in range(max(here, 0) - 1, -1, -1) if wanted[n]), None)
            if after is not None:
                keys.append((forward, f"next{what}", self.address(self.attempts[after])))
            if before is not None:
                keys.append((back, f"previous{what}", self.address(self.attempts[before])))
        return keys


@router.get("/runs/{run_id:path}")
def run(request: Request, run_id: str, task: str = "", sample: int = 0, against: str = "") -> HTMLResponse:
    site = site_of(request)
    store = site.history
    shown, watched = _look_up(site, run_id)
    catalog = small_catalog(store, [against] if against else [])
    one = contestant(catalog, [shown], shown.model)
    others = _others(catalog, shown)
    other = _held_against(catalog, others, against)
    attempts = watched.attempts if watched else attempts_of(store, shown)
    chosen = next((n for n, a in enumerate(attempts) if (a.task, a.sample) == (task, sample)), None)
    choice = ChosenAttempt(
        shown, attempts, _flipped(catalog, shown, other), chosen, other.id if other else None
    )
    return render(
        request,
        "run.html",
        run=shown,
        watched=watched,
        one=one,
        choice=choice,
        others=others,
        against=other,
        facts=facts,
        note=store.notes().get(shown.id, Note()),
        again=command_of_run(shown),
        charts=run_charts([one], store).values(),
        files=[name for name in FILES if is_there(store, shown, name)],
        logs={name: log_tail(store, shown, name) for name in (RunFile.OUTPUT, RunFile.SERVER_LOG)},
        judgements=(judgements := judgements_of(Catalog(store), shown)),
        rationales=_rationales(store, judgements, choice),
        **_answer(store, choice),
    )


def _rationales(
    store: Store, judgements: Sequence[RunJudgement], choice: ChosenAttempt
) -> list[tuple[str, list[str]]]:
    """What each judge said of the chosen attempt: its name, and a line an item."""
    attempt = choice.attempt
    if attempt is None:
        return []
    return [
        (judged_by(one), list(rationale_lines(row)))
        for one in judgements
        for row in rationales(store, one, attempt.task)
        if row.get("sample") == attempt.sample
    ]


def _look_up(site: Site, run_id: str) -> tuple[Run, LiveRunView | None]:
    """In the history, else among those in progress."""
    try:
        return run_called(site.history, run_id), None
    except BenchError:
        watched = watched_run(site.place, run_id)
        if watched is None:
            raise
        return watched.as_run(), watched


def _answer(store: Store, choice: ChosenAttempt) -> dict[str, Any]:
    """What the page shows of the chosen attempt."""
    if choice.attempt is None:
        return {}
    said = said_in(store, choice.run, choice.attempt)
    language = language_of(said.response, choice.attempt.row.get("language"))
    kinds = {name: "diff" if name == AttemptFile.PATCH else "" for name in said.texts}
    texts = {name: marked(text, kinds[name]) for name, text in said.texts.items()}
    test_line = marked(choice.attempt.test_line, "python")
    return {"said": said, "code": marked(said.code, language), "texts": texts, "test_line": test_line}


def _others(catalog: Catalog, run: Run) -> list[RunHead]:
    """What this run may be held against: the latest good runs of its benchmark, the newest first."""
    same = [head for head in catalog.heads if head.benchmark == run.benchmark and head.id != run.id]
    return sorted(latest_good(same), key=lambda head: head.when, reverse=True)[:100]


def _held_against(catalog: Catalog, others: Sequence[RunHead], wanted: str) -> Run | None:
    """The one that was chosen, else the newest."""
    head = next((one for one in others if one.id == wanted), others[0] if others else None)
    return None if head is None else catalog.run(head)


def _flipped(catalog: Catalog, run: Run, other: Run | None) -> frozenset[str]:
    """The problems that one of the two solved and the other did not."""
    if other is None:
        return frozenset()
    one, two = (contestant(catalog, [each], each.id).outcomes for each in (run, other))
    both = [
        (task, share, share_there)
        for task in {*(one.shares or {}), *(two.shares or {})}
        if (share := one.share(task)) is not None and (share_there := two.share(task)) is not None
    ]
    return frozenset(task for task, here, there in both if (here >= 0.5) != (there >= 0.5))
