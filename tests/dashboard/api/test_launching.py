"""Checking and starting a batch from the page."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from benchkit.dashboard import launches
from benchkit.dashboard.api import models as listing
from benchkit.dashboard.found_models import found_models
from benchkit.dashboard.site import Site
from benchkit.records import ModelFile
from benchkit.running.batch import models
from benchkit.running.batch.state import EntryState, StateJournal, read_state
from benchkit.running.live.owner import process
from benchkit.serving.gguf import read_model_file
from benchkit.serving.telemetry.room import Room
from tests.support import ROOT
from tests.telling.history.runs import a_run

STAND_IN = """
import json, os, signal, sys, time
signal.signal(signal.SIGINT, lambda *_: (print("interrupted", flush=True), sys.exit(130)))
print(json.dumps({"arguments": sys.argv[1:], "session": os.getsid(0) == os.getpid(),
    "hook": os.environ.get("BENCH_WEBHOOK_URL")}), flush=True)
while not os.path.exists("end"):
    time.sleep(0.01)
"""


@pytest.fixture
def model(site: Site) -> str:
    """The id of a demo model, as the page's form sends it."""
    return next(one.id for one in found_models(site.models) if one.name == "demo-q2_k")


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """In the program's place one that tells how it was started and waits; returns the folder it runs in."""
    (tmp_path / "bench_runner.py").write_text(STAND_IN)
    monkeypatch.setattr(launches, "ROOT", tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def until(wanted: Any) -> Any:
    """What is wanted, as soon as it is there."""
    deadline = time.monotonic() + 120
    while not (found := wanted()):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    return found


def test_a_check_tells_what_would_run(api: TestClient, model: str) -> None:
    """Memory, time and the equal command, from the functions of the shell's dry run; nothing is started."""
    asked = {"models": [model], "benchmarks": ["demo"], "temperature": "0", "max_tokens": 1000, "samples": 2}
    answer = api.post("/check", json=asked).json()
    assert answer["fields"] == {}
    assert answer["problems"] == []
    (row,) = answer["rows"]
    assert (row["model"], row["benchmark"], row["expected"]) == ("demo-q2_k", "demo", "?")
    assert row["ram_mb"] > 0
    assert "--benchmark demo" in answer["command"]
    assert "--temperature 0" in answer["command"]
    assert answer["command"].endswith("-- --samples-per-problem 2")
    assert answer["sums"][0].startswith("1 run, 1 to do")
    assert api.get("/launches").json() == []


def test_models_are_listed_with_what_fits(
    api: TestClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is free decides; one that cannot be served says why, and a replaced file is looked at again."""
    (tmp_path / "own").mkdir()
    shutil.copy(ROOT / "demo" / "demo-f16.gguf", tmp_path / "own" / "a.gguf")
    (tmp_path / "own" / "broken.gguf").write_bytes(b"no model")
    api.put("/settings", json={"models": [str(tmp_path / "own")], "defaults": {"context": 100_000}})
    free = Room(vram_mb=None, ram_mb=64_000.0)
    monkeypatch.setattr(listing, "free_room", lambda: free)
    listed = {one["name"]: one for one in api.get("/models").json()["models"]}
    assert {"demo-f16", "demo-q2_k", "a", "broken"} <= listed.keys()
    assert (listed["a"]["fits"], listed["a"]["quantization"]) == ("", "F16")
    assert (listed["broken"]["ram_mb"], "broken.gguf" in listed["broken"]["refused"]) == (None, True)
    needed = listed["a"]["ram_mb"]
    free = Room(vram_mb=None, ram_mb=needed / 2)
    listed = {one["name"]: one for one in api.get("/models").json()["models"]}
    assert listed["a"]["fits"] == "RAM too small"
    shutil.copy(ROOT / "demo" / "demo-q2_k.gguf", tmp_path / "own" / "a.gguf")
    listed = {one["name"]: one for one in api.get("/models").json()["models"]}
    assert (listed["a"]["quantization"], listed["a"]["ram_mb"] < needed) == ("Q2_K", True)


def test_headers_are_read_again_only_where_a_file_is_another_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The form asks at each change; a model that is replaced, added or removed is noticed all the same."""
    reads: list[Path] = []

    def read(path: Path) -> ModelFile:
        reads.append(path)
        return read_model_file(path)

    monkeypatch.setattr(models, "read_model_file", read)

    def names() -> list[tuple[str, bool]]:
        reads.clear()
        return [(one.name, one.refused == "") for one in found_models([tmp_path])]

    shutil.copy(ROOT / "demo" / "demo-q2_k.gguf", tmp_path / "a.gguf")
    assert (names(), len(reads)) == ([("a", True)], 1)
    assert (names(), len(reads)) == ([("a", True)], 0)
    (tmp_path / "a.gguf").write_bytes(b"no model")
    (tmp_path / "b.gguf").symlink_to("nowhere")
    assert names() == [("a", False)]
    shutil.copy(ROOT / "demo" / "demo-q2_k.gguf", tmp_path / "nowhere")
    assert names() == [("a", False), ("b", True)]
    (tmp_path / "a.gguf").unlink()
    assert names() == [("b", True)]


def test_the_command_of_several_runs(api: TestClient, model: str, site: Site) -> None:
    """One for the shell where flags can say it, else one with the plan."""
    other = next(one.id for one in found_models(site.models) if one.name == "demo-f16")
    asked = {"models": [model, other], "benchmarks": ["demo", "human_eval"], "temperature": 0.5, "seed": 7}
    answer = api.post("/check", json=asked).json()
    assert len(answer["rows"]) == 4
    assert "--benchmarks demo,human_eval" in answer["command"]
    assert answer["command"].endswith("--temperature 0.5 -- --seed 7")
    swept = api.post("/check", json=asked | {"matrix": {"temperature": [0, 0.8]}}).json()
    assert len(swept["rows"]) == 8
    assert "batch plan.json" in swept["command"]
    assert swept["plan"]["matrix"] == {"temperature": [0, 0.8]}


def test_expected_time_comes_from_recent_runs(
    api: TestClient, model: str, site: Site, tmp_path: Path
) -> None:
    """Of this machine, this file and this benchmark; the history is not read whole for it."""
    from benchkit.serving.telemetry import machine_facts

    known = api.post("/check", json={"models": [model], "benchmarks": ["demo"]}).json()
    assert known["rows"][0]["expected"] == "?"
    demo = str((ROOT / "demo" / "demo-q2_k.gguf").resolve())
    args = ["--problems-file", str(ROOT / "demo" / "problems.jsonl")]
    site.history.append(
        a_run(
            "timed",
            benchmark="demo",
            config={"path": demo, "script_args": args},
            results={"time_taken": 61.0},
            machine=machine_facts(),
        )
    )
    again = api.post("/check", json={"models": [model], "benchmarks": ["demo"]}).json()
    assert again["rows"][0]["expected"] not in ("?", "")
    assert tmp_path.exists()


def test_a_check_tells_what_a_provider_will_bill(
    api: TestClient, model: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By its known price and the token budget, as a dry run does; .env is read as the batch will."""
    asked = {"benchmarks": ["human_eval"], "max_tokens": 1000}
    far = {"base_url": "https://api.openai.com/v1", "name": "gpt-4o-mini"}
    answer = api.post("/check", json=asked | far).json()
    assert [row["cost"] for row in answer["rows"]] == ["?"]
    assert answer["sums"][1].startswith("Cost: at most 0.1")
    own = api.post("/check", json=asked | {"models": [model]}).json()
    assert [row["cost"] for row in own["rows"]] == [""]
    assert not any("Cost" in line for line in own["sums"])
    monkeypatch.setenv("DEFAULT_TEMPERATURE", "hot")
    said = api.post("/check", json=asked | {"models": [model]})
    assert (said.status_code, "DEFAULT_TEMPERATURE=hot: it is not" in said.json()["error"]) == (400, True)


def test_electricity_has_a_price(api: TestClient, model: str, site: Site) -> None:
    """Of what the same model took before, in Wh."""
    args = ["--problems-file", str(ROOT / "demo" / "problems.jsonl")]
    run = a_run("e", benchmark="demo", model="demo-q2_k", config={"script_args": args})
    site.history.append(replace(run, telemetry=replace(run.telemetry, energy_wh=500.0)))
    asked = {"models": [model], "benchmarks": ["demo"], "price_kwh": "0.4"}
    (row,) = api.post("/check", json=asked).json()["rows"]
    assert row["cost"] == "0.2000"
    assert "price_kwh" in api.post("/check", json=asked | {"price_kwh": "cheap"}).json()["fields"]


@pytest.mark.parametrize(
    ("choices", "field", "said"),
    [
        ({}, "models", "choose a model"),
        ({"benchmarks": []}, "benchmarks", "choose a benchmark"),
        ({"models": ["../../etc/passwd"]}, "models", "no model '../../etc/passwd' in the folders"),
        ({"benchmarks": ["human_evil"]}, "benchmarks", "did you mean human_eval?"),
        ({"benchmarks": ["judge_check"]}, "benchmarks", "from a shell: bench_runner.py judge --help"),
        ({"temperature": "hot"}, "temperature", "'hot' is not a number from 0"),
        ({"temperature": "inf"}, "temperature", "'inf' is not a number from 0"),
        ({"context": 0}, "context", "0 is not a whole number from 1"),
        ({"gpu_layers": "most"}, "gpu_layers", "'most' is not auto, all or a number of layers"),
        ({"server": "mine"}, "server", "'mine' is not one of"),
        ({"samples": "-1"}, "samples", "'-1' is not a whole number from 1"),
        ({"tasks": ["--sandbox"], "benchmarks": ["tasks"]}, "tasks", "'--sandbox' is no task's name"),
        ({"base_url": "file:///etc/passwd", "name": "x"}, "base_url", "is not an address"),
        ({"base_url": "http://h/${HOME}", "name": "x"}, "base_url", "no variables here"),
        ({"base_url": "http://h/v1"}, "name", "None is not a text"),
        ({"base_url": "http://h\ud800/v1", "name": "x"}, "base_url", "has characters that cannot be shown"),
        ({"base_url": "http://h/v1", "name": "x\0\ud800"}, "name", "has characters that cannot be shown"),
        ({"matrix": {"server_args": ["--rpc"]}}, "matrix", "unknown setting 'server_args'"),
        ({"matrix": {"llama_server": ["/bin/sh"]}}, "matrix", "unknown setting 'llama_server'"),
        ({"matrix": {"temperature": []}}, "matrix", "give 1 to 200 values"),
        ({"benchmarks": ["evalplus"], "samples": 3}, "samples", "evalplus takes none"),
    ],
)
def test_what_is_wrong_is_said_at_its_field(
    api: TestClient, model: str, choices: dict[str, Any], field: str, said: str
) -> None:
    """By a check with 200, while somebody types; by a launch with 400."""
    whole = {"models": [model], "benchmarks": ["demo"]}
    asked = choices if not choices else {**whole, **choices}
    body: dict[str, Any] = {"content": json.dumps(asked), "headers": {"Content-Type": "application/json"}}
    answer = api.post("/check", **body)
    assert answer.status_code == 200
    assert said in answer.json()["fields"][field]
    refused = api.post("/launch", **body)
    assert refused.status_code == 400
    assert said in refused.json()["fields"][field]


@pytest.mark.parametrize(
    "name", ["script", "shell", "server_args", "llama_server", "history", "runs_dir", "args", "path"]
)
def test_what_is_no_choice_is_refused(api: TestClient, model: str, name: str) -> None:
    """Neither a script nor a program nor a place is taken from a page."""
    asked = {"models": [model], "benchmarks": ["demo"], name: "x"}
    for route in ("/check", "/launch"):
        answer = api.post(route, json=asked)
        assert answer.status_code == 400
        assert name in answer.json()["fields"]


def test_a_launch_is_the_program_in_a_session_of_its_own(
    api: TestClient, model: str, program: Path, site: Site
) -> None:
    """With the plan, this history and the addresses of the settings; how it ended is known afterwards."""
    api.put("/settings", json={"webhook_url": "https://example.invalid/hook"})
    answer = api.post("/launch", json={"models": [model], "benchmarks": ["demo"]})
    assert answer.status_code == 201
    (known,) = until(lambda: [one for one in api.get("/launches").json() if one["tail"]])
    assert (known["id"], known["state"], known["here"], known["exit"]) == (
        answer.json()["id"],
        "running",
        True,
        None,
    )
    started = __import__("json").loads(known["tail"][0])
    assert started["session"]
    assert started["hook"] == "https://example.invalid/hook"
    plan = launches.launches_folder() / known["id"] / "plan.json"
    assert started["arguments"] == [
        *("batch", str(plan), "--history", site.place, "--runs-dir", str(site.runs_dir), "--if-busy", "wait")
    ]
    assert '"name": "demo"' in plan.read_text()
    (program / "end").touch()
    (ended,) = until(lambda: [one for one in api.get("/launches").json() if one["exit"] is not None])
    assert (ended["state"], ended["exit"]) == ("ended", 0)
    assert api.delete(f"/launches/{known['id']}").status_code == 409


def test_a_launch_is_stopped_in_order_and_then_at_once(api: TestClient, model: str, program: Path) -> None:
    """As Ctrl-C does it, also by a server that was started since."""
    assert program.exists()
    name = api.post("/launch", json={"models": [model], "benchmarks": ["demo"]}).json()["id"]
    until(lambda: api.get("/launches").json()[0]["tail"])
    assert api.delete(f"/launches/{name}").json() == {"stopping": "orderly"}
    ended = until(lambda: [one for one in api.get("/launches").json() if one["exit"] is not None])
    assert (ended[0]["exit"], ended[0]["tail"][-1]) == (130, "interrupted")
    assert api.delete("/launches/no-such").status_code == 404


def test_what_was_run_before_runs_again(api: TestClient, model: str, program: Path, site: Site) -> None:
    """The journal, which keeps a batch from doing anything twice, is told that somebody wants it."""
    (program / "end").touch()
    asked = {"models": [model], "benchmarks": ["demo"]}
    api.post("/launch", json=asked)
    (key,) = launches.launches()[0].keys
    journal = StateJournal(site.place)
    state = EntryState(key, model="demo-q2_k", benchmark="demo")
    journal.plan([state])
    journal.run(replace(state, state="ok", run_id="run-a"))
    api.post("/launch", json=asked)
    assert read_state(site.place).entries[key].state == "waiting"


def test_failed_runs_of_a_launch_are_run_again(
    api: TestClient, model: str, program: Path, site: Site
) -> None:
    """By its plan, which a batch of a shell's has not left here."""
    (program / "end").touch()
    assert api.post("/batch/retry").json()["error"] == "nothing failed in the latest batch"
    journal = StateJournal(site.place)
    foreign = EntryState("foreign", model="m", benchmark="b")
    journal.plan([foreign])
    journal.run(replace(foreign, state="failed"))
    assert "started in a shell" in api.post("/batch/retry").json()["error"]
    api.post("/launch", json={"models": [model], "benchmarks": ["demo"]})
    (key,) = launches.launches()[0].keys
    own = EntryState(key, model="demo-q2_k", benchmark="demo")
    journal.plan([own])
    journal.run(replace(own, state="failed"))
    assert api.post("/batch/retry").status_code == 201
    newest = until(lambda: launches.launches()[0].tail)
    assert '"--retry-failed"' in newest[0]


def test_a_process_that_is_another_by_now_is_left_alone() -> None:
    """A process number alone says nothing."""
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child:
        owner = process(child.pid)
        assert not launches.interrupt(replace(owner, started="12"))
        assert child.poll() is None
        assert launches.interrupt(owner)
    assert child.returncode in (-signal.SIGINT, 1, 130)
    assert not launches.interrupt(owner)
    assert os.getpid() != child.pid


def test_old_launches_are_forgotten(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The folder does not grow for ever."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(launches, "MOST_KEPT", 2)
    folder = launches.launches_folder()
    for number in range(4):
        (folder / f"20260101-00000{number}-abcd").mkdir(parents=True)
    launches._forget_old(folder)
    assert len(list(folder.iterdir())) == 2
