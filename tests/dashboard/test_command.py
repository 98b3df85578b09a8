"""`bench_runner.py dashboard` as a process of its own."""

from __future__ import annotations

import http.client
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import CliRunner
from starlette.testclient import TestClient

from benchkit.commands import find_command
from benchkit.commands.dashboard import history_of_environment
from benchkit.dashboard.access import Access
from benchkit.dashboard.app import make_app
from benchkit.dashboard.site import Site
from benchkit.errors import UsageError
from benchkit.telling.history import open_store
from benchkit.telling.history.index import history as indexed
from benchkit.telling.history.index.building import follow
from tests.dashboard.site import site_of
from tests.support import ROOT
from tests.telling.history.runs import a_run


@dataclass
class Dashboard:
    """A running one, asked as its page would."""

    process: subprocess.Popen[str]
    host: str
    port: int
    token: str

    def get(self, path: str) -> tuple[int, str]:
        connection = http.client.HTTPConnection(self.host, self.port, timeout=120)
        connection.request("GET", path, headers={"Cookie": f"bench_runner_{self.port}={self.token}"})
        answer = connection.getresponse()
        text = answer.read().decode()
        connection.close()
        return answer.status, text

    def until(self, path: str, wanted: str) -> str:
        """The page, once what is wanted stands there: the history may be read still."""
        deadline = time.monotonic() + 120
        while wanted not in (text := self.get(path)[1]):
            assert time.monotonic() < deadline, text
            time.sleep(0.05)
        return text


@contextmanager
def dashboard(folder: Path, before: Sequence[str] = (), flags: Sequence[str] = ()) -> Iterator[Dashboard]:
    environment = {
        **os.environ,
        "XDG_CACHE_HOME": str(folder / "cache"),
        "XDG_CONFIG_HOME": str(folder / "config"),
    }
    program = (sys.executable, str(ROOT / "bench_runner.py"))
    command = [*before, *program, "dashboard", "--no-open", "--port", "0", *flags]
    with subprocess.Popen(
        command,
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert process.stdout is not None
            assert process.stderr is not None
            line = process.stdout.readline()
            found = re.fullmatch(r"http://([\d.]+):(\d+)/\?token=(\S+)\n", line)
            assert found, line + process.stderr.read()
            yield Dashboard(process, found[1], int(found[2]), found[3])
        finally:
            process.kill()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where a history of one run lies."""
    open_store(tmp_path / "benchmark_results.json").append(a_run("run-a"))
    return tmp_path


def test_two_dashboards_on_one_history(folder: Path) -> None:
    """Each on a port of its own with a token of its own; both see an append; Ctrl-C ends them quietly."""
    with dashboard(folder) as one, dashboard(folder) as other:
        assert one.token != other.token
        for each in (one, other):
            each.until("/runs", "run-a")
        open_store(folder / "benchmark_results.json").append(a_run("run-b"))
        for each in (one, other):
            assert "run-b" in each.get("/runs")[1]
        assert Dashboard(one.process, one.host, one.port, other.token).get("/runs")[0] == 401
        for each in (one, other):
            each.process.send_signal(signal.SIGINT)
            _, complaints = each.process.communicate(timeout=120)
            assert each.process.returncode in (0, 130)
            assert "Traceback" not in complaints


def test_a_taken_port_and_a_foreign_host_end_it_at_once() -> None:
    """With one line that says what to do."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        for flags, said in (
            (["--port", port], f"port {port} on 127.0.0.1: Address already in use; name another with --port"),
            (
                ["--host", "0.0.0.0"],
                "--host 0.0.0.0 lets other machines reach a page that starts programs here",
            ),
            (["--token-file", "/no/such/file"], "no token in /no/such/file: No such file or directory"),
        ):
            name, command, words = find_command(["dashboard", "--no-open", *flags])
            done = CliRunner().invoke(command, words, prog_name=name, standalone_mode=False)
            assert isinstance(done.exception, UsageError)
            assert said in str(done.exception)
            assert done.output == ""


def test_env_names_the_history_where_nobody_does(monkeypatch: pytest.MonkeyPatch) -> None:
    """A table of ours to be read alone, else a history; --history wins over it."""
    name, command, _ = find_command(["dashboard"])
    for variable, words, wanted in (
        ("old.csv", [], "csv://old.csv"),
        ("other.json", [], "other.json"),
        ("", [], None),
        ("old.csv", ["--history", "h.json"], None),
    ):
        monkeypatch.setenv("results_path", variable)
        with command.make_context(name, words):
            assert history_of_environment() == wanted


