"""Notes, deletion and stopping of a run, and its files."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from benchkit.dashboard.site import Site
from benchkit.running.live import Announcement, Publisher, Snapshot
from benchkit.running.live.look import live_folder
from benchkit.running.live.owner import process


def test_a_note_is_set_whole(api: TestClient, site: Site) -> None:
    """Text and tags become what the page shows."""
    assert api.put("/runs/run-a/note", json={"text": "good", "tags": ["night", "q4", "q4"]}).json() == {
        "text": "good",
        "tags": ["night", "q4"],
    }
    assert api.put("/runs/run-a/note", json={"text": "better", "tags": ["q4"]}).json()["tags"] == ["q4"]
    assert site.history.notes()["run-a"].in_words() == "#q4 better"
    for tags in ([""], ["two words"], ["\x00"]):
        answer = api.put("/runs/run-a/note", json={"tags": tags})
        assert (answer.status_code, "tags" in answer.json()["fields"]) == (400, True)
    assert api.put("/runs/nobody/note", json={}).status_code == 404


def test_deletion_asks_first(api: TestClient, site: Site) -> None:
    """The answer without a yes is the question."""
    asked = api.delete("/runs/run-a")
    assert asked.status_code == 409
    assert asked.json()["error"].startswith(
        "Delete run run-a: qwen-7b on human_eval, 2026-01-01T10:00:00+01:00, score 70.10?"
    )
    assert [head.id for head in site.history.heads()] == ["run-a", "run-b", "run-c"]
    assert api.delete("/runs/run-a?confirm=yes").json() == {"deleted": "run-a"}
    assert [head.id for head in site.history.heads()] == ["run-b", "run-c"]
    assert api.delete("/runs/run-a?confirm=yes").status_code == 404


def test_a_run_at_work_is_stopped(api: TestClient, site: Site) -> None:
    """Its process gets what Ctrl-C sends; a run that has ended cannot be stopped."""
    script = """
import time
try:
    print("at work", flush=True)
    time.sleep(60)
except KeyboardInterrupt:
    print("ending in order", flush=True)
    time.sleep(60)
"""
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        child.stdout.readline()
        folder = str(site.runs_dir / "live")
        announced = Announcement("live-1", "demo", "m", folder, site.place, time.time(), process(child.pid))
        publisher = Publisher(announced, live_folder())
        publisher.publish(Snapshot())
        assert api.post("/runs/live-1/stop").json() == {"stopping": "orderly"}
        assert child.stdout.readline() == b"ending in order\n"
        assert api.post("/runs/live-1/stop").json() == {"stopping": "now"}
    assert child.wait() != 0
    assert api.post("/runs/live-1/stop").status_code == 409
    publisher.close()
    assert "not at work on this machine" in api.post("/runs/run-a/stop").json()["error"]


@pytest.fixture
def folder(site: Site) -> Path:
    folder = site.runs_dir / "run-a"
    (folder / "attempts" / "HumanEval_1").mkdir(parents=True)
    (folder / "output.log").write_bytes(bytes(range(256)) * 1000)
    (folder / "attempts" / "HumanEval_1" / "response.txt").write_text("<script>alert(1)</script>")
    return folder


def test_a_file_is_text_whatever_it_holds(api: TestClient, folder: Path) -> None:
    """What a model wrote is never shown as a page, and no browser guesses."""
    assert folder.exists()
    answer = api.get("/runs/run-a/files/attempts/HumanEval_1/response.txt")
    assert answer.text == "<script>alert(1)</script>"
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert "sandbox" in answer.headers["content-security-policy"]
    assert answer.headers["content-disposition"] == 'inline; filename="response.txt"'
    kept = api.get("/runs/run-a/files/output.log?download=1")
    assert kept.headers["content-disposition"] == 'attachment; filename="output.log"'


@pytest.mark.parametrize(
    ("asked", "status", "start", "end"),
    [
        (None, 200, 0, 256_000),
        ("bytes=0-9", 206, 0, 10),
        ("bytes=255990-", 206, 255_990, 256_000),
        ("bytes=-10", 206, 255_990, 256_000),
        ("bytes=-999999999", 200, 0, 256_000),
        ("bytes=100-999999999", 206, 100, 256_000),
        ("bytes=0-1,5-6", 200, 0, 256_000),
        ("lines=1-2", 200, 0, 256_000),
        ("bytes=-", 200, 0, 256_000),
        (f"bytes={'9' * 5000}-", 200, 0, 256_000),
        (f"bytes=-{'9' * 5000}", 200, 0, 256_000),
        ("bytes=256000-", 416, 0, 0),
        ("bytes=9-5", 416, 0, 0),
        ("bytes=-0", 416, 0, 0),
    ],
)
def test_ranges(api: TestClient, folder: Path, asked: str | None, status: int, start: int, end: int) -> None:
    """One range is answered by its bytes, several or odd ones by the whole, one beyond the end refused."""
    answer = api.get("/runs/run-a/files/output.log", headers={"Range": asked} if asked else {})
    assert answer.status_code == status
    if status != 416:
        assert answer.content == (folder / "output.log").read_bytes()[start:end]
        assert answer.headers.get("content-range") == (
            f"bytes {start}-{end - 1}/256000" if status == 206 else None
        )


@pytest.mark.parametrize(
    "name",
    [
        "%2e%2e/%2e%2e/h.json",
        "..%2f..%2fh.json",
        "/etc/passwd",
        "secret.txt",
        "attempts/%2e%2e/output.log",
        "attempts/%2e%2e/response.txt",
        "attempts/a/b/response.txt",
        "attempts/HumanEval_1/files",
        "attempts/HumanEval_1/secret.txt",
        "server.log/x",
        "run.json%00",
        "output.log/",
        "",
    ],
)
def test_names_that_are_none_of_a_runs_files(api: TestClient, folder: Path, name: str) -> None:
    """Names are fixed; nothing else of a folder can be had, and nothing outside it."""
    (folder / "secret.txt").write_text("secret")
    (folder / "attempts" / "HumanEval_1" / "secret.txt").write_text("secret")
    assert api.get(f"/runs/run-a/files/{name}").status_code == 404


def test_links_are_not_followed(api: TestClient, folder: Path, tmp_path: Path) -> None:
    """Neither a file's nor a folder's, which a program under test could have left there; nor a pipe."""
    (tmp_path / "secret").write_text("secret")
    (folder / "server.log").symlink_to(tmp_path / "secret")
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "response.txt").write_text("secret")
    (folder / "attempts" / "linked").symlink_to(tmp_path / "elsewhere")
    os.mkfifo(folder / "events.jsonl")
    (folder / "summary.json").mkdir()
    for name in (
        "server.log",
        "attempts/linked/response.txt",
        "events.jsonl",
        "summary.json",
        "verdicts.jsonl",
    ):
        assert api.get(f"/runs/run-a/files/{name}").status_code == 404, name


def test_files_of_a_run_at_work(api: TestClient, site: Site) -> None:
    """Before it is in the history its folder is known from what it tells."""
    folder = site.runs_dir / "live"
    folder.mkdir(parents=True)
    (folder / "server.log").write_text("loading")
    announced = Announcement(
        "live-1", "demo", "m", str(folder), site.place, time.time(), process(os.getpid())
    )
    publisher = Publisher(announced, live_folder())
    assert api.get("/runs/live-1/files/server.log").text == "loading"
    publisher.close()
    assert api.get("/runs/live-1/files/server.log").status_code == 404
