"""Two or more runs: what their scores prove, and the problems that flipped, both codes side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from benchkit.dashboard.page_settings import read_settings
from benchkit.dashboard.pages.answers import shared_beginning
from benchkit.dashboard.pages.choosing import small_catalog
from benchkit.dashboard.pages.rendering import UNKNOWN, render, site_of
from benchkit.errors import UsageError
from benchkit.telling.comparison.catalog import Catalog
from benchkit.telling.comparison.composite import Scoring, scored
from benchkit.telling.comparison.judgements import with_judgements
from benchkit.telling.comparison.page import MOST_FOR_ALL_PAIRS, ComparisonPage, pages, remarks, verdict_lines
from benchkit.telling.comparison.part_table import part_table
from benchkit.telling.comparison.selection import latest_good, sections, without_judges
from benchkit.telling.comparison.tiers import by_score
from benchkit.telling.history.heads import RunHead
from benchkit.telling.reports.flips import Flip, flips
from benchkit.telling.reports.gallery import charts
from benchkit.telling.reports.material import how_asked
from benchkit.telling.reports.svg import Canvas
from benchkit.telling.tables.columns import cells
from benchkit.weights import read_weights

router = APIRouter()
MOST_OFFERED = 200


@dataclass(frozen=True)
class FlipChip:
    """One flipped problem as a chip, seen from the first run that was named."""

    task: str
    label: str
    won: bool
    href: str


@dataclass(frozen=True)
class ComparisonView:
    """The runs of one benchmark side by side."""

    page: ComparisonPage
    how: str
    said: Sequence[str]
    verdicts: Sequence[tuple[str, str]]  # the line, and its word for the style
    flips: Sequence[FlipChip]
    flip: Flip | None
    keys: Sequence[tuple[str, str, str]]
    table: Sequence[tuple[str, Sequence[str]]]
    charts: Sequence[Canvas]


@router.get("/compare")
def compare(request: Request, flip: str = "", anyway: int = 0) -> HTMLResponse:
    named = request.query_params.getlist("run")
    catalog = small_catalog(site_of(request).history, named)
    shown: list[ComparisonView] = []
    refused = ""
    offered = _offered(catalog, named)
    if len(named) > 1 or (not named and 1 < len(offered) <= MOST_FOR_ALL_PAIRS):
        try:
            compared = sections(catalog, named, None, repeats=False, anyway=bool(anyway))
            scoring = Scoring(_weights(request))
            judges = Catalog(catalog.store)  # two of one name are two: the latest of a name is not enough
            compared = [scored(with_judgements(one, judges), scoring) for one in compared]
            base = f"/compare?{urlencode([('run', name) for name in named], errors='surrogatepass')}"
            base += "&anyway=1" if anyway else ""
            shown = [
                _compared(catalog, one, base, flip) for one in pages(compared, None) if len(one.rows) > 1
            ]
        except UsageError as error:
            refused = str(error)
    elif len(named) == 1:
        refused = "One run is chosen: choose another to hold it against."
    return render(
        request,
        "compare.html",
        shown=shown,
        refused=refused,
        offered=offered,
        named=named,
        anyway=anyway,
    )


def _weights(request: Request) -> Mapping[str, float] | None:
    """Those of the page's settings; None where nobody set any."""
    text = read_settings(site_of(request).settings_file).weights
    return read_weights(text) if text else None


def _offered(catalog: Catalog, named: Sequence[str]) -> list[RunHead]:
    """What can be chosen: the latest good run of each model, and what is chosen already."""
    latest = {head.id for head in latest_good(without_judges(catalog.heads))}
    offered = [head for head in catalog.heads if head.id in latest or head.id in named]
    offered.sort(key=lambda head: (head.id not in named, head.benchmark, head.model.casefold()))
    return offered[:MOST_OFFERED]


def _compared(catalog: Catalog, page: ComparisonPage, base: str, wanted: str) -> ComparisonView:
    flipped = list(flips(by_score(page.rows), catalog.store))
    chosen = next((n for n, one in enumerate(flipped) if one.task == wanted), 0 if flipped else None)
    first = page.rows[0].label
    shared = shared_beginning([one.task for one in flipped]) if flipped else 0
    chips = [
        FlipChip(
            one.task,
            one.task[shared:],
            first in one.solved_by,
            f"{base}&{urlencode({'flip': one.task}, errors='surrogatepass')}#flip",
        )
        for one in flipped
    ]
    all_columns = dict.fromkeys((*page.columns, *part_table(page.rows)))
    columns = [column for column in all_columns if column.name not in ("model", "run", "command")]
    texts = [cells(column, page.rows) for column in columns]
    lines = verdict_lines(page)
    words = [verdict.word.value for verdict in page.shown_verdicts()[0]]
    return ComparisonView(
        page,
        how_asked(page),
        remarks(page),
        list(zip(lines, [*words, *[""] * len(lines)], strict=False)),
        chips,
        None if chosen is None else flipped[chosen],
        _keys(chips, chosen),
        [
            (column.title, [text or UNKNOWN for text in row])
            for column, row in zip(columns, texts, strict=True)
        ],
        tuple(charts(page.section.title, page.rows).values()),
    )


def _keys(chips: Sequence[FlipChip], chosen: int | None) -> list[tuple[str, str, str]]:
    if chosen is None:
        return []
    after = [("x", "next flipped", chips[chosen + 1].href)] if chosen + 1 < len(chips) else []
    before = [("X", "previous flipped", chips[chosen - 1].href)] if chosen else []
    return [*after, *before]
