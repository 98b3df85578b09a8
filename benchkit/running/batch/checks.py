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
    """What the scripts have to say, all of them."""
    distinct = {command_of(plan): plan for plan in plans}
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return [text for text in pool.map(script_problem, distinct.values()) if text]


def command_of(plan: PlannedRun) -> str:
    """What the script is asked to do, but for the model and the folder."""
    settings = plan.settings
    asked = [getattr(settings, name) for name in (*FOR_SCRIPT, "parallel")]
    return repr((plan.script, settings.script_args, *asked))


def script_problem(plan: PlannedRun) -> str | None:
    """What its script has to say; None where all is well."""
    try:
        check_script(plan)
    except BenchError as error:
        return f"{plan.benchmark.name}: {error}"
    return None
