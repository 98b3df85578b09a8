"""compose.yaml's two services, as plain processes where no container can be started."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import urllib.request
from pathlib import Path
from urllib.error import HTTPError

import pytest
import yaml

from benchkit.telling.history import open_store
from tests.postgresql import HOST, running_server
from tests.support import ROOT, free_port
from tests.telling.history.runs import a_run

pytestmark = pytest.mark.heavy
TOKEN = "0123456789abcdef" * 3  # as `openssl rand -hex 24` makes one
SERVICES = yaml.safe_load((ROOT / "compose.yaml").read_text())["services"]


def test_the_services_commands_work_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The database with user, name and password as there, its health check, and the page's own command line.

    Only where they are differs: ports, the place of the token's file, and the host `database`, a name that
    containers alone resolve.
    """
    page, database = SERVICES["page"], SERVICES["database"]
    user, name = (database["environment"][one] for one in ("POSTGRES_USER", "POSTGRES_DB"))
    port, page_port = free_port(), free_port()
    monkeypatch.setenv("PGPASSWORD", "0123abc")
    monkeypatch.setenv("PGHOSTADDR", HOST)
    monkeypatch.setenv("PGPORT", str(port))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.setenv("BENCH_HISTORY", url := page["environment"]["BENCH_HISTORY"])
    (tmp_path / "page.token").touch(0o600)  # docs/stores.md has `umask 077`
    (tmp_path / "page.token").write_text(f"{TOKEN}\n")
    with running_server() as server:
        server.make_database(name)
        server.ask_for_passwords("0123abc")
        server.stop()
        server.start(port=port)
        check = database["healthcheck"]["test"]
        assert check[:2] == ["CMD", "pg_isready"]
        server.is_ready("--host", HOST, "--port", str(port), *check[2:])
        assert user == "bench"
        open_store(url).append(a_run("recorded-by-a-box"))
        words = page["command"].replace("/run/page.token", str(tmp_path / "page.token")).split()
        words += ["--port", str(page_port)]
        with subprocess.Popen(
            [sys.executable, str(ROOT / "bench_runner.py"), *words], cwd=tmp_path,
            stdout=subprocess.PIPE, text=True, env=dict(os.environ),
        ) as process:  # fmt: skip
            try:
                assert process.stdout is not None
                assert process.stdout.readline()
                address = f"http://localhost:{page_port}"
                assert "recorded-by-a-box" in _read(f"{address}/runs", token=TOKEN)
                with pytest.raises(HTTPError, match=r"HTTP Error 40[13]"):
                    _read(f"{address}/runs", token="another")
            finally:
                process.terminate()
    assert re.fullmatch(r"127\.0\.0\.1:(\d+):\1", page["ports"][0]), "to this machine alone"


def _read(address: str, token: str) -> str:
    """The page, by the address that docs/stores.md names; the token becomes a cookie on the way."""
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
    with opener.open(f"{address}?token={token}", timeout=60) as answer:
        return str(answer.read().decode())
