"""The leaderboard: tiers instead of bare ranks, with the front, the ladders and what fits; model by model."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from benchkit.errors import UsageError
from benchkit.telling.comparison import facts
from benchkit.telling.comparison.catalog import Catalog
from benchkit.telling.comparison.conditions import Conditions, conditions, differing, in_words
from benchkit.telling.comparison.narrowing import Narrowing
from benchkit.telling.comparison.selection import Contestant, Section, choose, contestant, latest_good
from benchkit.telling.comparison.standings import (
    Rung,
    best_that_fits,
    energy,
    front,
    ladders,
    speed,
    undisturbed,
    vram,
)
from benchkit.telling.comparison.tiers import correction_words, tiers
from benchkit.telling.history.heads import Head
from benchkit.telling.history.notes import Note
from benchkit.telling.tables.columns import DOUBTFUL, decimal
from benchkit.telling.tables.width import printable, shortened, shown_width

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
        lines += ["", f"best that fits in {board.fits:g} GiB of VRAM: {board.tiers[0][0].label}"]
    return "\n".join(printable(line) for line in [*lines, "", *lines_below(board)])


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
        _known(speed(one), "tok/s", 0) + (DOUBTFUL if _is_doubtful(one) else ""),
        board.notes.get(one.run.id, Note()).in_words(),
    ]
    pairs = zip(cells[:count], WIDTHS, strict=False)
    return (" " * GAP).join(cell.ljust(width) for cell, width in pairs).rstrip()


def _is_doubtful(one: Contestant) -> bool:
    return speed(one) is not None and facts.speed_is_disturbed(one.run)


def _known(value: float | None, unit: str, digits: int) -> str:
    return "" if value is None else f"{decimal(value, digits)} {unit}"


def lines_below(board: Board) -> list[str]:
    """What the tiers mean, who is not beaten, and the ladders."""
    corrected = correction_words(board.judged)
    lines = ["Models of one tier cannot be told apart from its first by these runs."]
    lines += [f"({corrected})"] if corrected else []
    rows = [one for _, one in board.ranked]
    lines += _front_line("not beaten in score and VRAM", front(rows, vram, lower_is_better=True))
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


def _rung(rung: Rung) -> str:
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
            }
        )
    return rows


def model_lines(catalog: Catalog) -> list[str]:
    """`name · 12 runs, 1 failed · last 2026-11-20 · HumanEval 70.1%, LiveCodeBench 12.0%`"""
    if not len(catalog):
        choose(catalog, ())  # says that there is nothing, and what to do
    by_model: dict[str, list[Head]] = defaultdict(list)
    for entry in catalog.heads:
        by_model[entry.model].append(entry)
    return [_model_line(catalog, name, by_model[name]) for name in sorted(by_model, key=str.casefold)]


def _model_line(catalog: Catalog, name: str, entries: Sequence[Head]) -> str:
    failed = sum(not entry.ok for entry in entries)
    scores = []
    for entry in latest_good(entries):
        run = catalog.run(entry)
        score = run.results.score
        scores.append(f"{facts.set_name(run)} {'unknown' if score is None else f'{score:.1f}%'}")
    last = max(entries, key=lambda entry: entry.when)
    runs = f"{len(entries)} run{'s' * (len(entries) > 1)}" + (f", {failed} not ended well" if failed else "")
    return printable(f"{name} · {runs} · last {last.timestamp[:10]} · {', '.join(scores) or 'no score yet'}")


def history_lines(catalog: Catalog, model: str, benchmark: str | None) -> list[str]:
    """Every run of a model in time, with what changed in the settings since the one before."""
    entries = _runs_of(catalog, model, benchmark)
    if not entries:  # no model's name: a run's, or one that the error below calls unknown
        entries = _runs_of(catalog, choose(catalog, (model,), benchmark)[0].model, benchmark)
    known = catalog.store.notes()
    lines: list[str] = []
    before: dict[str, Conditions] = {}
    for entry in sorted(entries, key=lambda entry: entry.when):
        run = catalog.run(entry)
        now = conditions(run)
        last = before.get(entry.benchmark, now)
        changed = in_words(differing([("before", last), ("now", now)]))
        before[entry.benchmark] = now
        lines.append(_history_line(contestant(catalog, [run], run.id), known.get(run.id, Note()), changed))
    return [printable(line) for line in lines]


def _runs_of(catalog: Catalog, model: str, benchmark: str | None) -> list[Head]:
    return [e for e in catalog.heads if e.model == model and benchmark in (None, e.benchmark)]


def _history_line(one: Contestant, note: Note, changed: str) -> str:
    run, interval = one.run, one.outcomes.interval
    score = "no score" if one.outcomes.score is None else f"{one.outcomes.score:.1f}%"
    parts = [
        f"{run.timestamp[:16].replace('T', ' ')}  {run.id}  {facts.set_name(run)}",
        score + (f" [{100 * interval[0]:.1f}–{100 * interval[1]:.1f}]" if interval else ""),
        run.status.value if run.error is None else f"{run.status.value}: {run.error}",
        note.in_words(),
        f"changed: {changed}" if changed else "",
    ]
    return " · ".join(part for part in parts if part)
