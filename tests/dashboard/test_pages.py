"""The pages as a browser gets them."""

from __future__ import annotations

import json
import re
from html import unescape
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from benchkit.dashboard.app import STATIC, make_app
from benchkit.dashboard.site import Site
from benchkit.records import Status
from benchkit.runs import run_of
from benchkit.telling.history import to_record
from benchkit.telling.history.index.history import open_indexed
from tests.dashboard.site import ACCESS, PAGES, a_run_with_files, looking_at, two_models
from tests.telling.comparison.nights import a_run, changed, run_with_parts

pytestmark = pytest.mark.usefixtures("own_cache")


def test_an_unknown_run_is_a_page_that_says_so(browser: TestClient) -> None:
    answer = browser.get("/runs/20990101-nothing")
    assert answer.status_code == 404
    assert "20990101-nothing" in answer.text


@pytest.mark.parametrize("page", PAGES)
def test_a_page_of_an_empty_history_says_what_to_do(tmp_path: Path, page: str) -> None:
    answer = looking_at(tmp_path).get(page)
    assert answer.status_code == 200
    assert page in ("/launch", "/settings") or 'href="/launch"' in answer.text.partition("<main")[2]


def test_an_attempt_shows_why_it_failed_with_prompt_and_code(browser: TestClient) -> None:
    text = browser.get("/runs/run-Beta?task=HumanEval/7").text
    assert "✗ wrong" in text
    assert '<span class="nf">double</span>' in text, "the code's words are marked"
    assert 'data-key="f"' not in text, "no further problem failed"
    assert 'data-key="F"' in text


def test_what_a_judge_said_stands_with_the_run_and_with_the_answer(tmp_path: Path) -> None:
    """With its doubts; the judge's own run is no row of the leaderboard, and nothing to compare with."""
    run = a_run_with_files(tmp_path, "Alpha", {7})
    item = {"item": "names", "dimension": "code quality", "answer": "no", "reasons": ["<b> is no name"]}
    folder = tmp_path / "runs" / "j-1"
    folder.mkdir()
    line = {"task_id": "HumanEval/7", "sample": 0, "items": [item]}
    (folder / "rationales.jsonl").write_text(json.dumps(line) + "\n")
    judging = run_of(
        id="j-1",
        timestamp="2026-02-01T10:00:00+01:00",
        benchmark="judge",
        model="some-judge",
        status=Status.OK,
        artifacts=str(folder),
        results={"score": 71.3, "further": {"judge": {"points": 71.3, "run": run.id}}},
        problem_set={"name": f"judge of {run.id}"},
    )
    browser = looking_at(tmp_path, run, judging, a_run_with_files(tmp_path, "Beta", set()))
    text = browser.get(f"/runs/{run.id}?task=HumanEval/7").text
    assert "judged by some-judge: 71.3 points; uncalibrated: it was never checked" in text
    assert "code quality: names: no – &lt;b&gt; is no name" in text
    assert "some-judge" not in browser.get("/").text
    compared = browser.get("/compare").text
    assert f'name="run" value="{run.id}"' in compared
    assert 'name="run" value="j-1"' not in compared, "it is nothing to be compared with"
    assert ">71.3 ?</td>" in compared
    assert "? Alpha: the judge is uncalibrated, its points prove nothing" in compared
    beside = compared.partition("<summary>Alpha judged by some-judge, which is uncalibrated:</summary>")[2]
    assert "&lt;b&gt; is no name" in beside.partition("</details>")[0], (
        "beside the codes of a flipped problem"
    )


def test_the_form_offers_no_model_as_a_judge(browser: TestClient) -> None:
    """Judges have settings of their own: a run from the form would cut them off, and their votes be one."""
    offered = re.findall(r'name="benchmarks" value="([^"]+)"', browser.get("/launch").text)
    assert {"human_eval", "tasks"} <= set(offered)
    assert not [name for name in offered if name.startswith("judge")]


