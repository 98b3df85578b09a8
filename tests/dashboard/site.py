"""A site over a made-up history, as the tests of the pages look at it."""

from __future__ import annotations

from pathlib import Path

from starlette.testclient import TestClient

from benchkit.dashboard.access import Access
from benchkit.dashboard.app import make_app
from benchkit.dashboard.site import Site
from benchkit.records import Run
from benchkit.telling.history.index.history import open_indexed
from tests.telling.comparison.nights import a_history, a_run, with_files

ACCESS = Access("127.0.0.1", 8484, "the-token")
PAGES = ("/launch", "/now", "/leaderboard", "/runs", "/compare", "/models", "/settings")
TASKS = [f"HumanEval/{number}" for number in range(12)]
GOOD = "```python\ndef double(n):\n    return 2 * n\n```"
BAD = "```python\ndef double(n):\n    return n\n```"


def two_models(folder: Path) -> tuple[Run, Run]:
    """Alpha fails problem 7; Beta fails 3, 5 and 7."""
    return (
        a_run_with_files(folder, "Alpha", {7}),
        a_run_with_files(folder, "Beta", {3, 5, 7}),
    )


def a_run_with_files(folder: Path, model: str, failed: set[int]) -> Run:
    run = a_run(
        model, failed=sorted(failed), total=len(TASKS), artifacts=str(folder / "runs" / f"run-{model}")
    )
    verdicts = [(task, "wrong" if n in failed else "passed") for n, task in enumerate(TASKS)]
    answers = {task: BAD if n in failed else GOOD for n, task in enumerate(TASKS)}
    return with_files(folder, run, verdicts, answers)


def site_of(folder: Path, access: Access, *runs: Run) -> Site:
    history = a_history(folder, *runs) if runs else folder / "benchmark_results.json"
    return Site(open_indexed(history), str(history), folder / "runs", (), access, folder / "settings.json")


def looking_at(folder: Path, *runs: Run) -> TestClient:
    app = make_app(site_of(folder, ACCESS, *runs))
    return TestClient(app, base_url=ACCESS.origin, cookies={ACCESS.cookie: ACCESS.token})
