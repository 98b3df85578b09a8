"""A shared history as people see it: the page on another box than its runs, what the docs tell to type."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from benchkit.dashboard.access import Access
from benchkit.dashboard.app import make_app
from benchkit.dashboard.site import Site
from benchkit.telling.history import open_store
from benchkit.telling.history.index.history import open_indexed
from tests.dashboard.site import GOOD, two_models
from tests.postgresql import Server
from tests.support import ROOT
from tests.telling.comparison.nights import a_run

pytestmark = pytest.mark.heavy

ACCESS = Access("127.0.0.1", 8484, "the-token")
STATEMENTS = re.findall(r"```sql\n(.*?)```", (ROOT / "docs" / "stores.md").read_text(), re.DOTALL)


@pytest.fixture
def shared(database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The history of two models whose folders are gone, as on another box."""
    monkeypatch.chdir(tmp_path)
    store = open_store(database)
    for run in two_models(tmp_path):
        store.append(run)
    shutil.rmtree(tmp_path / "runs")
    return database


def test_every_page_shows_a_shared_history_on_any_box(shared: str, tmp_path: Path) -> None:
    """Lists, boards, a run, its problems, an answer's code and files; and at once what another box adds."""
    site = Site(open_indexed(shared), shared, tmp_path / "runs", (), ACCESS, tmp_path / "settings.json")
    page = TestClient(make_app(site), base_url=ACCESS.origin, cookies={ACCESS.cookie: ACCESS.token})
    for place, told in (
        ("/now", "Now"),
        ("/launch", "Launch"),
        ("/leaderboard", "Beta"),
        ("/runs", "run-Beta"),
        ("/runs?model=Alpha", "run-Alpha"),
        ("/compare", "Alpha"),
        ("/models", "Alpha"),
        ("/settings", "Settings"),
        ("/runs/run-Beta", "HumanEval/7"),
    ):
        shown = page.get(place)
        assert (shown.status_code, told in shown.text) == (200, True), place
    answers = page.get("/api/runs/run-Beta/files/answers.jsonl")
    assert answers.status_code == 200
    assert GOOD.splitlines()[1] in answers.text
    assert page.get("/api/runs/run-Beta/files/server.log").status_code == 404
    open_store(shared).append(a_run("Gamma"))
    assert "Gamma" in page.get("/leaderboard").text
    open_store(shared).delete("run-Gamma")
    assert "Gamma" not in page.get("/leaderboard").text


def test_a_shared_history_is_found_by_its_models_and_its_latest_runs(database: str) -> None:
    """What the database answers by itself is what all heads would give."""
    store = open_indexed(database)
    for number, (model, failed) in enumerate((("A", [1]), ("A", [2]), ("B", [1]), ("A", [3]))):
        when = f"2026-01-0{4 - number if number < 3 else 9}T10:00:00+01:00"
        store.append(a_run(model, failed=failed, id=f"run-{number}", timestamp=when))
    assert [head.id for head in store.heads()] == ["run-0", "run-1", "run-2", "run-3"]
    assert [head.id for head in store.latest_heads()] == ["run-2", "run-3"]
    assert [head.id for head in store.heads_of("A")] == ["run-0", "run-1", "run-3"]
    assert [(one.model, one.runs, one.not_ok) for one in store.counts()] == [("A", 3, 0), ("B", 1, 0)]
    assert store.values_of("model") == ["A", "B"]


@pytest.mark.parametrize("statement", STATEMENTS, ids=range(len(STATEMENTS)))
def test_the_documentations_statements_work(shared: str, postgres_server: Server, statement: str) -> None:
    """Each of them, through psql."""
    name = shared.partition("?")[0].rpartition("/")[2]
    told = postgres_server.sql(name, statement)
    assert told or "hard" in statement  # no problem of that set is said to be hard


def test_compose_accepts_our_file(tmp_path: Path) -> None:
    """With a password; without one it names the next step."""
    compose = shutil.which("docker-compose")
    if compose is None:
        pytest.skip("docker-compose is not installed: sudo apt install docker-compose")
    shutil.copy(ROOT / "compose.yaml", tmp_path)
    words = [compose, "--file", str(tmp_path / "compose.yaml"), "config"]
    environment = {name: value for name, value in os.environ.items() if name != "PGPASSWORD"}
    refused = subprocess.run(words, env=environment, capture_output=True, text=True)
    assert refused.returncode != 0
    assert "into .env" in refused.stderr
    done = subprocess.run(words, env={**environment, "PGPASSWORD": "x"}, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "127.0.0.1" in done.stdout
