"""The WebSocket that tells a page what is going on, over a real server."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin

from benchkit.dashboard import live, watching
from benchkit.dashboard.access import Access
from benchkit.dashboard.at_work import runs_at_work
from benchkit.dashboard.guard import Guard
from benchkit.dashboard.pages import live_runs
from benchkit.dashboard.site import Site
from benchkit.running.live import Announcement, Publisher, Snapshot
from benchkit.running.live.form import history_name
from benchkit.running.live.look import live_folder
from benchkit.running.live.owner import this_process
from benchkit.telling.history.index.history import open_indexed
from benchkit.telling.history.sealed import last_lines
from tests.dashboard.raw import TOKEN, served
from tests.telling.history.runs import a_run

Messages = list[dict[str, Any]]


@pytest.fixture
def access(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Access]:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    history = str(tmp_path / "h.json")

    def make_app(access: Access) -> Guard:
        app = FastAPI(openapi_url=None)
        app.include_router(live.router)
        app.state.site = Site(
            open_indexed(history), history, tmp_path / "runs", (), access, tmp_path / "s.json"
        )
        return Guard(app, access, print)

    with served(make_app) as access:
        yield access


class LiveRun:
    """A run in progress, its files written by hand."""

    def __init__(self, tmp_path: Path, name: str = "run-1") -> None:
        self.name, self.history = name, tmp_path / "h.json"
        self.folder = tmp_path / "runs" / name
        self.folder.mkdir(parents=True)
        since, where = time.time(), history_name(self.history)
        self.publisher = Publisher(
            Announcement(name, "demo", "tiny", str(self.folder), where, since, this_process()), live_folder()
        )
        self.publisher.publish(Snapshot())

    def tell(self, *numbers: int, end: str = "\n") -> None:
        with (self.folder / "events.jsonl").open("a") as file:
            for number in numbers:
                file.write(json.dumps({"event": "problem", "id": f"P/{number}", "verdict": "passed"}) + end)

    def end(self) -> None:
        open_indexed(self.history).append(a_run(self.name, artifacts=str(self.folder)))
        self.publisher.close()


@pytest.fixture
def run(tmp_path: Path, access: Access) -> LiveRun:  # noqa: ARG001  the server's cache folder is this one's
    return LiveRun(tmp_path)


@contextmanager
def client(access: Access, **wish: Any) -> Iterator[ClientConnection]:
    headers = {"Cookie": f"{access.cookie}={TOKEN}"}
    page, place = Origin(access.origin), f"ws://{access.host}:{access.port}/live"
    with connect(place, origin=page, additional_headers=headers) as socket:
        socket.send(json.dumps(wish))
        yield socket


def until(socket: ClientConnection, wanted: Any) -> Messages:
    """All messages up to the first one that is wanted."""
    messages: Messages = []
    while not any(wanted(message) for message in messages):
        messages += json.loads(socket.recv(timeout=120))
    return messages


def events_in(messages: Messages) -> list[int]:
    return [int(event["id"][2:]) for message in messages for event in message.get("events", ())]


def told(number: int) -> Any:
    return lambda message: number in events_in([message])


def is_over(message: dict[str, Any]) -> bool:
    return "over" in message


def offset_in(messages: Messages) -> int:
    return int([message["offset"] for message in messages if "offset" in message][-1])


def test_the_state_first_and_then_each_event_once(access: Access, run: LiveRun) -> None:
    """A page that opens late knows all that was, and then what comes; in the end what became of it."""
    run.tell(1, 2)
    (run.folder / "output.log").write_text("asking\nP/1 passed\n")
    with client(access, runs=True, follow={"run-1": 0}) as socket:
        first = until(socket, lambda message: "snapshot" in message)
        (listed,) = next(message["runs"] for message in first if "runs" in message)
        assert (listed["id"], listed["model"], listed["here"]) == ("run-1", "tiny", True)
        assert events_in(first) == [1, 2]
        assert next(message["log"] for message in first if "log" in message) == ["asking", "P/1 passed"]
        run.tell(3)
        run.publisher.publish(Snapshot("running", done=3, total=4, passed=3))
        second = until(socket, lambda message: message.get("snapshot", {}).get("done") == 3)
        run.tell(4)
        run.end()
        last = until(socket, is_over)
        assert events_in(second + last) == [3, 4]
        assert last[-1] == {"over": "run-1", "status": "ok"}
        assert any(message.get("runs") == [] for message in last)


def test_coming_back_loses_and_doubles_nothing(access: Access, run: LiveRun) -> None:
    """From the offset the client had, whatever was written in between, also after the run has ended."""
    seen: list[int] = []
    offset = 0
    for number in range(1, 9, 2):
        run.tell(number, number + 1)
        with client(access, follow={"run-1": offset}) as socket:
            messages = until(socket, told(number + 1))
            seen += events_in(messages)
            offset = offset_in(messages)
    run.tell(9)
    run.end()
    with client(access, follow={"run-1": offset}) as socket:
        seen += events_in(until(socket, is_over))
    assert seen == list(range(1, 10))


def test_an_event_is_told_once_its_line_is_whole(access: Access, run: LiveRun) -> None:
    """Half a line is waited for, a broken one passed over."""
    run.tell(1, end="")
    with client(access, follow={"run-1": 0}) as socket:
        assert events_in(until(socket, lambda message: "snapshot" in message)) == []
        with (run.folder / "events.jsonl").open("a") as file:
            file.write("\nno event\n[1]\n")
        run.tell(2)
        assert events_in(until(socket, told(2))) == [1, 2]


def test_an_offset_of_another_file_starts_anew(access: Access, run: LiveRun) -> None:
    """Beyond its end, in the midst of a line, or when the file was replaced while somebody looked."""
    run.tell(1, 2)
    for offset in (10_000, 5):
        with client(access, follow={"run-1": offset}) as socket:
            messages = until(socket, told(2))
            assert messages[0] == {"resync": "run-1"}
            assert events_in(messages) == [1, 2]
    with client(access, follow={"run-1": 0}) as socket:
        until(socket, told(2))
        (run.folder / "events.jsonl").write_text("")
        assert {"resync": "run-1"} in until(socket, lambda message: "resync" in message)
        run.tell(7)
        assert events_in(until(socket, told(7))) == [7]


def test_a_run_that_nobody_knows_is_over(access: Access) -> None:
    """Such as one whose process was killed before it could be recorded."""
    with client(access, follow={"no-such-run": 0}) as socket:
        assert until(socket, is_over) == [{"over": "no-such-run", "status": None}]


def test_five_frames_a_second_at_most(access: Access, run: LiveRun) -> None:
    """However quickly the events come, none is lost."""
    began = time.monotonic()
    with client(access, runs=True, follow={"run-1": 0}) as socket:
        frames, seen, number = 0, [], 0
        while time.monotonic() - began < 1.2:
            for _ in range(20):
                number += 1
                run.tell(number)
            try:
                seen += events_in(json.loads(socket.recv(timeout=0.05)))
                frames += 1
            except TimeoutError:
                continue
        run.tell(number + 1)
        seconds = time.monotonic() - began
        seen += events_in(until(socket, told(number + 1)))
    assert frames <= 5 * seconds + 1
    assert seen == list(range(1, number + 2))


def test_a_client_that_does_not_read_holds_up_nobody(access: Access, run: LiveRun) -> None:
    """The file is its queue: later it gets everything, once."""
    long = "x" * 20_000
    with (run.folder / "events.jsonl").open("a") as file:
        for number in range(200):
            file.write(json.dumps({"id": f"P/{number}", "detail": long}) + "\n")
    with client(access, follow={"run-1": 0}) as slow, client(access, follow={"run-1": 0}) as quick:
        assert events_in(until(quick, told(199))) == list(range(200))
        run.tell(200)
        assert events_in(until(quick, told(200))) == [200]
        assert events_in(until(slow, told(200))) == list(range(201))


@pytest.mark.usefixtures("run")
def test_where_nobody_looks_nothing_is_read(access: Access, monkeypatch: pytest.MonkeyPatch) -> None:
    """Once the last page is closed the server is at rest, and one that wishes for nothing costs nothing."""
    looks: list[float] = []

    def counted() -> Any:
        looks.append(time.monotonic())
        return runs_at_work()

    monkeypatch.setattr(watching, "runs_at_work", counted)
    monkeypatch.setattr(live, "FRAME_S", 0.01)
    with client(access, runs=True) as socket:
        until(socket, lambda message: "runs" in message)
    assert looks
    with client(access) as idle:
        deadline, before = time.monotonic() + 120, -1
        while before != len(looks):  # until the first one's server has heard that it is gone
            assert time.monotonic() < deadline
            before = len(looks)
            with pytest.raises(TimeoutError):
                idle.recv(timeout=0.3)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("no JSON", "send JSON"),
        ("[" * 10_000, "send JSON"),
        ("[]", "send {"),
        ('{"follow": []}', "send {"),
        ('{"follow": {"a": -1}}', "an offset is a number of bytes"),
        ('{"follow": {"a": "7"}}', "an offset is a number of bytes"),
        (json.dumps({"follow": {str(number): 0 for number in range(51)}}), "send {"),
    ],
)
def test_a_wish_that_is_none_ends_the_connection(access: Access, text: str, reason: str) -> None:
    """With the reason."""
    with client(access) as socket:
        socket.send(text)
        with pytest.raises(ConnectionClosed) as closed:
            socket.recv(timeout=120)
    assert closed.value.rcvd is not None
    assert (closed.value.rcvd.code, reason in closed.value.rcvd.reason) == (1008, True)


def test_a_batchs_queue_is_told_while_it_runs(access: Access, tmp_path: Path) -> None:
    """What waits, and how many are done; once its process is gone nothing waits any more."""
    from dataclasses import replace

    from benchkit.running.batch.state import EntryState, StateJournal

    journal = StateJournal(tmp_path / "h.json")
    states = [EntryState(key, model=key, benchmark="demo") for key in ("a", "b", "c")]
    journal.plan(states)
    journal.run(replace(states[0], state="ok"))
    with client(access, runs=True) as socket:
        (first,) = until(socket, lambda message: "batch" in message)
        assert first["batch"] == {"alive": True, "done": 1, "failed": 0, "of": 3}
        assert [one["model"] for one in first["waiting"]] == ["b", "c"]
        journal.run(replace(states[1], state="failed"))
        (second,) = until(socket, lambda message: "batch" in message)
        assert second["batch"]["failed"] == 1


def test_links_among_the_files_of_a_run_at_work_are_none(tmp_path: Path) -> None:
    """A program under test could leave a link there, and would have any file shown as the run's log."""
    (tmp_path / "secret").write_text("secret\n")
    (tmp_path / "output.log").symlink_to(tmp_path / "secret")
    (tmp_path / "events.jsonl").write_text("{}\n")
    assert last_lines(tmp_path / "output.log", 2000, 8) == []
    assert live_runs._whole_lines(tmp_path / "output.log") == ([], 0)
    assert live_runs._whole_lines(tmp_path / "events.jsonl") == ([b"{}"], 3)
    assert last_lines(tmp_path / "events.jsonl", 2000, 8) == ["{}"]
