"""Runs in progress on the pages, and where the command shows itself."""

from __future__ import annotations

import json
import re
import time
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from benchkit.commands.dashboard import has_screen, over_ssh
from benchkit.dashboard import launches, watching
from benchkit.running.batch import overview
from benchkit.running.batch.state import EntryState, RaceState, StateJournal, boxes_path
from benchkit.running.live import Announcement, BoxNow, Snapshot, publishing
from benchkit.running.live.boxes import write_boxes
from benchkit.running.live.form import announcement_line, history_name
from benchkit.running.live.look import live_folder
from benchkit.running.live.owner import this_process
from tests.dashboard.site import ACCESS, looking_at, site_of, two_models


def test_a_run_in_progress_is_shown_with_what_is_judged_and_can_be_looked_into(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On the page of what is going on, and on a page of its own, before the history knows it."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    folder = tmp_path / "runs" / "live-1"
    folder.mkdir(parents=True)
    event = {"event": "problem", "id": "HumanEval/7", "verdict": "wrong", "done": 1, "of": 4, "passed": 0}
    line = json.dumps(event) + "\n"
    (folder / "events.jsonl").write_text(line + '{"event": "prob')
    history = history_name(site_of(tmp_path, ACCESS).place)
    told = Announcement("live-1", "demo", "Alpha", str(folder), history, time.time(), this_process())
    with publishing(told) as publisher:
        others = Snapshot(others_vram_mb=1536.0, others_ram_mb=3072.0, others_cpu_percent=12.4)
        publisher.publish(replace(others, state="running", done=1, total=4, passed=0, score=0.0))
        browser = looking_at(tmp_path)
        now, run = browser.get("/now").text, browser.get("/runs/live-1?task=HumanEval/7").text
        first = browser.get("/").url
    assert first.path == "/now"
    for text in (now, run):
        assert "1 of 4" in text
        assert f'data-run="live-1" data-offset="{len(line)}"' in text, "whole lines alone"
    assert "0.0–79.3" in now, "the interval of the score so far"
    assert re.findall(r'data-field="others_\w+">([^<]+)<', now) == ["1.5 GiB", "3.0 GiB", "12%"]
    assert "✗ wrong" in run


def test_over_ssh_the_command_says_how_to_get_at_the_page(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSH_CONNECTION", "10.0.0.7 50022 10.0.0.9 22")
    assert "ssh -L 8484:localhost:8484 10.0.0.9" in over_ssh(8484)
    monkeypatch.delenv("SSH_CONNECTION")
    assert over_ssh(8484) == ""


def test_a_browser_is_opened_only_where_there_is_a_screen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    assert not has_screen()
    monkeypatch.setenv("DISPLAY", ":0")
    assert has_screen()


def test_the_runs_of_a_batch_that_is_over_lead_to_their_comparison(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What failed stands there with its cause."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    states = [EntryState(f"key-{name}", name, "demo", run_id=f"run-{name}") for name in ("A", "B", "C")]
    journal = StateJournal(site_of(tmp_path, ACCESS).place)
    journal.plan(states)
    for state in states[:2]:
        journal.run(replace(state, state="ok", score=50.0))
    journal.run(replace(states[2], state="failed", error="out of memory: <GPU>"))
    monkeypatch.setattr(overview, "_is_alive", lambda _: False)  # this process is no batch any more
    text = looking_at(tmp_path).get("/now").text
    assert 'href="/compare?run=run-A&amp;run=run-B"' in text
    assert "out of memory: &lt;GPU&gt;" in text
    assert 'data-post="/api/batch/retry"' in text


def test_a_race_tells_who_is_in_and_who_was_stopped_and_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those that are in come first; none of them waits in a list a second time."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    names = ("Out", "Ahead", "Behind", "Broken", "New", "Alone")
    states = {name: EntryState(f"key-{name}", name, "demo", run_id=f"run-{name}") for name in names}
    journal = StateJournal(site_of(tmp_path, ACCESS).place)
    journal.plan(states.values())
    racing = [f"key-{name}" for name in names[:-1]]
    journal.race(RaceState("a-race", 7, "best", tuple(racing), (20, 60)))
    for name, state, score, answered, error in (
        ("Out", "stopped", 10.0, 20, "stopped after 20 of 164 problems: it cannot be the best <b>"),
        ("Ahead", "racing", 90.0, 60, None),
        ("Behind", "racing", 50.0, 20, None),
        ("Broken", "failed", None, None, "out of VRAM"),
    ):
        told = replace(states[name], state=state, score=score, answered=answered, problems=164, error=error)
        journal.run(told)
    race = looking_at(tmp_path).get("/now").text.partition("Race on demo")[2]
    how = "After the first round, each until it has lost or to problem 60 of 164"
    assert f"{how}: 3 of 5 models are in; 100 of 820 questions were asked." in race
    assert re.findall(r'<a href="/runs/run-\w+">(\w+)</a></th>', race) == ["Ahead", "Behind", "Out", "Broken"]
    assert re.findall(r">(in|out), (\w+)<", race) == [
        ("in", "racing"), ("in", "racing"), ("in", "waiting"), ("out", "stopped"), ("out", "failed"),
    ]  # fmt: skip
    assert "79.9–95.3" in race, "the interval of 54 of 60"
    assert "one that cannot be the best any more is asked no further" in race
    assert "it cannot be the best &lt;b&gt;" in race
    assert re.findall(r"<ol><li>(.*?)</ol>", race) == ["demo on Alone</li>"]


def test_all_boxes_of_a_batch_are_shown_the_idle_and_the_lost_ones_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each with its GPU, VRAM, engines, what it does and when it was heard; names of others are escaped."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    place = site_of(tmp_path, ACCESS).place
    StateJournal(place).plan([EntryState("k", "m1", "demo")])
    heard = time.time() + 60  # so that it is heard now however long this takes
    at_work = BoxNow("alpha", ("RTX <4090>",), 24576.0, ("llama-server b6300",), ("m1",), heard_at=heard)
    lost = BoxNow("gamma", is_there=False, heard_at=time.time() - 100)
    write_boxes(boxes_path(place), [at_work, BoxNow("beta", heard_at=heard), lost])
    text = looking_at(tmp_path).get("/now").text
    rows = [re.sub(r"<[^>]+>", "|", row) for row in re.findall(r"<tr data-box.*?</tr>", text)]
    rows = [re.sub(r"1\d\d s ago", "100 s ago or a little more", row) for row in rows]
    assert [[cell for cell in row.split("|") if cell][:6] for row in rows] == [
        ["alpha", "at work: m1", "RTX &lt;4090&gt;", "24.0 GiB", "llama-server b6300", "now"],
        ["beta", "idle", "none", "–", "none", "now"],
        ["gamma", "gone", "none", "–", "none", "100 s ago or a little more"],
    ]
    assert "2 of 3 are there" in text


def test_without_a_cache_folder_the_page_says_why_it_sees_no_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In one line with the next step; all other pages and the live connection's look do without."""
    browser = looking_at(tmp_path, *two_models(tmp_path))
    (tmp_path / "a-file").touch()
    (tmp_path / "cache" / "bench_runner").mkdir(parents=True)
    (tmp_path / "cache" / "bench_runner" / "live").touch()
    for place in (tmp_path / "a-file", tmp_path / "cache"):
        monkeypatch.setenv("XDG_CACHE_HOME", str(place))
        answer = browser.get("/now")
        assert answer.status_code == 503
        assert re.search(r"what runs now cannot be seen: .*XDG_CACHE_HOME", answer.text)
        assert browser.get("/runs/run-Beta").status_code == 200
        assert browser.get("/runs/no-such-run").status_code == 404
        assert browser.get("/", follow_redirects=False).headers["location"] == "/leaderboard"
        assert browser.get("/api/runs/no-such-run/files/output.log").status_code == 404
        assert watching.Watch(str(tmp_path / "benchmark_results.json")).look().runs == {}


def test_journals_and_live_files_of_nonsense_break_no_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each line that is none of ours is passed over, and a value of another kind is not known."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    site = site_of(tmp_path, ACCESS)
    browser, history = looking_at(tmp_path), history_name(site.place)
    plan = '{"plan": [{"key": "k"}]}\n'
    race = '{"race": {"key": "a", "seed": 1, "goal": "best", "entries": ["k", "gone"], "ends": [20, "x"]}}'
    for lines in (
        '{"race": {"key": 5}}', '{"race": {"key": "a"}}', '{"race": {"key": "a", "seed": 1, "entries": 5}}',
        '{"run": {}}', '{"run": 7}', '{"plan": [{}, 5]}', '{"plan": [{"key": "k"}], "pid": "x"}', "\x00\xff",
        plan + '{"run": {"key": "k", "score": "x", "state": 5, "answered": "y", "error": 7}}',
        plan + '{"run": {"key": "k", "score": 1e999, "state": "ok", "answered": -4, "run_id": 5}}\n' + race,
        plan + '{"run": {"key": "k", "score": 150, "state": "racing", "answered": 9}}\n' + race,
    ):  # fmt: skip
        StateJournal(site.place)._path.write_text(lines + "\n", encoding="latin-1")
        assert browser.get("/now").status_code == 200, lines
    told = Announcement("live-1", "b", "m", str(tmp_path / "gone"), history, time.time(), this_process())
    with publishing(told):
        (file,) = live_folder().glob("live-1*")
        for snapshot in (
            '{"state": "running", "score": "x", "others_ram_mb": [], "seconds": null}',
            '{"state": "running", "done": 9, "total": 5, "passed": 12, "vram_mb": NaN, "power_w": Infinity}',
            '{"state": "running", "done": -1, "total": -5, "passed": -3, "race": {"goal": 1}}',
        ):
            file.write_bytes(announcement_line(told) + snapshot.encode() + b"\n")
            for page in ("/now", "/runs/live-1"):
                assert browser.get(page).status_code == 200, snapshot
            json.dumps(watching.overview_message(watching.Watch(site.place).look(), site.place))


def test_a_launch_that_ended_before_any_run_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever ended it; where a run of its own failed, that run says so."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    place = site_of(tmp_path, ACCESS).place
    journal = StateJournal(place)
    journal.plan([EntryState("begun", "A", "demo"), EntryState("not-begun", "B", "demo")])
    journal.run(EntryState("begun", "A", "demo", state="failed", error="out of VRAM"))
    for number, (code, key) in enumerate(
        ((2, "not-begun"), (1, "not-begun"), (-9, "not-begun"), (1, "begun"), (130, "x"))
    ):
        folder = launches.launches_folder() / f"20261126-00000{number}-abcd"
        folder.mkdir(parents=True)
        about = {"owner": asdict(this_process()), "since": time.time(), "history": place, "keys": [key]}
        (folder / "launch.json").write_text(json.dumps(about))
        (folder / "output.log").write_text(f"why number {number}\n")
        (folder / "exit").write_text(f"{code}\n")
    text = looking_at(tmp_path).get("/now").text
    assert sorted(re.findall(r"why number (\d)", text)) == ["0", "1", "2"]
