"""Official files are fetched once, over real sockets, and are kept only when they are what they should be."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from benchkit.asking.problems.base import Release
from benchkit.asking.problems.fetching import fetch_release
from benchkit.asking.problems.releases import RELEASES
from benchkit.errors import ProblemsError

CONTENT = b'{"task_id": "T/0"}\n' * 50_000


class Files(BaseHTTPRequestHandler):
    """Serves one file well, one cut short, and nothing else."""

    requests: list[str]

    def do_GET(self) -> None:
        self.requests.append(self.path)
        if self.path not in ("/good", "/short"):
            return self.send_error(404)
        self.send_response(200)
        self.send_header("Content-Length", str(len(CONTENT)))
        self.end_headers()
        self.wfile.write(CONTENT if self.path == "/good" else CONTENT[:1000])
        return None

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def release(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Release]:
    """An official file on a server of this machine, and an empty cache folder."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    Files.requests = []
    with ThreadingHTTPServer(("127.0.0.1", 0), Files) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}"
        yield Release("v1", "set-v1.jsonl", hashlib.sha256(CONTENT).hexdigest(), f"{url}/good")
        server.shutdown()


def test_fetched_once_and_kept(release: Release) -> None:
    """The second call asks nobody; the first tells how far it is."""
    lines: list[str] = []
    path = fetch_release(release, lines.append)
    assert path.read_bytes() == CONTENT
    assert fetch_release(release, lines.append) == path
    assert Files.requests == ["/good"]
    assert lines[-1] == "fetching set-v1.jsonl, 100%"


def test_damaged_file_is_fetched_again(release: Release) -> None:
    """A file in the cache whose hash is wrong is replaced."""
    path = fetch_release(release, print)
    path.write_bytes(b"half")
    assert fetch_release(release, print).read_bytes() == CONTENT
    assert len(Files.requests) == 2


@pytest.mark.parametrize(
    ("page", "reason"), [("/absent", "HTTP 404"), ("/short", "no connection"), ("/good", "not the official")]
)
def test_what_is_wrong_is_not_kept(release: Release, page: str, reason: str) -> None:
    """Another file, half a file or none leaves nothing behind, and says where to put one by hand."""
    sha256 = "0" * 64 if page == "/good" else release.sha256
    bad = replace(release, url=release.url.replace("/good", page), sha256=sha256)
    with pytest.raises(ProblemsError, match=reason) as raised:
        fetch_release(bad, print)
    assert "put it at" in str(raised.value)
    assert "set-v1.jsonl" in str(raised.value)
    assert not list(Path(str(raised.value).partition("put it at ")[2].partition(",")[0]).parent.glob("set*"))


def test_offline_says_which_file_to_put_where(release: Release) -> None:
    """Without a network one line names the URL, the place and the other way."""
    dead = replace(release, url="http://127.0.0.1:9/HumanEval.jsonl.gz")
    with pytest.raises(ProblemsError) as raised:
        fetch_release(dead, print)
    assert str(raised.value).startswith(
        "set-v1.jsonl cannot be fetched (no connection): get http://127.0.0.1:9/"
    )
    assert str(raised.value).endswith("or name your copy with --problems-file")


def test_official_files_are_pinned(shared_data: Path) -> None:
    """Each pin is the hash of the file that was published under that name."""
    places = {"humaneval": "humaneval", "humaneval+": "evalplus", "mbpp": "mbpp", "mbpp+": "evalplus"}
    for name, releases in RELEASES.items():
        for release in releases:
            content = (shared_data / places[name] / release.filename).read_bytes()
            assert hashlib.sha256(content).hexdigest() == release.sha256
            assert release.url.startswith("https://github.com/")
