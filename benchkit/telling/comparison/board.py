"""The leaderboard: tiers instead of bare ranks, with the front, the ladders and what fits."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from benchkit.errors import UsageError
from benchkit.telling.comparison import facts
from benchkit.telling.comparison.catalog import Catalog
from benchkit.telling.comparison.conditions import conditions
from benchkit.telling.comparison.narrowing import Narrowing
from benchkit.telling.comparison.selection import Contestant, Section, choose, contestant
from benchkit.telling.comparison.speeds import EARLIER
from benchkit.telling.comparison.standings import (
    QuantizationStep,
    best_that_fits,
    cost,
    energy,
    front,
    ladders,
    speed,
    undisturbed,
    vram,
)
from benchkit.telling.comparison.tiers import correction_words, tiers
from benchkit.telling.history.notes import Note
from benchkit.telling.tables.columns import DOUBTFUL, decimal
from benchkit.telling.tables.width import shortened, shown_width
from benchkit.terminal import printable

GAP = 2
WIDTHS = (7, 0, 6, 13, 9, 11, 0)  # of a row's cells; the label has its own
SCORE_CELLS = 3


@dataclass(frozen=True)
class Board:
    """One benchmark under one set of conditions."""

    section: Section
    tiers: tuple[tuple[Contestant, ...], ...]
    notes: Mapping[str, Note]
    fits: float | None = None
    judged: int = 0  # models with a score, also those that do not fit

    @property
    def ranked(self) -> list[tuple[int, Contestant]]:
        return [(place, one) for place, tier in enumerate(self.tiers, 1) for one in tier]


def boards(
    catalog: Catalog,
    benchmark: str | None,
    fits: float | None,
    tag: str | None,
    narrowing: Narrowing | None = None,
) -> list[Board]:
    """Models that were asked differently stand on boards of their own."""
    known = catalog.store.notes()
    groups: dict[tuple[tuple[str, str], ...], list[Contestant]] = defaultdict(list)
    for entry in choose(catalog, (), benchmark):
        if tag is None or tag in known.get(entry.id, Note()).tags:
            run = catalog.run(entry)
            whole = contestant(catalog, [run], entry.model)
            one = whole if narrowing is None else narrowing.narrowed(whole, catalog.store)
            if one is not None:
                groups[tuple(conditions(run).items())].append(one)
    if not groups:
        what = f"has the tag {tag!r}" if narrowing is None else "is left by these filters"
        raise UsageError(f"no good run in {catalog.place} {what}")
    all_boards = [_board(members, known, fits) for members in groups.values()]
    return sorted(all_boards, key=lambda board: -len(board.section.contestants))


def _board(members: Sequence[Contestant], known: Mapping[str, Note], fits: float | None) -> Board:
    section = Section(facts.set_name(members[0].run), tuple(members), (), conditions(members[0].run))
    whole = tuple(tuple(tier) for tier in tiers(section))
    judged = sum(map(len, whole))
    if fits is not None:
        fitting = {id(one) for one in best_that_fits(members, fits)}
        kept = tuple(tuple(one for one in tier if id(one) in fitting) for tier in whole)
        whole = tuple(tier for tier in kept if tier)
    return Board(section, whole, known, fits, judged)


def as_text(board: Board, width: int | None) -> str:
    said = {name: value for name, value in board.section.conditions.items() if value != "unknown"}
    lines = [board.section.title, " · ".join(f"{name} {value}" for name, value in said.items()), ""]
    if not board.tiers:
        return "\n".join([*lines, _nothing_fits(board)])
    names = min(max(shown_width(one.label) for _, one in board.ranked), max(16, (width or 999) - 60))
    cells = _cells_that_fit(names, width)
    last = 0
    for place, one in board.ranked:
        lines.append(_row(board, place if place != last else None, one, names, cells))
        last = place
    if board.fits is not None:
        lines += ["", best_line(board)]
    return "\n".join(printable(line) for line in [*lines, "", *lines_below(board)])


def best_line(board: Board) -> str:
    """Of a board of those that fit."""
    return f"best that fits in {board.fits:g} GiB of VRAM: {board.tiers[0][0].label}"


def _nothing_fits(board: Board) -> str:
    if board.fits is None:
        benchmark = board.section.contestants[0].run.benchmark
        return f"no run here has a score; its speeds: bench_runner.py compare --benchmark {benchmark}"
    return f"no run is known to fit in {board.fits:g} GiB of VRAM (unknown peaks are left out)"


def _cells_that_fit(names: int, width: int | None) -> int:
    """How many cells of a row a narrow terminal holds; the score stays, the note goes on as long as it is."""
    needed = names
    for count, cell in enumerate(WIDTHS, 1):
        needed += cell + GAP
        if width is not None and count > SCORE_CELLS and needed - GAP > width:
            return count - 1
    return len(WIDTHS)


def _row(board: Board, place: int | None, one: Contestant, names: int, count: int) -> str:
    label = shortened(one.label, names)
    interval = one.outcomes.interval
    cells = [
        f"tier {place}" if place else "",
        label + " " * (names - shown_width(label)),
        f"{one.outcomes.score:5.1f}%",
        f"[{100 * interval[0]:.1f}–{100 * interval[1]:.1f}]" if interval else "[unknown]",
        _known(vram(one), "GiB", 1),
        _known(speed(one), "tok/s", 0) + _speed_marks(one),
        board.notes.get(one.run.id, Note()).in_words(),
    ]
    pairs = zip(cells[:count], WIDTHS, strict=False)
    return (" " * GAP).join(cell.ljust(width) for cell, width in pairs).rstrip()


def _is_doubtful(one: Contestant) -> bool:
    return speed(one) is not None and facts.speed_is_disturbed(one.timed)


def _speed_marks(one: Contestant) -> str:
    return (DOUBTFUL if _is_doubtful(one) else "") + (EARLIER if one.earlier else "")


def _known(value: float | None, unit: str, digits: int) -> str:
    return "" if value is None else f"{decimal(value, digits)} {unit}"


def lines_below(board: Board) -> list[str]:
    """What the tiers mean, who is not beaten, and the ladders."""
    corrected = correction_words(board.judged)
    lines = ["Models of one tier cannot be told apart from its first by these runs."]
    lines += [f"({corrected})"] if corrected else []
    rows = [one for _, one in board.ranked]
    lines += _front_line("not beaten in score and VRAM", front(rows, vram, lower_is_better=True))
    lines += _front_line("not beaten in score and cost", front(rows, cost, lower_is_better=True))
    for gpu, members in _by_gpu(rows).items():
        on = f" on {gpu}" if len(_by_gpu(rows)) > 1 else ""
        lines += _front_line(
            f"not beaten in score and speed{on}", front(members, undisturbed(speed), lower_is_better=False)
        )
        lines += _front_line(
            f"not beaten in score and energy{on}", front(members, undisturbed(energy), lower_is_better=True)
        )
    if any(_is_doubtful(one) for one in rows):
        lines.append(f"{DOUBTFUL} other programs took a part of the processor: such speeds are not ranked")
    if any(one.earlier for one in rows):
        lines.append(f"{EARLIER} the speed of an earlier run: all answers of this one were taken")
    for name, rungs in ladders(rows).items():
        lines.append(f"{name}: " + " > ".join(_rung(rung) for rung in rungs))
    return lines


def _front_line(what: str, members: Sequence[Contestant]) -> list[str]:
    return [f"{what}: {', '.join(one.label for one in members)}"] if members else []


def _by_gpu(rows: Sequence[Contestant]) -> dict[str, list[Contestant]]:
    """Speeds of different machines are never ranked together."""
    groups: dict[str, list[Contestant]] = defaultdict(list)
    for one in rows:
        groups[facts.gpu(one.run)].append(one)
    return dict(sorted(groups.items()))


def _rung(rung: QuantizationStep) -> str:
    size = f", {decimal(rung.size_gib, 1)} GiB" if rung.size_gib is not None else ""
    score = rung.contestant.outcomes.score
    loss = f", {-rung.loss:+.1f}".replace("-", "−") if rung.loss else ""
    return f"{rung.quantization} ({'?' if score is None else f'{score:.1f}%'}{loss}{size})"


def as_records(board: Board) -> list[dict[str, Any]]:
    """One row an entry, for programs."""
    rows = []
    for place, one in board.ranked:
        interval = one.outcomes.interval
        note = board.notes.get(one.run.id, Note())
        rows.append(
            {
                "benchmark": one.run.benchmark,
                "tier": place,
                "model": one.run.model,
                "run": one.run.id,
                "score": one.outcomes.score,
                "interval": [round(100 * end, 4) for end in interval] if interval else None,
                "vram_gib": vram(one),
                "tokens_per_second": speed(one),
                "gpu": facts.gpu(one.run),
                "note": note.text,
                "tags": list(note.tags),
                **({"speed_disturbed": True} if _is_doubtful(one) else {}),
                **({"speed_of_run": one.earlier.id} if one.earlier else {}),
            }
        )
    return rows
