"""The pages as a browser gets them."""

from __future__ import annotations

import json
import re
import tempfile
from dataclasses import replace
from html import unescape
from pathlib import Path
from typing import NoReturn
from urllib.parse import quote

import pytest
from starlette.testclient import TestClient
from starlette.types import ASGIApp

from benchkit.dashboard.access import Access
from benchkit.dashboard.app import STATIC, make_app
from benchkit.dashboard.site import Site
from benchkit.records import Run, Status
from benchkit.runs import run_of
from benchkit.telling.history import to_record
from benchkit.telling.history.index.history import open_indexed
from benchkit.telling.history.json_file import document
from tests.dashboard.raw import request, served, talk
from tests.dashboard.site import a_run_with_files, site_of, two_models
from tests.telling.comparison.nights import a_run, changed, run_with_parts

ACCESS = Access("127.0.0.1", 8484, "the-token")
PAGES = ("/launch", "/now", "/leaderboard", "/runs", "/compare", "/models", "/settings")


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def looking_at(folder: Path, *runs: Run) -> TestClient:
    app = make_app(site_of(folder, ACCESS, *runs))
    return TestClient(app, base_url=ACCESS.origin, cookies={ACCESS.cookie: ACCESS.token})


@pytest.fixture
def browser(tmp_path: Path) -> TestClient:
    """Looks at a history of two models, of which one solved more."""
    return looking_at(tmp_path, *two_models(tmp_path))


def test_the_leaderboard_names_the_better_model_first(browser: TestClient) -> None:
    """And each model leads to its run."""
    text = browser.get("/").text
    assert text.index(">Alpha</a>") < text.index(">Beta</a>")


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
    browser = looking_at(tmp_path, run, judging)
    text = browser.get(f"/runs/{run.id}?task=HumanEval/7").text
    assert "judged by some-judge: 71.3 points; uncalibrated: it was never checked" in text
    assert "code quality, names: no – &lt;b&gt; is no name" in text
    assert "some-judge" not in browser.get("/").text
    assert "some-judge" not in browser.get("/compare").text


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


def test_the_leaderboard_narrows_to_a_family_and_a_size(tmp_path: Path) -> None:
    runs = [a_run("Alpha-7B-Q4_K_M"), a_run("Beta-7B-Q4_K_M", model_file={"size_bytes": 9 << 30})]
    browser = looking_at(tmp_path, *runs)
    assert "Beta-7B" not in tiers(browser.get("/leaderboard?family=Alpha-7B").text)
    assert "Beta-7B" not in tiers(browser.get("/leaderboard?size=6").text)
    assert "filters" in browser.get("/leaderboard?size=1").text.partition('role="alert"')[2]


def test_the_leaderboard_counts_the_problems_of_one_language(tmp_path: Path) -> None:
    """From the sums of a run whose verdicts do not say it."""
    groups = {"language": {"go": {"total_passed": 3, "total_problems": 4}, "rust": {}}}
    browser = looking_at(tmp_path, a_run("Alpha", results={"further": {"groups": groups}}))
    assert "75.0%" in tiers(browser.get("/leaderboard?language=go").text)


def tiers(page: str) -> str:
    return page.partition("<tbody>")[2].partition("</tbody>")[0]


def test_runs_are_filtered_searched_and_sorted_by_the_address(browser: TestClient) -> None:
    assert "run-Beta" not in browser.get("/runs?q=alph").text
    assert "No run fits" in browser.get("/runs?status=failed").text
    text = browser.get("/runs?sort=score&down=0").text
    assert text.index("run-Beta") < text.index("run-Alpha")
    assert 'aria-sort="ascending"' in text


def test_a_page_beyond_the_last_is_the_last(browser: TestClient) -> None:
    assert "run-Beta" in browser.get("/runs?page=9").text


