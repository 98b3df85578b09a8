"""Checking and starting a batch, as `batch --dry-run` and `batch` do; the batches that were started here."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel

from benchkit.dashboard.api.answers import Refused, TheSite
from benchkit.dashboard.api.choices import CheckedChoices, Choices, check_choices
from benchkit.dashboard.found_models import found_models
from benchkit.dashboard.launches import Launch, find_launch, interrupt, launches, plan_of, start
from benchkit.dashboard.page_settings import PageSettings, read_settings
from benchkit.dashboard.site import Site
from benchkit.environment import ROOT
from benchkit.records import Run
from benchkit.rerun import PROGRAM, command_words, quoted, words_of_settings
from benchkit.running.batch.costs import CostEstimator, ExpectedCost, in_words
from benchkit.running.batch.estimate import Estimate, Estimator
from benchkit.running.batch.expand import Entry, Expansion, expand
from benchkit.running.batch.notify import NTFY_VARIABLE, WEBHOOK_VARIABLE
from benchkit.running.batch.planfile import PlanProblems, make_plan
from benchkit.running.batch.preview import cost_in_words, room_line, sums_line
from benchkit.running.batch.settings import settings_from
from benchkit.running.batch.state import EntryState, StateJournal, read_state
from benchkit.serving.telemetry import machine_facts
from benchkit.serving.telemetry.room import free_room
from benchkit.settings import RunSettings, with_environment
from benchkit.telling.history.finding import Filter, Page, SortOrder
from benchkit.terminal import duration

RECENT = Page(0, 100)  # runs of a benchmark from which times are expected
WAITING = "waiting"

DEFAULT_FOLDERS = (Path("models"), ROOT / "demo")

router = APIRouter()


class CheckedRun(BaseModel):
    """One run of a launch, as a dry run shows it."""

    model: str
    benchmark: str
    place: str
    vram_mb: float | None
    ram_mb: float | None
    fits: str
    expected: str
    cost: str  # in dollars; empty for a model of this machine of which nobody knows its electricity


class CheckAnswer(BaseModel):
    """What is wrong, by field; else what would run."""

    fields: dict[str, str] = {}
    problems: list[str] = []
    notes: list[str] = []
    command: str = ""
    plan: dict[str, Any] = {}
    rows: list[CheckedRun] = []
    sums: list[str] = []


class Started(BaseModel):
    id: str


class LaunchAnswer(BaseModel):
    """A batch that was started from the page; `exit` is null while it runs, or where nobody saw it end."""

    id: str
    state: str
    since: float
    here: bool
    exit: int | None
    tail: list[str]


class StopAnswer(BaseModel):
    stopping: str


@router.post("/check")
def check(choices: Choices, site: TheSite) -> CheckAnswer:
    """What a launch with these choices would run, what it needs and the equal command; starts nothing."""
    checked = _check(choices, site)
    if checked.fields or site.is_read_only:
        return CheckAnswer(fields=checked.fields, problems=[_only_read(site)] if site.is_read_only else [])
    try:
        expansion = _expansion(checked, site)
    except PlanProblems as error:
        return CheckAnswer(problems=error.problems)
    entries = expansion.entries
    room = free_room()
    recent = _recent_runs(site, entries)
    estimator, cost_estimator = Estimator(recent, _machine()), CostEstimator(recent)
    expected = [estimator.expect(entry, room) for entry in entries]
    costs = [cost_estimator.expect(entry) for entry in entries]
    sums = sums_line(entries, expected, [WAITING] * len(entries)), in_words(costs), room_line(room, expected)
    return CheckAnswer(
        notes=list(expansion.notes),
        command=_command(checked, entries, site),
        plan=checked.plan,
        rows=[_row(*row) for row in zip(entries, expected, costs, strict=True)],
        sums=[*filter(None, sums)],
    )


@router.post("/launch", status_code=201)
def launch(choices: Choices, site: TheSite) -> Started:
    """Start a batch of these choices. It waits while another one runs, and lives on without the page."""
    checked = _check(choices, site)
    if checked.fields:
        raise Refused(
            400, "; ".join(f"{name}: {text}" for name, text in checked.fields.items()), checked.fields
        )
    if site.is_read_only:
        raise Refused(409, _only_read(site))
    try:
        entries = _expansion(checked, site).entries
    except PlanProblems as error:
        raise Refused(400, "; ".join(error.problems)) from None
    _forget_done(site, entries)
    return Started(id=_start(checked.plan, entries, site))


@router.get("/launches")
def list_launches(site: TheSite) -> list[LaunchAnswer]:
    """The batches that were started from the page, the newest first, with the last lines they said."""
    return [launch_answer(one, site.place) for one in launches()]


@router.delete("/launches/{launch_id}")
def stop_launch(launch_id: str) -> StopAnswer:
    """Stop a batch: in order the first time, at once the second."""
    launch = find_launch(launch_id)
    if launch is None:
        raise Refused(404, f"no launch {launch_id!r} is known")
    if not launch.alive or not interrupt(launch.owner):
        raise Refused(409, f"launch {launch_id} has ended already")
    return StopAnswer(stopping=stopping(launch_id))


@router.post("/batch/retry", status_code=201)
def retry(site: TheSite) -> Started:
    """Run what failed in the latest batch again; what is done stays done."""
    state = read_state(site.place)
    failed = [one for one in state.of_the_plan() if one.state == "failed"]
    if not failed:
        raise Refused(409, "nothing failed in the latest batch")
    planned = set(state.planned)
    latest = next(
        (one for one in launches() if set(one.keys) == planned and one.history == _place(site)), None
    )
    if latest is None:
        raise Refused(409, "that batch was started in a shell: type its command again with --retry-failed")
    with suppress(OSError, ValueError):
        plan = plan_of(latest)
        return Started(id=_start_plan(plan, latest.keys, site, ("--retry-failed",)))
    raise Refused(409, "the plan of that batch is gone: launch it again")


def launch_answer(one: Launch, place: str) -> LaunchAnswer:
    return LaunchAnswer(
        id=one.id,
        state="running" if one.alive else "ended",
        since=one.since,
        here=one.history == str(Path(place).absolute()),
        exit=one.exit,
        tail=list(one.tail),
    )


_STOPPED: set[str] = set()


def stopping(name: str) -> str:
    """Whether it is asked for the first time; the second time it ends at once."""
    before = name in _STOPPED
    _STOPPED.add(name)
    return "now" if before else "orderly"


def settings_of(site: Site) -> PageSettings:
    return read_settings(site.settings_file)


def model_folders(site: Site) -> list[Path]:
    """Those of the command and of the settings; where nobody named any, the usual one and the demo's."""
    return [*site.models, *map(Path, settings_of(site).models)] or [
        folder for folder in DEFAULT_FOLDERS if folder.is_dir()
    ]


