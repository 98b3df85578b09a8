"""The charts that a comparison has data for, and the way of a drawing into SVG, PNG and PDF files."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from itertools import chain, count
from pathlib import Path
from typing import Any

from benchkit.contract import RunFile, ScorePart
from benchkit.json_values import number
from benchkit.records import Run
from benchkit.telling.comparison import facts
from benchkit.telling.comparison.catalog import Catalog
from benchkit.telling.comparison.columns import gpus
from benchkit.telling.comparison.composite import Scoring, scored
from benchkit.telling.comparison.selection import Contestant, contestant, sections
from benchkit.telling.comparison.standings import Measure, cost, energy, front, speed, undisturbed, vram
from benchkit.telling.comparison.tiers import by_score
from benchkit.telling.history.artifacts import artifact_rows
from benchkit.telling.history.base import Store
from benchkit.telling.history.heads import UNKNOWN_MOMENT, moment
from benchkit.telling.reports.charts import (
    Moment,
    Point,
    Score,
    by_difficulty,
    ranking,
    stacked,
    timeline,
    trade_off,
)
from benchkit.telling.reports.page import as_pdf
from benchkit.telling.reports.png import as_png
from benchkit.telling.reports.profiles import MOST_ON_RADAR, Metric, Series, problem_grid, radar, resources
from benchkit.telling.reports.svg import Canvas
from benchkit.telling.reports.writing import write

COSTS: tuple[tuple[str, Measure, str, bool, bool], ...] = (
    # name, measure, axis, lower is better, depends on the GPU
    ("vram", vram, "peak VRAM, GiB", True, False),
    ("speed", undisturbed(speed), "generation speed, tokens/s", False, True),
    ("cost", cost, "cost, dollars per solved problem", True, False),
    ("energy", undisturbed(energy), "energy, Wh per solved problem", True, True),
)
MOST_RUNS_WATCHED = 3
MOST_MOMENTS = 60
LONGEST_RUN_S = 30 * 86_400


def charts(title: str, contestants: Sequence[Contestant]) -> dict[str, Canvas]:
    """By a short name, all charts of one section that have data."""
    rows = by_score([one for one in contestants if one.outcomes.score is not None])
    drawn: dict[str, Canvas | None] = {"ranking": ranking(f"{title}: score", [_score(one) for one in rows])}
    for name, measure, axis, lower, by_gpu in COSTS:
        for gpu, members in _grouped(rows, by_gpu).items():
            drawn[f"score-against-{name}{_slug(gpu)}"] = _trade_off(title, members, measure, axis, lower, gpu)
    drawn["profile"] = _radar(title, rows)
    drawn["parts"] = _parts_radar(title, rows)
    drawn["overall"] = stacked(f"{title}: what makes up the overall", _contributions(rows))
    drawn["difficulty"] = by_difficulty(
        f"{title}: by difficulty", [(one.label, facts.difficulties(one.run)) for one in rows]
    )
    drawn["problems"] = _grid(title, rows)
    return {name: canvas for name, canvas in drawn.items() if canvas is not None}


def run_charts(contestants: Sequence[Contestant], store: Store) -> dict[str, Canvas]:
    """What the best runs took over their time."""
    drawn: dict[str, Canvas] = {}
    for one in by_score(contestants):
        canvas = resources(f"{one.label}: resources over the run", _series(one.run, store))
        if canvas is not None and len(drawn) < MOST_RUNS_WATCHED:
            drawn[f"resources-{one.label}"] = canvas
    return drawn


def histories(catalog: Catalog, contestants: Sequence[Contestant]) -> dict[str, Canvas]:
    """The scores over time of models that were run repeatedly."""
    drawn: dict[str, Canvas] = {}
    for one in contestants:
        wanted = one.run.model, one.run.benchmark, one.run.problem_set.name or None
        entries = [e for e in catalog.heads if e.ok and (e.model, e.benchmark, e.problems) == wanted]
        latest = sorted(entries, key=lambda entry: entry.when)[-MOST_MOMENTS:]
        runs = [catalog.run(entry) for entry in latest] if len(latest) > 1 else []
        moments = [point for run in runs if (point := _moment(catalog, run)) is not None]
        canvas = timeline(f"{one.run.model}: {facts.set_name(one.run)} over time", moments)
        if canvas is not None:
            drawn[f"history-{one.label}"] = canvas
    return drawn


def write_charts(
    catalog: Catalog, names: Sequence[str], benchmark: str | None, *, anyway: bool, folder: Path, style: str
) -> list[Path]:
    """Draw everything there are data for into a folder; returns the files."""
    save = SAVERS[style]
    written: list[Path] = []
    compared = sections(catalog, names, benchmark, repeats=False, anyway=anyway)
    for section in (scored(one, Scoring()) for one in compared):
        drawn = charts(section.title, section.contestants)
        drawn |= histories(catalog, section.contestants)
        drawn |= run_charts(section.contestants, catalog.store)
        for name, canvas in drawn.items():
            written.append(_unused(folder, _slug(f"{section.title}-{name}").strip("-"), style, written))
            write(written[-1], save(canvas))
    return written


def _unused(folder: Path, name: str, style: str, written: Sequence[Path]) -> Path:
    """Names that differ in a sign only, or long ones in their ends, must not share a file."""
    numbered = (f"{name}-{n}.{style}" for n in count(2))
    return next(p for each in chain((f"{name}.{style}",), numbered) if (p := folder / each) not in written)


def as_svg(canvas: Canvas) -> bytes:
    return canvas.svg().encode()


SAVERS: dict[str, Callable[[Canvas], bytes]] = {"svg": as_svg, "png": as_png, "pdf": as_pdf}


def _slug(name: str) -> str:
    """A part of a file's name: `-nvidia-rtx-3090`; empty for an empty name."""
    words = re.sub(r"[^\w.+]+", "-", name.lower()).strip("-.")
    return f"-{words}"[:120] if words else ""


