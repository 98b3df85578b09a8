"""Telling a person who is not looking, and keeping the machine awake meanwhile."""

from __future__ import annotations

import json
import os
import subprocess
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from benchkit.errors import UsageError
from benchkit.running.batch.inhibit import no_sleep
from benchkit.running.batch.notify import Notifier, Send, open_channels
from tests.running.batch.support import COMMAND, SUMMARY, good, leftovers, script, write_plan
from tests.support import Bench, wait_until

SECRET = "T0ken-that-nobody-may-see"


class Receiver:
    """A server that takes notifications, and answers as it is told."""

    def __init__(self, status: int) -> None:
        self.status = status
        self.got: list[tuple[str, str, bytes]] = []  # path, title, body
        self.url = ""


@contextmanager
def receiver(status: int = 200) -> Iterator[Receiver]:
    told = Receiver(status)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            title = self.headers.get("Title", "").encode("latin-1").decode()
            told.got.append((self.path, title, body))
            self.send_response(told.status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as http:
        told.url = f"http://127.0.0.1:{http.server_address[1]}/{SECRET}"
        thread = threading.Thread(target=http.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield told
        finally:
            http.shutdown()
            thread.join()


def program(folder: Path, name: str, body: str) -> Path:
    path = folder / name
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)
    return path


def test_the_user_is_told_at_failures_and_at_the_end(
    bench: Bench, tmp_path: Path, endpoint: dict[str, Any]
) -> None:
    """The command gets each failure and the summary on its stdin; ntfy and the webhook get the same."""
    told = program(tmp_path, "told.sh", "cat >> told.txt\necho >> told.txt")
    write_plan(tmp_path, models=[endpoint], benchmarks=[script(tmp_path, "bad", "sys.exit(3)")])
    with receiver() as ntfy, receiver() as hook:
        done = bench(
            "batch", "plan.yaml", "--notify-command", told, "--notify-failures",
            BENCH_NTFY_URL=ntfy.url, BENCH_WEBHOOK_URL=hook.url,
        )  # fmt: skip
    assert done.returncode == 1
    text = (tmp_path / "told.txt").read_text()
    assert text.startswith("bad on stand-in: script: ")
    assert "1 run: 0 ran, 1 failed" in text
    assert ntfy.got[0][1] == "failed: bad on stand-in"
    assert ntfy.got[1][1].startswith("1 run: 0 ran, 1 failed")
    assert "| bad" in ntfy.got[1][2].decode()
    assert [json.loads(body)["title"] for _, _, body in hook.got] == [title for _, title, _ in ntfy.got]
    assert "--retry-failed" in json.loads(hook.got[1][2])["text"]
    assert SECRET not in done.stdout + done.stderr
    kept = [path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()]
    assert not any(SECRET.encode() in content for content in kept)


def test_without_the_flag_only_the_end_is_told(
    bench: Bench, tmp_path: Path, endpoint: dict[str, Any]
) -> None:
    """Failures are told one by one only where that is asked for."""
    write_plan(tmp_path, models=[endpoint], benchmarks=[script(tmp_path, "bad", "sys.exit(3)")])
    with receiver() as ntfy:
        bench("batch", "plan.yaml", BENCH_NTFY_URL=ntfy.url)
    assert len(ntfy.got) == 1


def test_a_notification_that_fails_is_a_line_without_secrets(
    bench: Bench, tmp_path: Path, endpoint: dict[str, Any]
) -> None:
    """Refused, taken by nobody, or a command that fails: the night ends well, no address is shown."""
    write_plan(tmp_path, models=[endpoint], benchmarks=[good(tmp_path)])
    with receiver(403) as ntfy:
        done = bench(
            "batch", "plan.yaml", "--notify-command", f"false --password {SECRET}",
            BENCH_NTFY_URL=ntfy.url, BENCH_WEBHOOK_URL=f"http://127.0.0.1:1/{SECRET}",
        )  # fmt: skip
    assert done.returncode == 0
    assert "notification by the command false failed: it ended with exit code 1" in done.stderr
    assert "notification by BENCH_NTFY_URL failed: it answered with status 403" in done.stderr
    assert "notification by BENCH_WEBHOOK_URL failed: ConnectionError" in done.stderr
    assert SECRET not in done.stdout + done.stderr


def test_an_address_that_is_none_is_told_without_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever requests thinks of the address, its text is not shown."""
    monkeypatch.setenv("BENCH_WEBHOOK_URL", f"htp:/{SECRET}")
    assert told_by(open_channels(None)) == ["notification by BENCH_WEBHOOK_URL failed: InvalidSchema"]


def test_who_sends_us_elsewhere_was_not_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """A redirection, such as from http to https, would lose the message and look like success."""
    with receiver(301) as ntfy:
        monkeypatch.setenv("BENCH_NTFY_URL", ntfy.url)
        assert told_by(open_channels(None)) == [
            "notification by BENCH_NTFY_URL failed: it answered with status 301"
        ]


def test_a_place_that_hangs_holds_up_nothing() -> None:
    """The night goes on, other places are told everything in order, and at the end it is given up."""
    got: list[str] = []
    never = threading.Event()
    lines: list[str] = []

    def hang(_title: str, _text: str) -> None:
        never.wait()

    def take(title: str, _text: str) -> None:
        got.append(title)

    notifier = Notifier({"one that hangs": hang, "another": take}, lines.append)
    for title in ("first\nfailure", "second", "\udcff"):
        notifier.send(title, "text")
    wait_until(lambda: got == ["first failure", "second", "?"])
    notifier.close(patience_s=0.01)
    assert lines[0] == "notification by one that hangs given up: it takes more than 0.01 s"
    never.set()


def told_by(send_to: Mapping[str, Send]) -> list[str]:
    lines: list[str] = []
    notifier = Notifier(send_to, lines.append)
    notifier.send("title", "text")
    notifier.close()
    return lines


@pytest.mark.parametrize("command", ["mail 'me", "no-such-program-here me", " "])
def test_a_notify_command_that_is_no_command_is_refused_at_once(command: str) -> None:
    """An unclosed quote or a misspelt program is told before the night, not in the morning."""
    with pytest.raises(UsageError, match="--notify-command"):
        open_channels(command)


# Like systemd-inhibit(1): takes its options, holds, and runs the command that follows.
INHIBIT = """echo "$@" > inhibited.txt; echo $$ > inhibitor.pid
while [ "${1#--}" != "$1" ]; do shift; done
"$@"
"""


def test_sleep_is_held_off_while_the_night_lasts_and_not_longer(
    tmp_path: Path, endpoint: dict[str, Any]
) -> None:
    """systemd-inhibit holds off sleep during the night; a night killed with -9 leaves none behind."""
    (tmp_path / "bin").mkdir()
    program(tmp_path / "bin", "systemd-inhibit", INHIBIT)
    environment = {**os.environ, "PATH": f"{tmp_path / 'bin'}:{os.environ['PATH']}"}
    slow = script(tmp_path, "slow", f"time.sleep(60); print({SUMMARY!r})")
    write_plan(tmp_path, models=[endpoint], benchmarks=[slow])
    with subprocess.Popen(
        COMMAND, cwd=tmp_path, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    ) as night:
        wait_until(lambda: any(tmp_path.glob("runs/*/output.log")))
        inhibitor = Path("/proc") / (tmp_path / "inhibitor.pid").read_text().strip()
        assert inhibitor.exists()
        night.kill()
        assert night.stderr
        assert "nothing here holds off sleep" not in night.stderr.read()
    wait_until(lambda: not inhibitor.exists())
    assert "--what=sleep" in (tmp_path / "inhibited.txt").read_text()
    wait_until(lambda: leftovers(tmp_path) == [])


def test_an_inhibitor_that_cannot_hold_is_not_believed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where systemd-inhibit is installed but has no login manager to talk to, sleep is not held off."""
    program(tmp_path, "systemd-inhibit", "echo 'Failed to connect to bus' >&2; exit 1")
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    with no_sleep() as awake:
        assert not awake
