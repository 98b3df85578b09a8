"""From words on the command line to contestants: models and runs that stand in one comparison."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from benchkit.contract import JudgeRun
from benchkit.errors import UsageError
from benchkit.records import Run, Status
from benchkit.telling.comparison import facts
from benchkit.telling.comparison.catalog import Catalog
from benchkit.telling.comparison.conditions import Conditions, conditions, differing, in_words
from benchkit.telling.comparison.outcomes import Outcomes, averaged, outcomes
from benchkit.telling.comparison.parts import Composite
from benchkit.telling.comparison.speeds import earlier_with_speed
from benchkit.telling.history.heads import RunHead

if TYPE_CHECKING:
    from benchkit.telling.comparison.judgements import RunJudgement


@dataclass(frozen=True)
class Contestant:
    """One row of a comparison: a model's run, or its repeated runs averaged."""

    label: str
    runs: tuple[Run, ...]  # the newest first
    outcomes: Outcomes
    mark: str = ""  # what differs from the others, where they are shown together all the same
    composite: Composite | None = None  # where it was asked for
    judgements: tuple[RunJudgement, ...] = ()  # what judges said of it
    earlier: Run | None = None  # whose speed is shown, where all answers were taken from earlier runs

    @property
    def run(self) -> Run:
        return self.runs[0]

    @property
    def timed(self) -> Run:
        """The run whose speed is shown."""
        return self.earlier or self.run


@dataclass(frozen=True)
class Section:
    """Contestants of one benchmark under the same conditions, and what was left out of it."""

    title: str
    contestants: tuple[Contestant, ...]
    left_out: tuple[str, ...] = ()
    conditions: Conditions = field(default_factory=dict)


def sections(
    catalog: Catalog,
    names: Sequence[str],
    benchmark: str | None,
    *,
    repeats: bool,
    anyway: bool,
    stopped: bool = False,
) -> list[Section]:
    """The comparisons that were asked for, one a benchmark; a named run that fits no other is refused.

    With `stopped`, what a race stopped stands beside whole runs of other models, and says so.
    Without names, a benchmark whose runs do not agree never hides the tables of the others.
    """
    chosen = choose(catalog, names, benchmark, stopped=stopped)
    groups = _merged(_grouped(chosen, by_set=not anyway), bool(names))
    return _with_distinct_titles(
        _section(
            _contestants(catalog, entries, repeats),
            named=bool(names),
            alone=len(groups) == 1,
            anyway=anyway,
        )
        for entries in groups
    )


def _with_distinct_titles(all_sections: Iterable[Section]) -> list[Section]:
    """Two benchmarks on one problem set carry its name and their own."""
    all_sections = list(all_sections)
    times = Counter(one.title for one in all_sections)
    return [
        replace(one, title=f"{one.title} ({one.contestants[0].run.benchmark})")
        if times[one.title] > 1
        else one
        for one in all_sections
    ]


def choose(
    catalog: Catalog, names: Sequence[str], benchmark: str | None = None, *, stopped: bool = False
) -> list[RunHead]:
    """The named runs, and of a model its latest good run of each benchmark; without names, of every model."""
    known = catalog.of(names) if names else catalog.latest
    entries = [entry for entry in known if benchmark in (None, entry.benchmark)]
    if not names and benchmark is None:
        entries = without_judges(entries)
    if not entries:
        raise UsageError(_nothing(catalog, benchmark))
    if not names:
        latest = [*latest_good(entries), *(latest_stopped(entries) if stopped else ())]
        if not latest:
            raise UsageError(f"no run in {catalog.place} ended well yet: see bench_runner.py list")
        return sorted(latest, key=lambda entry: entry.when)
    return list(dict.fromkeys(entry for name in names for entry in _named(catalog, entries, name)))


def without_judges(entries: Iterable[RunHead]) -> list[RunHead]:
    """The runs of models that write: judges are compared with one another where somebody names them."""
    return [entry for entry in entries if entry.benchmark not in JudgeRun.ALL]