def _score(one: Contestant) -> Score:
    known, interval = one.outcomes, one.outcomes.interval
    low, high = (100 * interval[0], 100 * interval[1]) if interval else (None, None)
    note = f"{known.passed}/{known.total}" if known.passed is not None and known.total else ""
    return Score(one.label, known.score or 0.0, low, high, note)


def _grouped(rows: Sequence[Contestant], by_gpu: bool) -> dict[str, list[Contestant]]:
    """Speeds only within one GPU; its name is shown where there are several."""
    if not by_gpu or len(gpus(rows)) < 2:
        return {"": list(rows)}
    groups: dict[str, list[Contestant]] = defaultdict(list)
    for one in rows:
        groups[facts.gpu(one.run)].append(one)
    return groups


def _trade_off(
    title: str, rows: Sequence[Contestant], measure: Measure, axis: str, lower: bool, gpu: str
) -> Canvas | None:
    unbeaten = {id(one) for one in front(rows, measure, lower_is_better=lower)}
    points = [
        Point(one.label, cost, one.outcomes.score, id(one) in unbeaten)
        for one in rows
        if (cost := measure(one)) is not None and one.outcomes.score is not None
    ]
    what = f"{title}: score against {axis.partition(',')[0]}" + (f" on {gpu}" if gpu else "")
    return trade_off(what, points, axis, lower_is_better=lower)


def _radar(title: str, rows: Sequence[Contestant]) -> Canvas | None:
    rows = rows[:MOST_ON_RADAR]

    def of(name: str) -> tuple[float | None, ...]:
        return tuple(undisturbed(lambda row: facts.measured(row.run, name))(one) for one in rows)

    metrics = [
        Metric("score, %", tuple(one.outcomes.score for one in rows)),
        Metric("VRAM, GiB", tuple(vram(one) for one in rows), True),
        Metric("file, GiB", tuple(facts.size_gib(one.run) for one in rows), True),
    ]
    if len(gpus(rows)) == 1:
        metrics += [
            Metric("speed, tok/s", of("tokens_per_second")),
            Metric("prompt, tok/s", of("prompt_tokens_per_second")),
            Metric("first token, s", of("time_to_first_token_s"), True),
            Metric("Wh per solved", tuple(undisturbed(energy)(one) for one in rows), True),
        ]
    return radar(f"{title}: profile", [one.label for one in rows], metrics)