@pytest.fixture
def read_only(folder: Path) -> Iterator[Path]:
    (folder / "benchmark_results.json").chmod(0o444)
    folder.chmod(0o555)
    yield folder
    folder.chmod(0o755)


# Root may write anywhere, unless it cannot override permissions.
WITHOUT_OVERRIDE = (
    ("setpriv", "--bounding-set", "-dac_override,-dac_read_search") if os.geteuid() == 0 else ()
)


@pytest.mark.heavy
@pytest.mark.skipif(bool(WITHOUT_OVERRIDE) and not shutil.which("setpriv"), reason="needs setpriv as root")
def test_nothing_here_can_be_written(read_only: Path) -> None:
    """History, cache and config: everything can be looked at, and what cannot be done is said."""
    with dashboard(read_only, before=WITHOUT_OVERRIDE) as page:
        page.until("/runs", "run-a")
        assert page.get("/runs/run-a")[0] == 200
        connection = http.client.HTTPConnection(page.host, page.port, timeout=120)
        headers = {
            "Cookie": f"bench_runner_{page.port}={page.token}",
            "Origin": f"http://{page.host}:{page.port}",
            "Content-Type": "application/json",
        }
        for method, path, body, what in (
            ("PUT", "/api/settings", "{}", "dashboard.json"),
            ("PUT", "/api/runs/run-a/note", "{}", "benchmark_results.notes.json"),
            ("DELETE", "/api/runs/run-a?confirm=yes", "", "benchmark_results.json"),
            ("POST", "/api/import", '{"name": "x.json", "content": "{}"}', "x.json"),
        ):
            connection.request(method, path, body or None, headers)
            answer = connection.getresponse()
            text = answer.read().decode()
            assert answer.status in (400, 409), text
            assert re.search(rf'"error": ?"[^"]*{what}', text), text
            assert not re.search(r"a bug of ours|\.tmp|\.lock", text), text


@pytest.fixture
def long_site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Site:
    """One whose history counts as long, however short it is."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(indexed, "LONG_BYTES", 0)
    return site_of(tmp_path, Access("127.0.0.1", 8484, "t"), a_run("run-a"), a_run("run-b"))


def browser_of(site: Site) -> TestClient:
    return TestClient(make_app(site), base_url=site.access.origin, cookies={site.access.cookie: "t"})


def test_while_a_history_is_read_the_page_says_how_far(
    long_site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From the first moment on, and again when it was written anew; the rest answers meanwhile."""
    read, going_on = threading.Event(), threading.Event()

    def read_and_wait(history: Path, place: Path, report: Callable[[int, int], None]) -> None:
        follow(history, place, report)
        read.set()
        going_on.wait(120)

    monkeypatch.setattr(indexed, "follow", read_and_wait)
    browser = browser_of(long_site)

    def see_it_read(run_id: str) -> None:
        assert read.wait(120)
        answer = browser.get("/leaderboard")
        assert answer.status_code == 503
        assert re.search(r"[1-9]\d% are done", answer.text)
        assert '<meta http-equiv="refresh"' in answer.text
        assert browser.get("/static/page.css").status_code == 200
        going_on.set()
        while (answer := browser.get("/runs")).status_code == 503:
            time.sleep(0.01)
        assert run_id in answer.text

    see_it_read("run-a")
    read.clear()
    going_on.clear()
    long_site.history.delete("run-a")
    assert browser.get("/runs").status_code == 503
    see_it_read("run-b")


def test_what_stands_in_the_way_of_an_index_is_told_by_the_pages(long_site: Site) -> None:
    """A broken line is not waited for again and again; another layout is shown without an index."""
    history = Path(long_site.place)
    whole = history.read_bytes()
    history.write_text('{"schema": 1, "runs": [\n{"id": ],\n{}\n]}\n')
    browser = browser_of(long_site)
    while (answer := browser.get("/runs")).status_code == 503:
        time.sleep(0.01)
    assert answer.status_code == 409
    assert "run 1 is no JSON" in answer.text
    history.write_bytes(json.dumps(json.loads(whole), indent=1).encode())
    assert "run-a" in browser.get("/runs").text
