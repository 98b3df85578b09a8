"""`bench_runner.py dashboard` as a process of its own."""

from __future__ import annotations

import http.client
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import CliRunner
from starlette.testclient import TestClient

from benchkit.commands import find_command
from benchkit.dashboard import patience
from benchkit.dashboard.access import Access
from benchkit.dashboard.app import make_app
from benchkit.errors import UsageError
from benchkit.telling.history import open_store
from benchkit.telling.history.index import history as indexed
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
        connection = http.client.HTTPConnection(self.host, self.port, timeout=30)
        connection.request("GET", path, headers={"Cookie": f"bench_runner_{self.port}={self.token}"})
        answer = connection.getresponse()
        text = answer.read().decode()
        connection.close()
        return answer.status, text

    def until(self, path: str, wanted: str) -> str:
        """The page, once what is wanted stands there: the history may be read still."""
        deadline = time.monotonic() + 60
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
            _, complaints = each.process.communicate(timeout=20)
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
        connection = http.client.HTTPConnection(page.host, page.port, timeout=30)
        headers = {
            "Cookie": f"bench_runner_{page.port}={page.token}",
            "Origin": f"http://{page.host}:{page.port}",
            "Content-Type": "application/json",
        }
        for method, path, body in (
            ("PUT", "/api/settings", "{}"),
            ("PUT", "/api/runs/run-a/note", "{}"),
            ("DELETE", "/api/runs/run-a?confirm=yes", ""),
            ("POST", "/api/import", '{"name": "x.json", "content": "{}"}'),
        ):
            connection.request(method, path, body or None, headers)
            answer = connection.getresponse()
            text = answer.read().decode()
            assert answer.status in (400, 409), text
            assert '"error": "' in text or '"error":"' in text
            assert "a bug of ours" not in text


def test_while_a_history_is_read_the_page_says_how_far(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And what needs no history answers meanwhile; of a long one the terminal is told too."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    access = Access("127.0.0.1", 8484, "t")
    site = site_of(tmp_path, access, a_run("run-a"))
    browser = TestClient(make_app(site), base_url=access.origin, cookies={access.cookie: "t"})
    seen: list[str] = []
    monkeypatch.setattr(indexed, "LONG_BYTES", 0)
    monkeypatch.setattr(patience, "LONG_BYTES", 0)
    patience.make_index(
        site.history, lambda line: seen.extend((line, browser.get("/leaderboard").text))
    ).join()
    assert seen[0].startswith(f"reading {site.place}: ")
    assert re.search(r"[1-9]\d% are done", seen[1])
    assert '<meta http-equiv="refresh"' in seen[1]
    assert browser.get("/runs").status_code == 200


def test_a_broken_history_is_told_by_the_pages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not by what reads it in the background."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    access = Access("127.0.0.1", 8484, "t")
    site = site_of(tmp_path, access, a_run("run-a"))
    Path(site.place).write_text('{"schema": 1, "runs": [\n{"id": ],\n{}\n]}\n')
    patience.make_index(site.history, print).join()
    browser = TestClient(make_app(site), base_url=access.origin, cookies={access.cookie: "t"})
    answer = browser.get("/runs")
    assert answer.status_code == 500
    assert "run 1 is no JSON" in answer.text
