"""The pages as a browser gets them."""

from __future__ import annotations

from pathlib import Path

import pytest
from starlette.testclient import TestClient

from benchkit.dashboard.access import Access
from benchkit.dashboard.app import make_app
from benchkit.dashboard.site import Site
from benchkit.telling.history.index.history import open_indexed
from tests.telling.comparison.nights import a_history, a_run

HOST = "127.0.0.1"


@pytest.fixture
def browser(tmp_path: Path) -> TestClient:
    """Looks at a history of two models, of which one solved more."""
    history = a_history(tmp_path, a_run("Alpha", failed=range(20)), a_run("Beta", failed=range(90)))
    access = Access(HOST, 8484, "the-token")
    site = Site(
        open_indexed(history), str(history), tmp_path / "runs", (), access, tmp_path / "settings.json"
    )
    return TestClient(make_app(site), base_url=access.origin, cookies={access.cookie: access.token})


def test_the_leaderboard_names_the_better_model_first(browser: TestClient) -> None:
    """And each model leads to its run."""
    text = browser.get("/").text
    assert text.index(">Alpha</a>") < text.index(">Beta</a>")


def test_an_unknown_run_is_a_page_that_says_so(browser: TestClient) -> None:
    answer = browser.get("/runs/20990101-nothing")
    assert answer.status_code == 404
    assert "20990101-nothing" in answer.text
