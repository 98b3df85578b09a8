"""One more line in the table of settings is a setting everywhere."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.running.batch.kills import NAME, prove
from tests.stand_ins.chat_server import chat_server
from tests.support import ROOT, runs_in

LINE = """\
    beams: int | None = setting(None, COUNT, "At once.", compared_as="beam width", for_script=True)
"""
BEFORE = "    timeout_s: float | None = setting("
SUMMARY = "Results: x v1 (sha256 0)\npass@1: 50.00% (1/2)\nTime: 1.0 s\nFailed tasks: x/1"

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def with_beams(tmp_path: Path) -> Run:
    """Types commands of a copy of this program whose table has one line more."""
    code, place = tmp_path / "code", tmp_path / "place"
    for folder in ("benchkit", "parsers"):
        shutil.copytree(ROOT / folder, code / folder, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "bench_runner.py", code)
    table = code / "benchkit" / "settings.py"
    text = table.read_text()
    assert text.count(BEFORE) == 1
    table.write_text(text.replace(BEFORE, LINE + BEFORE))
    place.mkdir()
    (place / "told.py").write_text(f"import sys\nprint(sys.argv[1:])\nprint({SUMMARY!r})\n")

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-P", str(code / "bench_runner.py"), *words]
        environment = {
            "PATH": "/usr/bin:/bin",
            "HOME": str(tmp_path),
            "PYTHONPATH": str(code),
            "COLUMNS": "200",
        }
        return subprocess.run(command, cwd=place, env=environment, capture_output=True, text=True)

    return run


def test_one_line_makes_a_setting(with_beams: Run, tmp_path: Path) -> None:
    """Flag, help, plan key, record, rerun command and condition of comparing all follow from it."""
    place = tmp_path / "place"
    assert "--beams INTEGER RANGE" in with_beams("--help").stdout
    with chat_server(prove) as server:
        served = ("--base-url", server.base_url, "--name", NAME)
        asked = (*served, "--benchmark", "told", "--parser", "human_eval")
        alone = with_beams(*asked, "--script", "told.py", "--beams", "40")
        assert alone.returncode == 0, alone.stderr
        filled = with_beams(*asked, "--script", "echo {beams} {base_url}", "--beams", "7", "--dry-run")
        assert "echo 7 http" in filled.stdout, filled.stderr
        plan = {
            "models": [{"base_url": server.base_url, "name": NAME}],
            "benchmarks": [{"name": "told", "script": "told.py", "parser": "human_eval"}],
            "matrix": {"beams": [20, 30]},
        }
        (place / "plan.json").write_text(json.dumps(plan))
        night = with_beams("batch", "plan.json")
        assert night.returncode == 0, night.stderr
    first, *others = runs_in(place)
    assert [run["config"]["beams"] for run in (first, *others)] == [40, 20, 30]
    assert "'--beams', '40'" in (Path(first["artifacts"]) / "output.log").read_text()
    assert "--beams 40" in with_beams("compare", first["id"], "--columns", "model,command").stdout
    apart = with_beams("compare", first["id"], others[0]["id"])
    assert "beam width 40" in apart.stdout + apart.stderr


def test_a_plan_refuses_what_is_not_of_the_kind(with_beams: Run, tmp_path: Path) -> None:
    """The line's kind is what a plan's value is checked against."""
    plan = {"models": [{"base_url": "http://localhost:1/v1", "name": "n"}], "benchmarks": ["demo"]}
    (tmp_path / "place" / "plan.json").write_text(json.dumps({**plan, "defaults": {"beams": "many"}}))
    refused = with_beams("batch", "plan.json", "--dry-run")
    assert refused.returncode == 2
    assert "beams: 'many' is not a whole number from 1" in refused.stderr
