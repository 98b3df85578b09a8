"""A whole way through the page in a real browser: launch, watch, lose the server, find what failed."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from benchkit.running.batch.state import EntryState, StateJournal, boxes_path
from benchkit.running.live import BoxNow
from benchkit.running.live.boxes import write_boxes
from tests.dashboard.browsing import Dashboard, chromium, new_tab, start_dashboard, until
from tests.support import QUANTIZED, ROOT, runs_in

pytestmark = [pytest.mark.heavy, pytest.mark.timeout(500)]
LONG_RUN = (
    *("--benchmark", "demo", "--server", "xllamacpp", "--temperature", "0", "--max-tokens", "300"),
    *("--samples-per-problem", "50"),  # it is stopped long before its end
)
PROBLEMS = 20


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as found:
        yield found


@pytest.fixture
def tab(browser: Any) -> Iterator[Any]:
    found = new_tab(browser, viewport={"width": 1280, "height": 900})
    yield found
    found.context.close()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where a person starts it, with caches and settings of their own."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    return tmp_path


@pytest.fixture
def dashboard(folder: Path) -> Iterator[Dashboard]:
    started = start_dashboard(folder)
    yield started
    started.stop()


def chips(tab: Any) -> int:
    count: int = tab.locator(".chip").count()
    return count


def test_a_newcomer_launches_the_demo_and_finds_out_why_a_problem_failed(
    tab: Any, folder: Path, dashboard: Dashboard
) -> None:
    """Chips fall to the end; the server is killed in between, and the page goes on when it is back."""
    tab.goto(dashboard.address)
    tab.get_by_role("link", name="Launch a run").click()
    tab.get_by_label("demo-q2_k").check()
    tab.get_by_label("demo", exact=True).check()
    tab.get_by_label("Longest answer, tokens").fill("0")
    until(lambda: "whole number" in tab.locator("#e-max_tokens").text_content())
    assert tab.get_by_role("button", name="Launch", exact=True).is_disabled()
    tab.get_by_label("Longest answer, tokens").fill("300")
    tab.get_by_role("button", name="Launch", exact=True).click()
    tab.wait_for_url("**/now")
    until(lambda: chips(tab) > 2)
    assert "% · Now" in tab.title()
    dashboard.process.send_signal(signal.SIGKILL)
    dashboard.process.wait()
    tab.get_by_text("Connection lost: data from").wait_for()
    again = start_dashboard(folder, port=dashboard.port)
    try:
        tab.context.new_page().goto(again.address)
        tab.locator("#connection").wait_for(state="hidden")
        until(lambda: runs_in(folder), 300)  # a model's two threads take long where others use the cores
        tab.get_by_text("Done").wait_for()
        tab.get_by_role("link", name="demo on demo-q2_k").click()
        until(lambda: chips(tab) == PROBLEMS)
        tab.wait_for_load_state()
        tab.keyboard.press("f")
        tab.locator("#answer").wait_for()
        assert "assert" in tab.locator("#answer .verdict").text_content().lower()
        assert "assert " in tab.get_by_label("The test's line").text_content()
        assert "def " in tab.get_by_label("Code", exact=True).text_content()
    finally:
        again.stop()


def test_a_run_that_is_started_in_a_shell_appears_and_can_be_stopped(
    tab: Any, folder: Path, dashboard: Dashboard
) -> None:
    tab.goto(dashboard.address)
    tab.goto(f"{dashboard.origin}/now")
    command = [sys.executable, str(ROOT / "bench_runner.py"), "--model", str(QUANTIZED), *LONG_RUN]
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as run:
        tab.locator("[data-run]").wait_for()
        until(lambda: chips(tab) > 0)
        tab.locator("[data-run] h2 a").click()
        tab.wait_for_url("**/runs/*")
        until(lambda: "% · " in tab.title())  # the page's script is at work, and hears clicks
        tab.get_by_role("button", name="Stop").click()
        tab.get_by_text("To make it again").wait_for()
        assert "interrupted" in tab.locator("main").text_content()
        assert 0 < chips(tab) < 50 * PROBLEMS
    assert run.returncode == 130


def test_boxes_of_a_batch_appear_and_what_they_do_changes_by_itself(
    tab: Any, folder: Path, dashboard: Dashboard
) -> None:
    """Idle ones too; a box that falls silent counts its seconds, and one that is lost says so."""
    history = folder / "benchmark_results.json"
    heard = time.time()
    boxes = [BoxNow("alpha", at_work=("m1",), heard_at=heard), BoxNow("beta", heard_at=heard - 30)]
    tab.goto(dashboard.address)
    tab.goto(f"{dashboard.origin}/now")
    assert not tab.get_by_role("region", name="Boxes of the cluster").is_visible()
    StateJournal(history).plan([EntryState("k", "m1", "demo")])
    write_boxes(boxes_path(history), boxes)
    row = tab.locator('[data-box="beta"]')
    row.get_by_text("idle").wait_for()
    until(lambda: int(row.locator('[data-field="heard"]').text_content().partition(" ")[0]) > 29)
    write_boxes(boxes_path(history), [boxes[0], replace(boxes[1], is_there=False)])
    row.get_by_text("gone").wait_for()
    assert "at work: m1" in tab.locator('[data-box="alpha"]').text_content()
    write_boxes(boxes_path(history), [replace(boxes[0], at_work=()), boxes[1]])
    tab.locator('[data-box="alpha"]').get_by_text("idle").wait_for()


def test_a_change_appears_though_the_page_cannot_be_fetched_at_once(
    tab: Any, folder: Path, dashboard: Dashboard
) -> None:
    """A fetch that breaks off, or is answered with an error, is repeated: the next change may be far off."""
    refused: list[str] = []

    def refuse(route: Any) -> None:
        if route.request.resource_type != "fetch" or len(refused) == 2:
            route.continue_()
        elif refused:
            refused.append("an error")
            route.fulfill(status=503)
        else:
            refused.append("broken off")
            route.abort()

    tab.goto(dashboard.address)
    tab.route("**/now", refuse)
    tab.goto(f"{dashboard.origin}/now")
    until(lambda: tab.title() and refused)  # a word with the browser lets it ask us
    StateJournal(folder / "benchmark_results.json").plan([EntryState("k", "m1", "demo")])
    tab.get_by_text("1 run: 1 waiting").wait_for()
    assert refused == ["broken off", "an error"]