@pytest.mark.parametrize(
    "address",
    [
        "/runs?sort=nothing",
        "/runs?page=x",
        f"/runs?page={10**30}",
        "/runs?page=-7",
        "/leaderboard?fits=x",
        "/leaderboard?fits=nan",
        "/models/none",
        "/compare?run=none&run=run-Beta",
        "/compare?run=run-Beta",
        f"/runs/run-Beta?sample={10**30}",
        "/runs/run-Beta?against=none",
        "/icon.svg?done=x",
    ],
)
def test_a_wrong_address_is_told_and_nothing_breaks(browser: TestClient, address: str) -> None:
    answer = browser.get(address)
    assert answer.status_code in (200, 400, 404)
    assert answer.text.startswith(("<!doctype html>", "<svg"))
    assert "Traceback" not in answer.text


def test_what_a_model_or_a_harness_says_is_shown_and_never_run(tmp_path: Path) -> None:
    """Names, errors, answers and details with HTML in them."""
    evil = "<script>alert(1)</script>"
    run = a_run_with_files(tmp_path, "Evil", {7})
    folder = tmp_path / "runs" / run.id
    (folder / "answers.jsonl").write_text(
        json.dumps({"task_id": "HumanEval/7", "sample": 0, "prompt": evil, "response": evil}) + "\n"
    )
    (folder / "output.log").write_text(evil)
    (folder / "verdicts.jsonl").write_text(
        json.dumps({"task_id": "HumanEval/7", "verdict": evil, "detail": evil}) + "\n"
    )
    browser = looking_at(tmp_path, run, a_run(evil, error=evil), a_run("Beta"))
    for page in (*PAGES, f"/runs/{run.id}?task=HumanEval/7", f"/models/{evil}"):
        assert evil not in browser.get(page).text, page


def test_broken_files_of_a_run_break_no_page(tmp_path: Path) -> None:
    run = a_run_with_files(tmp_path, "Alpha", {7})
    folder = tmp_path / "runs" / run.id
    (folder / "answers.jsonl").write_bytes(
        b'{"task_id": "HumanEval/7", "prompt": [7, null], "respo\n\xff\xfe\n'
    )
    rows = (
        b'{"task_id": 7, "language": [7], "tokens": "x"}',
        b'{"task_id": null}',
        b'{"sample": "x"}',
        b"[]",
        b"\xff",
    )
    (folder / "verdicts.jsonl").write_bytes(b"\n".join(rows))
    assert looking_at(tmp_path, run).get(f"/runs/{run.id}?task=7").status_code == 200


def test_a_record_that_names_an_attempt_elsewhere_is_not_followed(tmp_path: Path) -> None:
    run = a_run_with_files(tmp_path, "Alpha", set())
    secret = tmp_path / "runs" / "secret"
    secret.mkdir()
    (secret / "prompt.txt").write_text("a secret")
    row = '{"task_id": "HumanEval/7", "verdict": "wrong", "attempt": "../../secret"}\n'
    (tmp_path / "runs" / run.id / "verdicts.jsonl").write_text(row)
    assert "a secret" not in looking_at(tmp_path, run).get(f"/runs/{run.id}?task=HumanEval/7").text


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


def test_the_best_that_fits_is_named(tmp_path: Path) -> None:
    runs = [a_run("Large", telemetry={"vram_peak_mb": 20480.0}), a_run("Small", failed=range(9))]
    browser = looking_at(tmp_path, *runs)
    assert "best that fits in 10 GiB of VRAM: Small" in browser.get("/leaderboard?fits=10").text


def test_of_many_boards_the_largest_are_shown_and_the_others_are_led_to(tmp_path: Path) -> None:
    runs = [
        a_run(f"M{n}", id=f"run-{n}", benchmark=f"own-{n}", problem_set={"name": f"set-{n}"})
        for n in range(6)
    ]
    page = looking_at(tmp_path, *runs).get("/leaderboard").text
    assert page.count("<h2>") == 4
    assert page.count('href="/leaderboard?benchmark=own-') == 2


