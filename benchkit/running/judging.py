"""A model as a judge, served and recorded as in any run: of runs' answers, of itself, of its prompt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from benchkit.contract import JudgeRun
from benchkit.errors import UsageError
from benchkit.records import Run
from benchkit.running.command_line import OUR_SCRIPTS
from benchkit.running.plan import PlannedRun, plan_run
from benchkit.running.runner.check import check_model, check_script
from benchkit.settings import RunSettings
from benchkit.telling.comparison.families import related_by
from benchkit.telling.history import open_store

PROMPT_AND_ANSWER = 9_000  # tokens: a task, an answer's files and the judge's words about each item


RUN_FLAG = "--run"
NOTHING_JUDGED = ("--votes", "1")
"""The words of a judge that is looked at before it is known what it will judge."""


def without_run(words: Sequence[str]) -> tuple[str, ...]:
    """A judge's words without the run it judges, so that times of earlier judgings can be compared."""
    place = words.index(RUN_FLAG) if RUN_FLAG in words else len(words)
    return (*words[:place], *words[place + 2 :])


def judge_settings(settings: RunSettings, benchmark: str, args: Sequence[str]) -> RunSettings:
    """What a judge was told before is not asked again: so it goes on where it, or its server, was stopped."""
    room = settings.answer_tokens or PROMPT_AND_ANSWER
    return replace(settings, benchmark=benchmark, script_args=tuple(args), reuse=True, answer_tokens=room)


def plans_for(runs: Sequence[Run], settings: RunSettings, args: Sequence[str]) -> list[PlannedRun]:
    """One judging run a run, all of them sharing one server."""
    words = [(RUN_FLAG, str(folder_of(run, settings.runs_dir)), *args) for run in runs]
    return [plan_run(judge_settings(settings, JudgeRun.CODE, each)) for each in words]


def plan_of_pairs(runs: Sequence[Run], settings: RunSettings, args: Sequence[str]) -> PlannedRun:
    """The plan of one judging that compares two runs."""
    if len(runs) != 2:
        verb = "is" if len(runs) == 1 else "are"
        raise UsageError(f"--pairwise compares two runs, and {len(runs)} {verb} named")
    first, second = (str(folder_of(run, settings.runs_dir)) for run in runs)
    words = (RUN_FLAG, first, "--against", second, *args)
    return plan_run(judge_settings(settings, JudgeRun.PAIRS, words))


def folder_of(run: Run, runs_dir: Path) -> Path:
    """Where the run's answers lie; UsageError where they are gone."""
    places = [Path(run.artifacts)] if run.artifacts else []
    for place in (*places, runs_dir / run.id):
        if place.is_dir():
            return place.resolve()
    raise UsageError(f"the folder of run {run.id} is gone ({places[0] if places else runs_dir / run.id}): "
                     "a judge reads the answers that lie in it")  # fmt: skip


def why_unreadable(benchmark: str, *, ours: bool) -> str:
    """Why a judge can do nothing with such runs, by whose script made them; empty where it can."""
    if benchmark in JudgeRun.ALL:
        return "a model judges in it"
    return "" if ours else "it keeps no answers that a judge can read"


def why_run_unreadable(run: Run) -> str:
    """Why a judge cannot read this run; older records name no script, and are then taken as readable."""
    ours = run.config.script in (None, *OUR_SCRIPTS) and not run.config.origin
    return why_unreadable(run.benchmark, ours=ours)


def check_judge(settings: RunSettings) -> None:
    """That there is such a model, and all that judging needs; nothing is judged yet."""
    plan = plan_run(judge_settings(settings, JudgeRun.CODE, NOTHING_JUDGED))
    check_model(plan)
    check_script(plan)


def check_plans(plans: Sequence[PlannedRun]) -> None:
    """All that can be wrong before a server is started."""
    check_model(plans[0])
    open_store(plans[0].settings.history).check()
    for plan in plans:
        check_script(plan)


def family_warning(judge: str, model: str) -> str:
    """Judges prefer what sounds like themselves: empty where the two are not related."""
    shared = related_by(judge, model)
    if not shared:
        return ""
    return (
        f"warning: {judge} judges {model}, both of the family {shared}: "
        "judges favour their own kind; take a judge of another family"
    )