def test_the_line_of_the_test_stands_above_the_code(tmp_path: Path) -> None:
    """Without it an assertion that failed says nothing."""
    run = a_run_with_files(tmp_path, "Alpha", {7})
    row = {"task_id": "HumanEval/7", "verdict": "wrong", "test_line": "assert candidate(2) == '<4>'"}
    (tmp_path / "runs" / run.id / "verdicts.jsonl").write_text(json.dumps(row) + "\n")
    text = looking_at(tmp_path, run).get(f"/runs/{run.id}?task=HumanEval/7").text
    shown = re.sub(r"<[^>]+>", "", text.partition("The test's line")[2])
    assert unescape(shown).startswith("assert candidate(2) == '<4>'")


def test_chips_are_framed_where_the_other_run_differs(browser: TestClient) -> None:
    """Beta failed 3 and 5, which Alpha solved; both failed 7."""
    text = browser.get("/runs/run-Beta?against=run-Alpha").text
    framed = re.findall(r'class="chip [\w-]+ flipped" href="[^"]*task=HumanEval%2F(\d+)', text)
    assert framed == ["3", "5"]


def test_a_comparison_begins_with_its_verdict_and_shows_both_codes(browser: TestClient) -> None:
    text = browser.get("/compare?run=run-Alpha&run=run-Beta").text
    assert "Beta vs Alpha" in text
    assert "2 flipped problems" in text
    assert '<td class="minus">    return n</td>' in text
    assert '<td class="plus">    return 2 * n</td>' in text


def test_a_comparison_shows_the_parts_of_the_composite(tmp_path: Path) -> None:
    """With their intervals, what they rest on, and both charts."""
    browser = looking_at(tmp_path, run_with_parts("A"), run_with_parts("B", quality=50))
    text = browser.get("/compare?run=run-A&run=run-B").text
    wanted = ("efficiency", "90.0 [90–90]", "75 equals the reference solutions", "what makes up the overall")
    assert [words for words in wanted if words not in text] == []


def test_weights_of_the_overall_are_set_once_for_the_page(tmp_path: Path) -> None:
    """What makes no sense as weights is refused at its field."""
    browser = looking_at(tmp_path, run_with_parts("A"), run_with_parts("B", quality=50))
    headers = {"Origin": ACCESS.origin}
    refused = browser.put("/api/settings", json={"weights": "correctness=70,beauty=30"}, headers=headers)
    assert "unknown part 'beauty'" in refused.json()["fields"]["weights"]
    weights = {"weights": "correctness=70,quality=30"}
    assert browser.put("/api/settings", json=weights, headers=headers).json()["weights"] == weights["weights"]
    assert 'value="correctness=70,quality=30"' in browser.get("/settings").text
    assert "overall: correctness 70%, quality 30%" in browser.get("/compare").text
    (tmp_path / "settings.json").write_text('{"weights": "speed=lots"}')
    assert "weights: " in browser.get("/compare").text.partition('role="alert"')[2]


def test_runs_that_differ_in_sampling_are_compared_only_when_asked_again(tmp_path: Path) -> None:
    browser = looking_at(tmp_path, a_run("A"), a_run("B", config={"temperature": 0.8}))
    text = browser.get("/compare?run=run-A&run=run-B").text
    assert "temperature" in text.partition('role="alert"')[2]
    again = re.search(r'href="([^"]*anyway=1)"', text)
    assert again is not None
    assert "Figures" in browser.get(again[1].replace("&amp;", "&")).text.replace("All figures", "Figures")


def test_runs_are_filtered_searched_and_sorted_by_the_address(browser: TestClient) -> None:
    assert "run-Beta" not in browser.get("/runs?q=alph").text
    assert "No run fits" in browser.get("/runs?status=failed").text
    text = browser.get("/runs?sort=score&down=0").text
    assert text.index("run-Beta") < text.index("run-Alpha")
    assert 'aria-sort="ascending"' in text


def test_a_page_beyond_the_last_is_the_last(browser: TestClient) -> None:
    assert "run-Beta" in browser.get("/runs?page=9").text


@pytest.mark.parametrize("page", [*PAGES, "/runs/run-Beta?task=HumanEval/7"])
def test_a_page_needs_nothing_but_our_own_files(browser: TestClient, page: str) -> None:
    """No style or script in the page itself, which the policy would refuse, and no other host."""
    text = browser.get(page).text
    assert not re.search(r'<style|\sstyle=|<script(?! type="module" src="/static/)|\son\w+=', text)
    assert not re.search(r'(?:src|href)="(?:https?:)?//', text)