def test_many_models_of_a_board_are_paged_and_its_charts_come_after_it(tmp_path: Path) -> None:
    """The first page stays small, and each page goes on where the one before it ended."""
    runs = [a_run(f"M{n:02}", id=f"run-{n:02}", failed=range(n)) for n in range(60)]
    browser = looking_at(tmp_path, *runs)
    pages = [browser.get(f"/leaderboard?page={n}").text for n in (1, 2, 3, 99)]
    shown = [re.findall(r'href="/runs/(run-\d\d)"', page) for page in pages]
    assert shown[0] + shown[1] + shown[2] == [f"run-{n:02}" for n in range(60)]
    assert shown[3] == shown[2], "beyond the last is the last"
    assert max(len(page.encode()) for page in pages) < 30_000
    assert "<svg" in browser.get("/charts/leaderboard").text
    assert 'class="chart"' not in pages[0]
    assert 'class="chart"' not in browser.get("/charts/leaderboard?page=2").text


def test_further_boards_are_led_to_where_filters_leave_nothing_of_the_largest(tmp_path: Path) -> None:
    """A family that only a small benchmark knows is found without naming that benchmark."""
    large = [a_run(f"Llama-{n}", id=f"run-{n}") for n in range(30)]
    small = a_run("Qwen-7", id="run-small", benchmark="own", problem_set={"name": "own"})
    browser = looking_at(tmp_path, *large, small)
    assert 'href="/leaderboard?benchmark=own"' in browser.get("/leaderboard").text
    found = browser.get("/leaderboard?family=Qwen-7").text
    assert re.findall(r'href="/runs/(run-\w+)"', found) == ["run-small"]
    assert 'role="alert"' in browser.get("/leaderboard?family=none").text


def test_a_models_runs_are_paged_and_what_changed_is_told_across_pages(tmp_path: Path) -> None:
    runs = [
        a_run("A", id=f"run-{n:02}", timestamp=f"2026-01-01T00:{n:02}:00+00:00", config={"temperature": t})
        for n, t in enumerate([0.0] * 5 + [0.8] * 50)
    ]
    browser = looking_at(tmp_path, *runs)
    first, second = (browser.get(f"/models/A?page={n}").text for n in (1, 2))
    found = [re.findall(r'href="/runs/(run-\d\d)"', page) for page in (first, second)]
    assert found[0] + found[1] == [f"run-{n:02}" for n in reversed(range(55))]
    assert "temperature" in first.partition("run-05")[2]
    assert "temperature" not in second
    assert 'class="chart"' in browser.get("/charts/model?name=A").text


def test_buttons_that_need_the_script_are_asleep_until_it_is_there(browser: TestClient) -> None:
    """Else a click that comes too early is lost."""
    for page in ("/runs/run-Beta", "/settings", "/launch", "/now"):
        for button in re.findall(r"<button[^>]*>", browser.get(page).text):
            acts = re.search(r"data-(post|delete)|id=.(go|show-keys)", button)
            assert not (acts and "disabled" not in button), f"{page}: {button}"
    assert browser.get("/settings").text.count("disabled data-asleep") == 3


@pytest.mark.parametrize("name", ["a/b", "a?b=1&c#d", "a b+c", "<i>'\"", "äé"])
def test_runs_with_odd_ids_are_led_to_from_every_page(tmp_path: Path, name: str) -> None:
    """Another program's history may call its runs anything."""
    runs = [a_run_with_files(tmp_path, model, {3}) for model in ("A", "B")]
    odd = changed(runs[0], id=name)
    browser = looking_at(tmp_path, odd, runs[1])
    for page in ("/leaderboard", "/runs", "/models", "/models/A"):
        links = re.findall(r'href="(/runs/[^"]+)"', browser.get(page).text)
        found = [browser.get(unescape(link)) for link in links]
        assert any("<h1>A" in answer.text for answer in found), page
        assert all(answer.status_code == 200 for answer in found), links
    page = browser.get(f"/runs/{quote(name)}").text
    for link in re.findall(r'href="((?:/runs/|/compare|/api/runs/)[^"]+)"', page):
        assert browser.get(unescape(link)).status_code == 200, link
    (note,) = re.findall(r'data-send="([^"]+)"', page)
    headers = {"Origin": ACCESS.origin}
    assert browser.put(unescape(note), json={"text": "seen"}, headers=headers).status_code == 200
    assert "seen" in browser.get(f"/runs/{quote(name)}").text


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


