"""Wrong addresses, files and records of nonsense, hostile words: each page stands."""

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
from benchkit.dashboard.app import make_app
from benchkit.telling.history import to_record
from benchkit.telling.history.index.history import open_indexed
from benchkit.telling.history.json_file import document
from tests.dashboard.raw import request, served, talk
from tests.dashboard.site import ACCESS, PAGES, a_run_with_files, looking_at, site_of, two_models
from tests.telling.comparison.nights import a_run, changed

pytestmark = pytest.mark.usefixtures("own_cache")


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


@pytest.mark.parametrize("name", ["a/b?c=1&d#e", "ä b+c<i>'\"", "C:\\a\\b"])
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
    with served(lambda access: broken_site(tmp_path, access, monkeypatch)) as access:
        answer = talk(access, request(access, path="/models"))
    assert answer.status == 500
    assert "a bug of ours; please report" in answer.body
    told = capfd.readouterr().err
    assert "dashboard: GET /models: a bug of ours; please report" in told
    assert "Traceback" not in told


def broken_site(folder: Path, access: Access, monkeypatch: pytest.MonkeyPatch) -> ASGIApp:
    """Its history fails in a way that nobody expected."""
    site = site_of(folder, access, *two_models(folder))

    def fail() -> NoReturn:
        raise RuntimeError("broken")

    monkeypatch.setattr(site.history, "counts", fail)
    return make_app(site)