def _check(choices: Choices, site: Site) -> CheckedChoices:
    return check_choices(choices, found_models(model_folders(site)))


def _expansion(checked: CheckedChoices, site: Site) -> Expansion:
    base = RunSettings(benchmark="", history=site.place, runs_dir=site.runs_dir)
    # As the batch itself will: defaults may stand in .env, and the plan names the models.
    return expand(make_plan(checked.plan, "the page"), replace(with_environment(base), model=None))


def _only_read(site: Site) -> str:
    return f"{site.place} can only be read: start the page with --history to launch runs"


def _recent_runs(site: Site, entries: Sequence[Entry]) -> list[Run]:
    names = dict.fromkeys(entry.settings.benchmark for entry in entries)
    newest = SortOrder("added", descending=True)
    return [
        run
        for name in names
        for run in reversed(site.history.find(Filter(benchmark=name, status="ok"), newest, RECENT).runs)
    ]


@cache
def _machine() -> dict[str, Any]:
    return machine_facts()


def _row(entry: Entry, expected: Estimate, cost: ExpectedCost) -> CheckedRun:
    return CheckedRun(
        model=entry.settings.name or "",
        benchmark=entry.settings.benchmark,
        place=entry.place,
        vram_mb=expected.vram_mb,
        ram_mb=expected.ram_mb,
        fits=expected.mark,
        expected="?" if expected.seconds is None else duration(expected.seconds),
        cost=cost_in_words(cost),
    )


def _command(checked: CheckedChoices, entries: Sequence[Entry], site: Site) -> str:
    """The equal command; for what no flags can say, one with the plan, which is to be saved first."""
    places = ["--history", site.place, "--runs-dir", str(site.runs_dir)]
    if len(entries) == 1:
        words = words_of_settings(entries[0].settings)
        return quoted([*words[:1], *places, *words[1:]])
    plan, batch = checked.plan, [PROGRAM, "batch"]
    arguments = [benchmark.get("args", []) for benchmark in plan["benchmarks"]]
    endpoints = [model for model in plan["models"] if not isinstance(model, str)]
    if plan["matrix"] or endpoints or any(words != arguments[0] for words in arguments):
        return quoted([*batch, "plan.json", *places])
    models = [word for model in plan["models"] for word in ("--models", model)]
    named = ["--benchmarks", ",".join(benchmark["name"] for benchmark in plan["benchmarks"])]
    values = settings_from(plan["defaults"])
    values["script_args"] = (*values.get("script_args", ()), *arguments[0])
    return quoted([*batch, *models, *named, *places, *command_words(values)[1:]])


def _forget_done(site: Site, entries: Sequence[Entry]) -> None:
    """Whoever launches wants a run, also where the journal knows one of the same settings."""
    known = read_state(site.place).entries
    again = [entry for entry in entries if entry.key in known and known[entry.key].over]
    if again:
        journal = StateJournal(site.place)
        for entry in again:
            name = entry.settings.name or ""
            journal.run(EntryState(entry.key, name, entry.settings.benchmark, entry.place))


def _start(plan: dict[str, Any], entries: Sequence[Entry], site: Site) -> str:
    return _start_plan(plan, [entry.key for entry in entries], site)


def _start_plan(plan: dict[str, Any], keys: Sequence[str], site: Site, flags: Sequence[str] = ()) -> str:
    settings = settings_of(site)
    addresses = {NTFY_VARIABLE: settings.ntfy_url, WEBHOOK_VARIABLE: settings.webhook_url}
    environment = {name: address for name, address in addresses.items() if address}
    return start(plan, keys, _place(site), site.runs_dir, environment=environment, flags=flags)


def _place(site: Site) -> str:
    return site.place if "://" in site.place else str(Path(site.place).absolute())
