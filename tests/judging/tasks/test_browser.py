"""The tests of pages in a real browser, in the jail: the same checks, a picture, axe's report; no verdict."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

import pytest

from benchkit.asking.tasks import Task, load_catalogue
from benchkit.asking.tasks.folders import read_solution
from benchkit.asking.tasks.prompts import prompt_of
from benchkit.errors import MissingDependency
from benchkit.judging.sandbox import Outcome, open_sandbox
from benchkit.judging.tasks import browser as browser_module
from benchkit.judging.tasks.artifacts import AttemptsFolder
from benchkit.judging.tasks.browser import REPORT, BrowserResult, browser_files, find_browser, see_in_browser
from benchkit.judging.tasks.judge import TaskJudge
from benchkit.judging.tasks.testing import Tester
from benchkit.judging.tasks.toolchains import find_toolchains
from benchkit.verdict import Verdict
from tests.support import ROOT

if TYPE_CHECKING:
    from benchkit.judging.tasks.programs import Programs

COUNTER = load_catalogue(ROOT / "demo" / "tasks" / "html_easy_counter").problems[0]
REACT = load_catalogue(ROOT / "tasks" / "html_hard_react_search_box").problems[0]
PNG = b"\x89PNG\r\n"


@pytest.fixture(scope="module", params=["namespaces", "landlock"])
def judge(request: pytest.FixtureRequest) -> Iterator[TaskJudge]:
    try:
        browser = find_browser()
    except MissingDependency as missing:
        pytest.skip(str(missing))
    toolchains = find_toolchains(["html"])
    if isinstance(found := toolchains.by_language["html"], MissingDependency):
        pytest.skip(str(found))
    with open_sandbox(request.param, 1, toolchains.folders) as sandbox:
        yield TaskJudge(Tester(sandbox, toolchains.by_language), browser)


def answer(task: Task, **changes: str) -> str:
    """The reference, with words of it changed."""
    parts = []
    solution = {name: content.decode() for name, content in read_solution(task).items()}
    for old in changes:
        assert any(old in text for text in solution.values()), f"nothing to change: {old}"
    for name, text in solution.items():
        for old, new in changes.items():
            text = text.replace(old, new)
        parts.append(f"{name}\n````\n{text}\n````\n")
    return "".join(parts)


def nested(depth: int) -> str:
    return '{"checks": [], "axe": {"violations": ' + "[" * depth + "]" * depth + "}}"


@pytest.mark.parametrize("report", [nested(100_000), "[" * 100_000, "1" * 5_000, "\xff", "", "7"])
def test_a_report_that_the_page_made_up_ends_no_run(report: str) -> None:
    """The answer's scripts share the page with those that report; what they write may be anything."""
    outcome = Outcome(Verdict.PASSED, files={REPORT: report.encode("latin-1")})
    programs = cast("Programs", SimpleNamespace(run=lambda *_, **__: outcome))
    seen = see_in_browser(programs, Path("browser"), COUNTER, COUNTER.workspace)
    assert (seen.verdict, seen.detail) == (Verdict.ERROR, "the page did not tell how its tests went")
    assert list(browser_files(seen)) == []


def test_a_report_too_deep_to_be_written_is_left_out() -> None:
    """Between what can be read and what can be written lie a few levels."""
    deep: list[object] = []
    for _ in range(5_000):
        deep = [deep]
    assert list(browser_files(BrowserResult(Verdict.WRONG, axe={"violations": deep}))) == []


@pytest.mark.heavy
@pytest.mark.parametrize("task", [COUNTER, REACT], ids=lambda task: task.id)
def test_the_reference_passes_its_tests_in_a_browser(judge: TaskJudge, task: Task) -> None:
    """Every check that runs on the DOM library runs there, those of React components too."""
    attempt = judge.judge_answer(task, answer(task))
    assert attempt.seen is not None
    assert (attempt.seen.verdict, attempt.seen.detail) == (Verdict.PASSED, "")
    assert len(attempt.seen.checks) == task.checks
    assert attempt.seen.picture.startswith(PNG)


@pytest.mark.heavy
def test_a_page_is_seen_and_kept(judge: TaskJudge, tmp_path: Path) -> None:
    """One that is wrong fails there as well; picture and report lie beside what else is kept."""
    attempt = judge.judge_answer(COUNTER, answer(COUNTER, role="data-role"))
    assert attempt.verdict is Verdict.WRONG
    seen = attempt.as_record()["browser"]
    assert (seen["verdict"], seen["checks"], seen["checks_passed"]) == ("wrong", 8, 7)
    folder = AttemptsFolder(tmp_path, "m").keep(COUNTER.id, 0, prompt_of(COUNTER, "whole"), "", attempt, {})
    assert (folder / "screenshot.png").read_bytes().startswith(PNG)
    if seen["axe_violations"] is not None:
        assert len(json.loads((folder / "axe.json").read_text())["violations"]) == seen["axe_violations"]


@pytest.mark.heavy
@pytest.mark.parametrize(
    ("script", "verdict"),
    [
        ("while (true) {}", Verdict.TIMEOUT),
        (
            "Object.defineProperty(parent, 'benchReport', { value: '{\"checks\": 3, \"axe\": [1]}' })",
            Verdict.WRONG,
        ),
        (
            "fetch('http://127.0.0.1:1/').catch(() => { document.body.dataset.refused = 'yes'; })",
            Verdict.PASSED,
        ),
    ],
    ids=["hangs", "a report without checks", "asks the network"],
)
def test_a_hostile_page_changes_no_verdict(
    judge: TaskJudge, monkeypatch: pytest.MonkeyPatch, script: str, verdict: Verdict
) -> None:
    """What it does in the browser is told, and is no more than a second opinion."""
    monkeypatch.setattr(browser_module, "WALL_S", 4.0 if verdict is Verdict.TIMEOUT else 30.0)
    page = answer(COUNTER).replace(
        "<script>", f"<script>if (parent !== window) {{ {script} }}</script><script>"
    )
    attempt = judge.judge_answer(COUNTER, page)
    assert attempt.verdict is Verdict.PASSED
    assert attempt.seen is not None
    assert attempt.seen.verdict is verdict, attempt.seen
    attempt.as_record()


def test_a_browser_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(browser_module, "PLACES", ())
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(MissingDependency, match="sudo apt install chromium-headless-shell"):
        find_browser()
