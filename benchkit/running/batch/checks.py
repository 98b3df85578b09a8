"""Each script's own check before the first server starts: once for each command, not once for each run."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

from benchkit.errors import BenchError
from benchkit.running.plan import PlannedRun
from benchkit.running.runner.check import check_script
from benchkit.settings import FOR_SCRIPT

AT_ONCE = 4


def script_problems(plans: Iterable[PlannedRun]) -> list[str]:
    """The complaints of all scripts' own checks; empty where nothing is wrong."""
    distinct = {command_of(plan): plan for plan in plans}
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return [text for text in pool.map(script_problem, distinct.values()) if text]


def command_of(plan: PlannedRun) -> str:
    """The script's command without model and folder: equal ones are checked once."""
    settings = plan.settings
    asked = [getattr(settings, name) for name in (*FOR_SCRIPT, "parallel")]
    return repr((plan.script, settings.script_args, *asked))


def script_problem(plan: PlannedRun) -> str | None:
    """The complaint of the script's own check; None where nothing is wrong."""
    try:
        check_script(plan)
    except BenchError as error:
        return f"{plan.benchmark.name}: {error}"
    return None
