"""The page in a real browser: what a person and a screen reader meet, with keys and on every width."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from benchkit.dashboard.access import Access
from benchkit.dashboard.app import make_app
from benchkit.running.batch.state import EntryState, RaceState, StateJournal
from tests.dashboard.browsing import axe_source, chromium, complaints_of, new_tab, sideways, until
from tests.dashboard.raw import served
from tests.dashboard.site import a_run_with_files, site_of, two_models
from tests.telling.comparison.nights import a_history, a_run

pytestmark = pytest.mark.heavy
PAGES = (
    "/launch",
    "/now",
    "/leaderboard",
    "/runs",
    "/runs/run-Beta",
    "/runs/run-Beta?task=HumanEval/7",
    "/compare?run=run-Alpha&run=run-Beta",
    "/models",
    "/models/Beta",
    "/charts/leaderboard",
    "/settings",
    "/runs/no-such-run",
)
PHONE, DESK, WALL = 390, 1280, 3840


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A page over two runs, as the printed link opens it."""
    folder = tmp_path_factory.mktemp("site")
    runs = two_models(folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        begin_a_race(folder / "benchmark_results.json")

        def app(access: Access) -> Any:
            return make_app(site_of(folder, access, *runs))

        with served(app) as access:
            yield access.address


def begin_a_race(history: Path) -> None:
    """So that the page of what is going on has all of its tables."""
    names = ("Qwen2.5-Coder-32B-Instruct-Q4_K_M", "gemma-3-27b-it-Q4_K_M", "phi-4-Q8_0")
    states = [EntryState(f"key-{name}", name, "human_eval", run_id=f"run-{name}") for name in names]
    journal = StateJournal(history)
    journal.plan([*states, EntryState("waiting", names[0], "mbpp")])
    journal.race(RaceState("race", 7, "best", tuple(state.key for state in states), (20, 60)))
    why = "stopped after 20 of 164 problems: it cannot be the best (12 behind Qwen2.5-Coder-32B-Instruct)"
    for state, now, error in zip(
        states, ("racing", "stopped", "failed"), (None, why, "out of VRAM"), strict=True
    ):
        journal.run(replace(state, state=now, score=50.0, answered=20, problems=164, error=error))


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as found:
        yield found


@pytest.fixture
def page(browser: Any, address: str) -> Iterator[Any]:
    """A tab that was opened by the printed link; whatever its scripts complain of fails the test."""
    tab = new_tab(browser, base_url=address.partition("/?")[0], viewport={"width": DESK, "height": 900})
    complaints: list[str] = []
    tab.on("pageerror", lambda error: complaints.append(str(error)))
    tab.on("console", lambda said: complaints.append(said.text) if _is_ours(said) else None)
    tab.goto(address)
    yield tab
    tab.context.close()
    assert complaints == []


def _is_ours(said: Any) -> bool:
    """A page that is not found is told by the browser as well."""
    return said.type == "error" and "404" not in said.text


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_and_nothing_scrolls_sideways(
    browser: Any, address: str, theme: str, axe: str
) -> None:
    """On each page, from a phone to a wall, in both themes."""
    tab = new_tab(
        browser,
        base_url=address.partition("/?")[0],
        color_scheme=theme,
        bypass_csp=True,  # for axe alone
    )
    tab.goto(address)
    found: list[str] = []
    for path in PAGES:
        tab.set_viewport_size({"width": DESK, "height": 900})
        tab.goto(path)
        tab.locator("[data-part]").first.wait_for(state="detached")
        found += [f"{path} {line}" for line in complaints_of(tab, axe)]
        for width in (PHONE, WALL):
            tab.set_viewport_size({"width": width, "height": 900})
            found += [f"{path} at {width}: {line}" for line in sideways(tab)]
    tab.context.close()
    assert found == []


@pytest.mark.heavy
def test_a_model_with_a_very_long_name_makes_no_page_wider_than_a_phone(browser: Any, tmp_path: Path) -> None:
    """A name without a place to break it, in lists, filters and choices."""
    run = a_run_with_files(tmp_path, "m" * 120, {7})
    with served(lambda access: make_app(site_of(tmp_path, access, run))) as access:
        tab = new_tab(browser, viewport={"width": PHONE, "height": 900})
        tab.goto(access.address)
        found = []
        for path in ("/leaderboard", "/runs", f"/runs/{run.id}", "/compare", "/models", "/launch"):
            tab.goto(access.origin + path)
            found += [f"{path}: {line}" for line in sideways(tab)]
        tab.context.close()
    assert found == []


@pytest.fixture(scope="module")
def axe() -> str:
    return axe_source()


def test_keys_lead_from_one_failed_or_flipped_problem_to_the_next(page: Any) -> None:
    """f and F: failed; x and X: flipped, that is solved by the other run; the address tells which."""
    page.goto("/runs/run-Beta?against=run-Alpha")
    for key, task in (("x", 3), ("x", 5), ("f", 7), ("F", 5), ("X", 3), ("j", 4), ("k", 3)):
        page.keyboard.press(key)
        page.wait_for_url(f"**/runs/run-Beta?task=HumanEval%2F{task}&*")
    assert "return n" in page.locator("#answer pre").first.text_content()


def test_keys_are_silent_while_a_person_types(page: Any) -> None:
    page.goto("/runs")
    page.keyboard.press("/")
    page.keyboard.type("f3?")
    assert page.locator("#q").input_value() == "f3?"
    page.keyboard.press("Escape")
    page.locator("#main").focus()
    page.keyboard.press("?")
    assert page.locator("#keys").is_visible()


def test_all_of_a_page_is_reached_by_the_tab_key(page: Any) -> None:
    """From the link that skips the menu to the last button, without a trap."""
    page.goto("/leaderboard")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    reached = set()
    for _ in range(60):
        page.keyboard.press("Tab")
        reached.add(page.evaluate("document.activeElement.outerHTML.slice(0, 80)"))
    for wanted in ("Compare the chosen", 'value="run-Beta"', "/runs/run-Alpha", 'id="show-keys"'):
        assert any(wanted in one for one in reached), wanted


def test_two_models_of_the_leaderboard_are_compared_and_their_codes_stand_side_by_side(page: Any) -> None:
    page.goto("/leaderboard")
    for box in page.locator('input[name="run"]').all():
        box.check()
    page.get_by_role("button", name="Compare the chosen").click()
    page.wait_for_load_state()
    assert "Beta vs Alpha" in page.locator(".verdict").first.text_content()
    assert page.locator(".sides td.minus").first.text_content().strip() == "return n"
    page.keyboard.press("x")
    page.wait_for_url("**flip=HumanEval%2F5**")


def test_no_click_is_lost_that_comes_before_the_script(page: Any) -> None:
    """The button cannot be pressed until somebody hears it."""
    held: list[Any] = []
    page.route("**/static/actions.js", lambda route: held.append(route))
    page.goto("/runs/run-Beta", wait_until="commit")
    delete = page.get_by_role("button", name="Delete this run")
    delete.wait_for()
    assert delete.is_disabled()
    until(lambda: held or page.wait_for_timeout(10))
    held[0].continue_()
    delete.click()
    page.get_by_text("Its files stay where they are.").wait_for()
    page.get_by_role("button", name="Cancel").click()


def test_a_search_stands_in_the_address_and_survives_going_back(page: Any) -> None:
    page.goto("/runs")
    page.locator("#q").fill("alpha")
    page.keyboard.press("Enter")
    page.wait_for_url("**q=alpha**")
    page.locator("tbody a").first.click()
    page.wait_for_url("**/runs/run-Alpha")
    page.go_back()
    assert page.locator("#q").input_value() == "alpha"
    assert page.locator("tbody tr").count() == 1


def test_a_hundred_thousand_runs_are_paged_searched_and_never_shown_at_once(
    browser: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While they are read the page says how far it is, and comes by itself when they are."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    count = 100_000
    lines = (
        f'{{"id": "run-{n:06}", "timestamp": "2026-01-01T00:00:00+00:00", "benchmark": "demo", '
        f'"model": "model-{n % 50}", "status": "ok", "error": null, "telemetry": {{}}, '
        f'"results": {{"score": {n % 100}}}, "config": {{}}}}'
        for n in range(count)
    )
    (tmp_path / "benchmark_results.json").write_text(
        '{"schema": 1, "runs": [\n' + ",\n".join(lines) + "\n]}\n"
    )

    def app(access: Access) -> Any:
        return make_app(site_of(tmp_path, access))

    with served(app) as access:
        tab = new_tab(browser, base_url=access.origin)
        tab.goto(access.address)
        tab.goto("/runs")
        tab.get_by_text("100,000 runs").wait_for()
        assert tab.locator("tbody tr").count() == 100
        tab.get_by_role("link", name="last").first.click()
        tab.wait_for_url("**page=1000**")
        assert "/runs/run-000000" in tab.locator('tbody a[href^="/runs/"]').last.get_attribute("href")
        tab.locator("#q").fill("run-077777")
        tab.keyboard.press("Enter")
        tab.wait_for_url("**q=run-077777**")
        assert tab.locator("tbody tr").count() == 1
        tab.context.close()


def test_settings_notes_import_and_deleting_are_done_by_forms(browser: Any, tmp_path: Path) -> None:
    """Each says what came of it at its own place, and what was refused and why."""
    models = tmp_path / "models"
    models.mkdir()
    (tmp_path / "other").mkdir()
    elsewhere = a_history(tmp_path / "other", a_run("Other"))
    runs = two_models(tmp_path)
    with served(lambda access: make_app(site_of(tmp_path, access, *runs))) as access:
        tab = new_tab(browser, base_url=access.origin)
        tab.goto(access.address)
        tab.goto("/settings")
        tab.get_by_label("Folders of GGUF files").fill(f"{models}/none")
        tab.get_by_role("button", name="Save").click()
        tab.get_by_text("is no folder on this machine").first.wait_for()
        tab.get_by_label("Folders of GGUF files").fill(str(models))
        tab.get_by_label("Temperature").fill("0.7")
        tab.get_by_role("button", name="Save").click()
        tab.get_by_text("Saved.").wait_for()
        tab.get_by_label("File", exact=True).set_input_files(str(elsewhere))
        tab.get_by_role("button", name="Add to the history").click()
        tab.get_by_text("Added.").wait_for()
        tab.goto("/launch")
        assert tab.get_by_label("Temperature").input_value() == "0.7"
        tab.goto("/runs/run-Beta")
        tab.get_by_label("Note", exact=True).fill("slow & odd")
        tab.get_by_label("Tags, with commas between them").fill("night, q4")
        tab.get_by_role("button", name="Save").click()
        tab.get_by_text("Saved.").wait_for()
        tab.goto("/runs")
        assert "#night #q4 slow & odd" in tab.locator("tbody").text_content()
        assert "Other" in tab.locator("tbody").text_content()
        tab.goto("/runs/run-Beta")
        tab.get_by_role("button", name="Delete this run").click()
        tab.get_by_role("button", name="Cancel").click()
        tab.get_by_role("button", name="Delete this run").click()
        tab.locator("dialog").get_by_role("button", name="Delete this run").click()
        tab.wait_for_url("**/runs")
        assert "Beta" not in tab.locator("tbody").text_content()
        tab.context.close()
