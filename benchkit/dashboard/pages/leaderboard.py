"""The leaderboard: tiers with their intervals, and filters; its charts come after it, see charts.py."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from benchkit.dashboard.pages.choosing import small_catalog
from benchkit.dashboard.pages.rendering import UNKNOWN, nearest_page, render, site_of
from benchkit.errors import UsageError
from benchkit.json_values import number
from benchkit.telling.comparison.board import Board, best_line, boards, lines_below
from benchkit.telling.comparison.catalog import Catalog
from benchkit.telling.comparison.columns import COLUMNS, informative
from benchkit.telling.comparison.narrowing import Narrowing, values_of
from benchkit.telling.comparison.selection import Contestant, choose, latest_good, without_judges
from benchkit.telling.history.notes import Note
from benchkit.telling.tables.columns import Column, cell

router = APIRouter()
ROWS = 25  # models on a page: with all that it loads it stays below 60 kB
MOST_BENCHMARKS = 4  # at once; the menu leads to the others
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
class BoardRow:
    """One model."""

    tier: int
    first: bool  # of its tier
    one: Contestant
    cells: Sequence[str]
    note: str


@dataclass(frozen=True)
class Shown:
    """What stands of one board on the page."""

    title: str
    benchmark: str
    how: str
    columns: Sequence[Column[Contestant]]
    rows: Sequence[BoardRow]
    said: Sequence[str]


@dataclass(frozen=True)
class BoardPart:
    """The models of a board that are on the page, counted from its best."""

    board: Board
    first: int
    end: int


@dataclass(frozen=True)
class Chosen:
    """What was asked for, of one page."""

    parts: Sequence[BoardPart] = ()
    further: Sequence[str] = ()  # benchmarks with boards that are not among these
    refused: str = ""
    place: int = 1
    pages: int = 1


@router.get("/leaderboard")
def leaderboard(request: Request, page: int = 1) -> HTMLResponse:
    catalog = small_catalog(site_of(request).history)
    chosen = chosen_boards(catalog, request.query_params, page)
    return render(
        request,
        "leaderboard.html",
        chosen=chosen,
        boards=[*map(_shown, chosen.parts)],
        menus=_menus(catalog) if len(catalog) else [],
        filtered=any(value for name, value in request.query_params.items() if name != "page"),
    )


def chosen_boards(catalog: Catalog, query: Mapping[str, str], page: int) -> Chosen:
    """Of the benchmark that was chosen, else of those with most models, as far as they fit on a page."""
    asked = {name: value for name, value in query.items() if value}
    if not len(catalog):
        return Chosen()
    try:
        boards, further = _boards(catalog, asked)
    except UsageError as error:
        return Chosen(refused=str(error))
    place, pages = nearest_page(page, sum(_length(board) for board in boards), ROWS)
    return Chosen([*_parts(boards, (place - 1) * ROWS)], further, "", place, pages)


def _boards(catalog: Catalog, asked: Mapping[str, str]) -> tuple[list[Board], list[str]]:
    """And the names of the benchmarks for which there was no room."""
    if "benchmark" in asked:
        return _boards_of(catalog, asked, asked["benchmark"]), []
    models = Counter(head.benchmark for head in latest_good(without_judges(catalog.heads)))
    left = sorted(models, key=lambda name: (-models[name], name))
    if not left:
        return _boards_of(catalog, asked, None), []  # says why there is none
    boards: list[Board] = []
    refused: UsageError | None = None
    count = benchmarks = 0
    while left and (not boards or (benchmarks < MOST_BENCHMARKS and count + models[left[0]] <= ROWS)):
        name = left.pop(0)
        try:
            boards += _boards_of(catalog, asked, name)
        except UsageError as error:  # these filters leave nothing of this benchmark
            refused = error
        else:
            count, benchmarks = count + models[name], benchmarks + 1
    if not boards and refused is not None:
        raise refused
    return boards, left


def _boards_of(catalog: Catalog, asked: Mapping[str, str], benchmark: str | None) -> list[Board]:
    names = ("family", "quantization", "language", "area", "difficulty")
    narrowing = Narrowing(**{name: asked.get(name) for name in names}, most_gib=_gib(asked.get("size")))
    wanted = None if narrowing == Narrowing() else narrowing
    return boards(catalog, benchmark, _gib(asked.get("fits")), asked.get("tag"), wanted)


def _parts(boards: Sequence[Board], low: int) -> Iterator[BoardPart]:
    start = 0
    for board in boards:
        first, end = max(low - start, 0), min(low + ROWS - start, _length(board))
        if first < end:
            yield BoardPart(board, first, end)
        start += _length(board)


def _length(board: Board) -> int:
    """In rows; that there is none to show is a line as well."""
    return max(1, len(board.ranked))


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


def _shown(part: BoardPart) -> Shown:
    board = part.board
    ranked = board.ranked
    rows = [one for _, one in ranked]
    columns = [one for one in informative(COLUMNS, rows) if _tells_something(one, rows)]
    conditions = {name: value for name, value in board.section.conditions.items() if value != "unknown"}
    said = lines_below(board) if rows else ["No model here fits, or none has a score."]
    if board.fits is not None and rows:
        said = [best_line(board), *said]
    return Shown(
        board.section.title + (f", from place {part.first + 1}" if part.first else ""),
        board.section.contestants[0].run.benchmark,
        " · ".join(f"{name} {value}" for name, value in conditions.items()),
        columns,
        _rows(board, columns, part),
        () if part.first else said,
    )


def _tells_something(column: Column[Contestant], rows: Sequence[Contestant]) -> bool:
    """A column of nothing but zeros, such as that of empty answers, does not."""
    return column.name not in SHOWN_OTHERWISE and any(column.value(one) for one in rows)


def _rows(board: Board, columns: Sequence[Column[Contestant]], part: BoardPart) -> list[BoardRow]:
    rows: list[BoardRow] = []
    for tier, one in board.ranked[part.first : part.end]:
        note = board.notes.get(one.run.id, Note()).in_words()
        cells = [cell(column, one) or UNKNOWN for column in columns]
        rows.append(BoardRow(tier, not rows or rows[-1].tier != tier, one, cells, note))
    return rows