def test_the_assets_are_small_and_the_first_page_is_too(browser: TestClient) -> None:
    assets = {path.name: path.stat().st_size for path in STATIC.iterdir()}
    drawn = len(browser.get("/drawn.css").content)
    assert sum(assets.values()) + drawn < 150_000
    text = browser.get("/leaderboard").text
    loaded = ("page.css", "page.js", "live.js", "actions.js", "ask.js")
    first = len(text.encode()) + drawn + len(browser.get("/icon.svg").content)
    assert first + sum(assets[name] for name in loaded) < 60_000


def test_the_sign_in_the_tab_fills_with_the_runs_in_progress(browser: TestClient) -> None:
    assert browser.get("/icon.svg").text != browser.get("/icon.svg?done=50").text
    assert browser.get("/icon.svg?done=99999").status_code == 200


def test_an_interrupted_run_shows_what_was_judged_until_then(tmp_path: Path) -> None:
    """Its script told it as events, and began once again in between."""
    run = a_run_with_files(tmp_path, "Alpha", set())
    folder = tmp_path / "runs" / run.id
    (folder / "verdicts.jsonl").unlink()
    events = [{"event": "start"}, told(1, "passed"), {"event": "start"}, told(1, "passed"), told(2, "wrong")]
    (folder / "events.jsonl").write_text("".join(json.dumps(event) + "\n" for event in events) + '{"event')
    stopped = changed(run, status=Status.INTERRUPTED)
    text = looking_at(tmp_path, stopped).get(f"/runs/{run.id}").text
    assert re.findall(r'title="HumanEval/(\d): (\w+)"', text) == [("1", "passed"), ("2", "wrong")]


def told(problem: int, verdict: str) -> dict[str, str]:
    return {"event": "problem", "id": f"HumanEval/{problem}", "verdict": verdict}


def test_buttons_that_need_the_script_are_asleep_until_it_is_there(browser: TestClient) -> None:
    """Else a click that comes too early is lost."""
    for page in ("/runs/run-Beta", "/settings", "/launch", "/now"):
        for button in re.findall(r"<button[^>]*>", browser.get(page).text):
            acts = re.search(r"data-(post|delete)|id=.(go|show-keys)", button)
            assert not (acts and "disabled" not in button), f"{page}: {button}"
    assert browser.get("/settings").text.count("disabled data-asleep") == 3


def test_a_table_of_ours_is_looked_at_and_never_changed(tmp_path: Path) -> None:
    """All pages show it; what would change it is not offered, and refused in one line."""
    report = looking_at(tmp_path, *two_models(tmp_path)).get("/api/export?format=csv").content
    (tmp_path / "old.csv").write_bytes(report)
    place = f"csv://{tmp_path / 'old.csv'}"
    site = Site(open_indexed(place), place, tmp_path / "runs", (), ACCESS, tmp_path / "settings.json")
    browser = TestClient(make_app(site), base_url=ACCESS.origin, cookies={ACCESS.cookie: ACCESS.token})
    for page in (*PAGES, "/runs/run-Beta", "/compare?run=run-Alpha&run=run-Beta", "/models/Beta"):
        answer = browser.get(page)
        assert answer.status_code == 200, page
        assert "only to be read" in answer.text
        assert not re.search(r'data-(send|delete)="/api/(runs|import)', answer.text), page
    assert "Beta vs Alpha" in browser.get("/compare?run=run-Alpha&run=run-Beta").text
    headers = {"Origin": ACCESS.origin}
    for method, path, body in (
        ("POST", "/api/launch", {"base_url": "http://localhost:1/v1", "name": "m", "benchmarks": ["demo"]}),
        ("PUT", "/api/runs/run-Beta/note", {"text": "x"}),
        ("DELETE", "/api/runs/run-Beta?confirm=yes", None),
        ("POST", "/api/import", {"name": "x.json", "content": json.dumps(to_record(a_run("C")))}),
    ):
        answer = browser.request(method, path, json=body, headers=headers)
        assert answer.status_code in (400, 409), path
        assert "--history" in answer.json()["error"]
    assert (tmp_path / "old.csv").read_bytes() == report
