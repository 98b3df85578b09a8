"""The API over a history of three runs, with folders of its own for everything it writes."""

from __future__ import annotations

from pathlib import Path

import pytest
from starlette.testclient import TestClient

from benchkit.dashboard.access import Access
from benchkit.dashboard.api.application import make_api
from benchkit.dashboard.site import Site
from benchkit.telling.history.index.history import open_indexed
from tests.support import ROOT
from tests.telling.history.runs import a_run


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Site:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    history = open_indexed(tmp_path / "h.json")
    for name in ("run-a", "run-b", "run-c"):
        history.append(a_run(name, artifacts=str(tmp_path / "runs" / name)))
    access = Access("127.0.0.1", 8484, "token")
    models = (ROOT / "demo",)
    return Site(history, history.place, tmp_path / "runs", models, access, tmp_path / "config" / "page.json")


@pytest.fixture
def api(site: Site) -> TestClient:
    return TestClient(make_api(site), raise_server_exceptions=False)
