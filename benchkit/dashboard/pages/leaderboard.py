"""The leaderboard: tiers with their intervals, filters and charts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from benchkit.dashboard.pages.choosing import small_catalog
from benchkit.dashboard.pages.rendering import UNKNOWN, render, site_of
from benchkit.errors import UsageError
from benchkit.runs import number
from benchkit.telling.comparison.board import Board, best_line, boards, lines_below
from benchkit.telling.comparison.catalog import Catalog
from benchkit.telling.comparison.columns import COLUMNS, informative
from benchkit.telling.comparison.narrowing import Narrowing, values_of
from benchkit.telling.comparison.selection import Contestant, choose
from benchkit.telling.history.notes import Note
from benchkit.telling.reports.gallery import charts
from benchkit.telling.reports.svg import Canvas
from benchkit.telling.tables.columns import Column, cell

router = APIRouter()
MOST_ROWS, MOST_DRAWN = 100, 30  # models of a board, and of its charts
MOST_BOARDS = 4  # at once; the menu leads to the others
TITLES = {
    "benchmark": "Benchmark",
    "family": "Family",
    "quantization": "Quantization",
    "language": "Language",
    "area": "Area",
    "difficulty": "Difficulty",
    "tag": "Tag",
}
SHOWN_OTHERWISE = ("model", "score", "low", "high", "mark", "benchmark", "runs", "run", "command")


@dataclass(frozen=True)
class Row:
    """One model."""

    tier: int
    first: bool  # of its tier
    one: Contestant
    cells: Sequence[str]
    note: str


@dataclass(frozen=True)
class Shown:
    """One board as the page shows it."""

    title: str
    how: str
    columns: Sequence[Column[Contestant]]
    rows: Sequence[Row]
    said: Sequence[str]
    charts: Sequence[Canvas]


@router.get("/leaderboard")
def leaderboard(request: Request) -> HTMLResponse:
    catalog = small_catalog(site_of(request).history)
    asked = {name: value for name, value in request.query_params.items() if value}
    found: list[Board] = []
    refused = ""
    if len(catalog):
        try:
            found = _boards(catalog, asked)
        except UsageError as error:
            refused = str(error)
    menus = _menus(catalog) if len(catalog) else []
    shown = found if "benchmark" in asked else found[:MOST_BOARDS]
    further = [board.section.contestants[0].run.benchmark for board in found[len(shown) :]]
    return render(
        request,
        "leaderboard.html",
        boards=[*map(_shown, shown)],
        further=list(dict.fromkeys(further)),
        menus=menus,
        refused=refused,
    )


def _boards(catalog: Catalog, asked: dict[str, str]) -> list[Board]:
    names = ("family", "quantization", "language", "area", "difficulty")
    narrowing = Narrowing(**{name: asked.get(name) for name in names}, most_gib=_gib(asked.get("size")))
    wanted = None if narrowing == Narrowing() else narrowing
    return boards(catalog, asked.get("benchmark"), _gib(asked.get("fits")), asked.get("tag"), wanted)


def _gib(text: str | None) -> float | None:
    try:
        return None if text is None else number(float(text))
    except ValueError:
        return None


def _menus(catalog: Catalog) -> list[tuple[str, str, list[str]]]:
    """What can be chosen; a menu of one is none."""
    try:
        runs = [catalog.run(head) for head in choose(catalog, ())]
    except UsageError:  # none ended well
        runs = []
    tags = {tag for note in catalog.store.notes().values() for tag in note.tags}
    values = {"benchmark": sorted({run.benchmark for run in runs}), **values_of(runs), "tag": sorted(tags)}
    few = {"benchmark": 2}
    return [
        (name, title, values[name])
        for name, title in TITLES.items()
        if len(values.get(name, ())) >= few.get(name, 1)
    ]


def _shown(board: Board) -> Shown:
    rows = [one for _, one in board.ranked]
    columns = [one for one in informative(COLUMNS, rows) if _tells_something(one, rows)]
    conditions = {name: value for name, value in board.section.conditions.items() if value != "unknown"}
    drawn = charts(board.section.title, rows[:MOST_DRAWN]) if rows else {}
    said = lines_below(board) if rows else ["No model here fits, or none has a score."]
    if board.fits is not None and rows:
        said = [best_line(board), *said]
    if len(rows) > MOST_ROWS:
        said = [f"The best {MOST_ROWS} of {len(rows)} models: the filters show others.", *said]
    return Shown(
        board.section.title,
        " · ".join(f"{name} {value}" for name, value in conditions.items()),
        columns,
        _rows(board, columns),
        said,
        tuple(drawn.values()),
    )


def _tells_something(column: Column[Contestant], rows: Sequence[Contestant]) -> bool:
    """A column of nothing but zeros, such as that of empty answers, does not."""
    return column.name not in SHOWN_OTHERWISE and any(column.value(one) for one in rows)


def _rows(board: Board, columns: Sequence[Column[Contestant]]) -> list[Row]:
    found: list[Row] = []
    for tier, one in board.ranked[:MOST_ROWS]:
        note = board.notes.get(one.run.id, Note()).in_words()
        cells = [cell(column, one) or UNKNOWN for column in columns]
        found.append(Row(tier, not found or found[-1].tier != tier, one, cells, note))
    return found