def latest_good(entries: Iterable[RunHead]) -> list[RunHead]:
    """Of each model and problem set the last run that ended well.

    One benchmark's runs may be on several sets, such as results of one harness that were imported. A run that
    does not name its set counts only where the model has no run of that benchmark that does.
    """
    latest: dict[tuple[str, str, str | None], RunHead] = {}
    for entry in entries:
        if entry.ok:
            key = entry.benchmark, entry.model, entry.problems
            if key not in latest or latest[key].when < entry.when:
                latest[key] = entry
    named = {(entry.benchmark, entry.model) for entry in latest.values() if entry.problems}
    return [
        entry for entry in latest.values() if entry.problems or (entry.benchmark, entry.model) not in named
    ]


def latest_stopped(entries: Iterable[RunHead]) -> list[RunHead]:
    """Of each model and problem set of which it has no good run, the last that a race stopped."""
    entries = list(entries)
    whole = {(entry.benchmark, entry.model, entry.problems) for entry in latest_good(entries)}
    latest: dict[tuple[str, str, str | None], RunHead] = {}
    for entry in entries:
        key = entry.benchmark, entry.model, entry.problems
        newer = key not in latest or latest[key].when < entry.when
        if entry.status == Status.STOPPED and key not in whole and newer:
            latest[key] = entry
    return list(latest.values())


def contestant(catalog: Catalog, runs: Sequence[Run], label: str) -> Contestant:
    average = averaged([outcomes(run, catalog.store) for run in runs])
    return Contestant(label, tuple(runs), average, earlier=earlier_with_speed(catalog, runs[0]))


def repeats_of(catalog: Catalog, run: Run) -> list[Run]:
    """This run and all others of the same file under the same settings, the newest first."""
    others = catalog.good_runs_like(run)
    return [run, *(other for other in others if other.id != run.id and _is_repeat(run, other))]


def _is_repeat(run: Run, other: Run) -> bool:
    """One that took answers of earlier runs repeats nothing."""
    same_file = run.model_file.sha256 == other.model_file.sha256
    return not other.results.reused_answers and same_file and conditions(run) == conditions(other)


def _named(catalog: Catalog, entries: Sequence[RunHead], name: str) -> list[RunHead]:
    """A run by its id, a model by its name, a run by the beginning of its id."""
    exact = [entry for entry in entries if entry.id == name]
    if exact:
        return exact
    of_model = [entry for entry in entries if entry.model == name]
    if of_model:
        latest = latest_good(of_model) or latest_stopped(of_model)
        return sorted(latest, key=lambda entry: entry.when) or _no_good_run(catalog, of_model)
    begun = [entry for entry in entries if entry.id.startswith(name)]
    if len(begun) == 1:
        return begun
    if begun:
        raise UsageError(
            f"{name!r} begins {len(begun)} runs, such as {begun[0].id} and {begun[1].id}: give more of it"
        )
    raise UsageError(_unknown(catalog, name))


def _no_good_run(catalog: Catalog, entries: Sequence[RunHead]) -> list[RunHead]:
    last = catalog.run(max(entries, key=lambda entry: entry.when))
    raise UsageError(
        f"model {last.model!r} has no run that ended well; its last, {last.id}: {last.error or last.status}"
    )


def _unknown(catalog: Catalog, name: str) -> str:
    from difflib import get_close_matches  # takes a while to load

    models = sorted({entry.model for entry in catalog.heads})
    by_fold = {model.casefold(): model for model in models}
    near = [by_fold[fold] for fold in get_close_matches(name.casefold(), by_fold, n=3, cutoff=0.4)]
    near += [model for model in models if name.casefold() in model.casefold() and model not in near]
    said = f"the nearest are {', '.join(near[:3])}" if near else f"known are {', '.join(models[:5])}"
    every = "bench_runner.py leaderboard models"
    return f"no model or run {name!r} in {catalog.place}: {said}; all of them: {every}"


def _nothing(catalog: Catalog, benchmark: str | None) -> str:
    if not len(catalog):
        return f"no runs in {catalog.place} yet: bench_runner.py --model FILE.gguf --benchmark human_eval"
    known = ", ".join(sorted({entry.benchmark for entry in catalog.heads}))
    return f"no runs of benchmark {benchmark!r} in {catalog.place}: it holds {known}"