def test_a_history_cut_off_anywhere_breaks_no_page(tmp_path: Path) -> None:
    """As a crash of another program, or a copy under way, leaves it; when it is whole again all is well."""
    browser = looking_at(tmp_path, *two_models(tmp_path))
    history = tmp_path / "benchmark_results.json"
    whole = history.read_bytes()
    for end in (0, 1, 9, 30, len(whole) // 3, len(whole) // 2, len(whole) - 4, len(whole) - 1):
        history.write_bytes(whole[:end])
        for page in ("/runs", "/leaderboard", "/models", "/compare", "/runs/run-Beta", "/now"):
            assert browser.get(page).status_code in (200, 404, 409), (page, end)
    history.write_bytes(whole)
    assert browser.get("/runs/run-Beta").status_code == 200


def test_records_of_nonsense_break_no_page(tmp_path: Path) -> None:
    """As another program may write them; what is no run at all is named on the page."""
    odd: list[dict[str, object]] = [
        {"error": {"a": 1}},
        {"results": {"score": 1e308, "total_passed": -5, "total_problems": 0}},
        {"results": {"score": "high", "failed_tasks": [None, 5, "<script>"]}},
        {"timestamp": "9999999-99-99", "status": "weird", "model": "<script>", "artifacts": "\0"},
        {"telemetry": {"devices": 5, "cost": "free"}, "machine": {"gpu": 5}, "config": {"script_args": "x"}},
        {"problem_set": 5},
    ]
    for number, changes in enumerate(odd):
        folder = tmp_path / str(number)
        folder.mkdir()
        records = [{**to_record(a_run("A")), **changes}, to_record(a_run("B"))]
        (folder / "benchmark_results.json").write_bytes(document.render(document.Document(records)))
        site = replace(site_of(folder, ACCESS), history=open_indexed(folder / "benchmark_results.json"))
        browser = TestClient(make_app(site), base_url=ACCESS.origin, cookies={ACCESS.cookie: ACCESS.token})
        for page in (*PAGES, "/runs/run-A", "/models/A", "/charts/leaderboard", "/charts/model?name=A"):
            answer = browser.get(page)
            assert answer.status_code in (200, 404, 409), (page, changes)
            assert "<script>" not in answer.text
            assert answer.status_code != 409 or "is no JSON object" in answer.text


def test_names_that_no_address_holds_are_shown(tmp_path: Path) -> None:
    """Half a surrogate pair in a model's or a problem's name, as a file of others may have it."""
    browser = looking_at(tmp_path, a_run("x\ud800y", failed=[1], total=3), a_run("z", failed=[2], total=3))
    for page in ("/models", "/leaderboard", "/compare", "/runs"):
        answer = browser.get(page)
        assert (answer.status_code, "x\ufffdy" in answer.text) == (200, True), page


def test_a_bug_of_ours_is_a_page_and_one_line(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever looks is told where the report lies, and the terminal shows no traceback."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))  # of the report
    with served(lambda access: broken_site(tmp_path, access)) as access:
        answer = talk(access, request(access, path="/models"))
    assert answer.status == 500
    assert "a bug of ours; please report" in answer.body
    told = capfd.readouterr().err
    assert "dashboard: GET /models: a bug of ours; please report" in told
    assert "Traceback" not in told


def broken_site(folder: Path, access: Access) -> ASGIApp:
    """Its history fails in a way that nobody expected."""
    site = site_of(folder, access, *two_models(folder))

    def fail() -> NoReturn:
        raise RuntimeError("broken")

    site.history.counts = fail  # type: ignore[method-assign]
    return make_app(site)