def _parts_radar(title: str, rows: Sequence[Contestant]) -> Canvas | None:
    known = [(one.label, one.composite) for one in rows if one.composite and one.composite.says_more]
    known = known[:MOST_ON_RADAR]
    metrics = [
        Metric(str(part), tuple(composite.points(part) for _, composite in known), full=100.0)
        for part in ScorePart
    ]
    return radar(f"{title}: parts of the composite", [name for name, _ in known], metrics)


def _contributions(rows: Sequence[Contestant]) -> list[tuple[str, dict[str, float]]]:
    """Of the models that have an overall, how much each part adds to it."""
    composites = [(one.label, one.composite) for one in rows if one.composite and one.composite.says_more]
    whole = [(name, composite) for name, composite in composites if composite.overall is not None]
    ordered = sorted(whole, key=lambda pair: -(pair[1].overall or 0))
    return [
        (name, {str(part): weight * (one.points(part) or 0) for part, weight in one.weights.items()})
        for name, one in ordered
    ]


def _grid(title: str, rows: Sequence[Contestant]) -> Canvas | None:
    known = [(one.label, one.outcomes) for one in rows if one.outcomes.shares is not None]
    tasks = sorted({task for _, known_outcomes in known for task in known_outcomes.shares or {}}, key=natural)
    shares = [
        (name, {task: share for task in tasks if (share := known_outcomes.share(task)) is not None})
        for name, known_outcomes in known
    ]
    complete = any(not known_outcomes.unlisted for _, known_outcomes in known)
    what = "problems and models" if complete else "problems that some model failed"
    return problem_grid(f"{title}: {what}", shares, tasks)


def natural(task: str) -> list[tuple[bool, int, str]]:
    """Orders `HumanEval/9` before `HumanEval/10`."""
    return [
        (part.isdecimal(), int(part) if part.isdecimal() else 0, part) for part in re.split(r"(\d+)", task)
    ]


def _moment(catalog: Catalog, run: Run) -> Moment | None:
    when = moment(run.timestamp)
    if run.results.score is None or when == UNKNOWN_MOMENT:
        return None
    return Moment(when, _score(contestant(catalog, [run], run.model)))


def _series(run: Run, store: Store) -> list[Series]:
    """What the sampler wrote over the run's time, and the tokens of its answers."""
    names = {"vram_used_mb": ("VRAM, GiB", 1024), "ram_mb": ("RAM, GiB", 1024), "power_w": ("power, W", 1)}
    points: dict[str, list[tuple[float, float]]] = {name: [] for name in names}
    for row in artifact_rows(store, run, RunFile.TELEMETRY):
        seconds = number(row.get("seconds"))
        for name, (_, divisor) in names.items():
            value = number(row.get(name))
            if seconds is not None and value is not None:
                points[name].append((seconds, value / divisor))
    series = [Series(names[name][0], tuple(values)) for name, values in points.items()]
    answers = artifact_rows(store, run, RunFile.ANSWERS)
    return [
        *series,
        Series("generation, tokens/s over 5 s", tuple(_tokens(answers, _began(run)))),
    ]


def _began(run: Run) -> float | None:
    when = moment(run.timestamp)
    return None if when == UNKNOWN_MOMENT else when.timestamp()


def _tokens(
    answers: Iterable[dict[str, Any]], began: float | None = None, step_s: float = 5.0
) -> list[tuple[float, float]]:
    """Tokens a second since the run began, each answer's spread evenly over the time it took."""
    spans = []
    for row in answers:
        start, seconds, tokens = (number(row.get(n)) for n in ("started", "seconds", "completion_tokens"))
        if start and seconds and tokens:
            spans.append((start, seconds, tokens))
    begin = min((start for start, _, _ in spans), default=0.0) if began is None else began
    bins: dict[int, float] = defaultdict(float)
    for start, seconds, tokens in spans:
        first, last = start - begin, start - begin + seconds
        if first < 0 or last > LONGEST_RUN_S:
            continue  # of the run before it was resumed, or of a clock that was set meanwhile
        for n in range(int(first / step_s), int(last / step_s) + 1):
            overlap = min(last, (n + 1) * step_s) - max(first, n * step_s)
            bins[n] += tokens * max(0.0, overlap) / seconds / step_s
    return [(n * step_s, bins.get(n, 0.0)) for n in range(max(bins, default=-1) + 1)]
