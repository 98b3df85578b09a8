"""Results in, reports out, and the settings of the page."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from benchkit.dashboard.page_settings import PageSettings, read_settings
from benchkit.dashboard.site import Site
from benchkit.telling.history import to_record
from tests.telling.history.runs import a_run


def test_a_history_is_imported_once(api: TestClient, site: Site) -> None:
    """The file is kept among the runs, which is the runs' origin."""
    runs = [to_record(a_run(name)) for name in ("run-a", "new-1")]
    body = {"name": "../../their results.json", "content": json.dumps({"schema": 1, "runs": runs})}
    answer = api.post("/import", json=body)
    assert (answer.status_code, answer.json()) == (201, {"added": ["new-1"]})
    origin = Path(site.history.get("new-1").config.origin or "")
    assert origin.parent == site.runs_dir / "imports"
    assert origin.name.endswith("-_.._their_results.json")
    assert api.post("/import", json=body).json() == {"added": []}


def test_what_cannot_be_imported_is_named_and_not_kept(api: TestClient, site: Site) -> None:
    """By the name that the person knows."""
    for body, said in (
        ({"name": "x.json", "content": "{"}, "x.json is no record of ours, and none of"),
        (
            {"name": "x.json", "content": "{}", "parser": "human_evil", "model": "m"},
            "did you mean human_eval",
        ),
        ({"name": "x.json", "content": "{}", "parser": "human_eval", "model": "m"}, "x.json: "),
        ({"name": "x.json", "content": "{}", "parser": "human_eval"}, "which model made x.json? add"),
        ({"name": "x.json", "content": "\ud800"}, "x.json is no record of ours"),
    ):
        answer = api.post("/import", content=json.dumps(body), headers={"Content-Type": "application/json"})
        assert answer.status_code == 400
        assert said in answer.json()["error"]
    assert list((site.runs_dir / "imports").iterdir()) == []


@pytest.mark.parametrize("style", ["html", "markdown", "text", "csv", "jsonl", "pdf"])
def test_every_report_can_be_kept(api: TestClient, style: str) -> None:
    """As a download: a report that is HTML does not become a page of ours."""
    answer = api.get(f"/export?format={style}")
    assert answer.status_code == 200
    assert len(answer.content) > 100
    assert answer.headers["content-disposition"].startswith('attachment; filename="report.')


def test_reports_that_there_are_not(api: TestClient) -> None:
    """An unknown form, rows where there are none, a benchmark without runs."""
    for query, said in (
        ("format=docx", "format"),
        ("format=html&attempts=1", "take csv or jsonl"),
        ("benchmark=nothing", "no runs of benchmark 'nothing'"),
    ):
        answer = api.get(f"/export?{query}")
        assert answer.status_code == 400
        assert said in answer.json()["error"]


def test_settings_are_kept_in_a_private_file(api: TestClient, site: Site, tmp_path: Path) -> None:
    """And are what the next start finds."""
    nothing = {"models": [], "defaults": {}, "ntfy_url": "", "webhook_url": "", "weights": ""}
    assert api.get("/settings").json() == nothing
    (tmp_path / "models").mkdir()
    wanted = {
        "models": [str(tmp_path / "models")],
        "defaults": {"temperature": 0.2, "gpu_layers": "all"},
        "ntfy_url": "https://ntfy.example/topic",
        "webhook_url": "",
        "weights": "correctness=60,speed=40",
    }
    assert api.put("/settings", json=wanted).json() == wanted
    assert api.get("/settings").json() == wanted
    assert site.settings_file.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"models": ["/no/such/folder"]}, "models"),
        ({"models": [""]}, "models"),
        ({"models": ["\x00"]}, "models"),
        ({"models": ["~nobody-of-that-name/x"]}, "models"),
        ({"defaults": {"server_args": "--rpc"}}, "server_args"),
        ({"defaults": {"temperature": "hot"}}, "temperature"),
        ({"ntfy_url": "file:///etc/passwd"}, "ntfy_url"),
        ({"webhook_url": "nowhere"}, "webhook_url"),
        ({"weights": "correctness=60"}, "weights"),
        ({"history": "x"}, "history"),
    ],
)
def test_settings_that_make_no_sense(
    api: TestClient, site: Site, body: dict[str, object], field: str
) -> None:
    """Each is said at its field, and nothing is changed."""
    answer = api.put("/settings", json=body)
    assert answer.status_code == 400
    assert field in answer.json()["fields"]
    assert not site.settings_file.exists()


def test_a_broken_settings_file_is_named(api: TestClient, site: Site) -> None:
    """With the way out; what a newer version wrote is passed over."""
    site.settings_file.parent.mkdir()
    site.settings_file.write_text("{")
    assert "mend or remove that file" in api.get("/settings").json()["error"]
    site.settings_file.write_text('{"models": 7, "defaults": [], "ntfy_url": null, "newer": 1}')
    assert read_settings(site.settings_file) == PageSettings()


def test_a_place_that_cannot_be_written_is_named(api: TestClient, site: Site) -> None:
    """A folder that is a file here."""
    site.settings_file.parent.write_text("a file")
    answer = api.put("/settings", json={})
    assert answer.status_code == 400
    assert "cannot be" in answer.json()["error"]
    site.runs_dir.write_text("a file")
    answer = api.post("/import", json={"name": "x", "content": "x"})
    assert answer.status_code == 409
    assert str(site.runs_dir) in answer.json()["error"]