def _grouped(entries: Sequence[RunHead], *, by_set: bool) -> list[list[RunHead]]:
    """One group a benchmark; where a model has runs on several sets of it, one a set."""
    seen: dict[tuple[str, str], set[str | None]] = defaultdict(set)
    for entry in entries:
        seen[entry.benchmark, entry.model].add(entry.problems)
    several = {benchmark for (benchmark, _), sets in seen.items() if by_set and len(sets) > 1}
    groups: dict[tuple[str, str | None], list[RunHead]] = defaultdict(list)
    for entry in entries:
        groups[entry.benchmark, entry.problems if entry.benchmark in several else None].append(entry)
    return list(groups.values())


def _merged(groups: list[list[RunHead]], named: bool) -> list[list[RunHead]]:
    """Named runs of which no two share a benchmark stay together and are refused."""
    if named and len(groups) > 1 and all(len(entries) == 1 for entries in groups):
        return [[entry for entries in groups for entry in entries]]
    return groups


def _contestants(catalog: Catalog, entries: Sequence[RunHead], repeats: bool) -> list[Contestant]:
    twice = {model for model, count in Counter(entry.model for entry in entries).items() if count > 1}
    chosen = []
    for entry in entries:
        run = catalog.run(entry)
        runs = repeats_of(catalog, run) if repeats else [run]
        label = f"{entry.model} ({entry.id})" if entry.model in twice else entry.model
        chosen.append(contestant(catalog, runs, label))
    return chosen


def _section(contestants: list[Contestant], *, named: bool, alone: bool, anyway: bool) -> Section:
    conditions_by_label = {one.label: conditions(one.run) for one in contestants}
    differences = differing(conditions_by_label.items())
    title = facts.set_name(contestants[0].run)
    if not differences:
        return Section(title, tuple(contestants), (), conditions_by_label[contestants[0].label])
    if anyway:
        return Section(
            title, tuple(_marked(contestants, conditions_by_label)), (), _shared(conditions_by_label)
        )
    group = _largest_group(contestants, conditions_by_label)
    if named or (alone and len(group) < 2):
        these = "these" if alone else f"the {contestants[0].run.benchmark}"
        raise UsageError(
            f"{these} runs cannot be compared, they differ in {in_words(differences)}: "
            "name runs that agree, or show them side by side with --anyway"
        )
    left_out = [one for one in contestants if one not in group]
    reasons = tuple(_why(one, group[0], conditions_by_label) for one in left_out)
    return Section(facts.set_name(group[0].run), tuple(group), reasons, conditions_by_label[group[0].label])


def _largest_group(
    contestants: Sequence[Contestant], conditions_by_label: dict[str, dict[str, str]]
) -> list[Contestant]:
    """Those under the conditions that most have; of several such, the newest run decides."""
    groups: dict[tuple[tuple[str, str], ...], list[Contestant]] = defaultdict(list)
    for one in contestants:
        groups[tuple(conditions_by_label[one.label].items())].append(one)
    newest = {id(one): place for place, one in enumerate(contestants)}
    return max(groups.values(), key=lambda group: (len(group), newest[id(group[-1])]))


def _why(one: Contestant, kept: Contestant, conditions_by_label: dict[str, dict[str, str]]) -> str:
    """`C: temperature 0.8 instead of 0`"""
    own, theirs = conditions_by_label[one.label], conditions_by_label[kept.label]
    odd = [f"{name} {own[name]} instead of {theirs[name]}" for name in own if own[name] != theirs[name]]
    return f"{one.label}: {', '.join(odd)}"


def _marked(
    contestants: Sequence[Contestant], conditions_by_label: dict[str, dict[str, str]]
) -> list[Contestant]:
    kept = _largest_group(contestants, conditions_by_label)[0]
    return [
        one
        if conditions_by_label[one.label] == conditions_by_label[kept.label]
        else replace(one, mark=_why(one, kept, conditions_by_label).partition(": ")[2])
        for one in contestants
    ]


def _shared(conditions_by_label: dict[str, dict[str, str]]) -> dict[str, str]:
    odd = differing(conditions_by_label.items())
    first = next(iter(conditions_by_label.values()))
    return {name: value for name, value in first.items() if name not in odd}
