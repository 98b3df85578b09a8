"""What tests of every room share: the repository's root, the demo models, the test data, the command."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from tests.loaded_interpreter import run_script
from tests.postgresql import Server, running_server
from tests.support import ROOT, Bench

# What a person's shell says of the terminal, of proxies and of new files is no matter of the tests. And it
# starts its background jobs deaf to Ctrl-C: all that tests start would inherit that.
for _name in ("COLUMNS", "LINES", "NO_COLOR", "FORCE_COLOR"):
    os.environ.pop(_name, None)
for _kind in ("http", "https", "all", "no"):
    for _name in (f"{_kind}_proxy", f"{_kind}_proxy".upper()):
        os.environ.pop(_name, None)
os.umask(0o022)
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    """Runs bench_runner.py in an empty folder, as a person would type it."""

    def run(
        *arguments: str | Path, timeout: float = 240, **environment: str
    ) -> subprocess.CompletedProcess[str]:
        return run_script("bench_runner.py", *arguments, folder=tmp_path, timeout=timeout, env=environment)

    return run


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Real problem sets and published verdicts, which are not part of the repository."""
    folder = Path(os.environ.get("BENCH_TEST_DATA", ROOT.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"no test data at {folder}: set BENCH_TEST_DATA")
    return folder


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Server]:
    """A server of this test process's own, for tests that leave it running."""
    with running_server() as server:
        yield server


@pytest.fixture
def database(postgres_server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The URL of a new, empty database; what waits for it lies in the test's folder."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return postgres_server.make_database(f"test_{uuid4().hex}")
