"""A new kind of server is one file and one line in the table: everything that names kinds reads the table."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from benchkit.serving.servers.kinds import SERVERS, kind_names
from tests.support import F16, ROOT, Bench, runs_in


@pytest.fixture
def with_toy(tmp_path: Path) -> Bench:
    """Runs bench_runner.py with the line of one more kind in the table."""

    def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "tests.serving.servers.toy_kind", *map(str, arguments)],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            timeout=240,
            check=False,
        )

    return run


def test_the_command_offers_the_kinds_of_the_table(bench: Bench) -> None:
    """Each kind, and `auto`, is a choice of --server; a kind that is taken out of the table is none."""
    offered = "".join(bench("--help").stdout.split())
    assert "|".join(kind_names()) in offered
    assert len(SERVERS) == 6


def test_a_new_kind_is_offered_chosen_planned_and_served(with_toy: Bench, tmp_path: Path) -> None:
    """With its line in the table alone, --help, --server, `auto`, a plan and `doctor` know it."""
    assert "|toy]" in "".join(with_toy("--help").stdout.split())
    ran = with_toy(
        *("--model", F16, "--benchmark", "mine", "--script", "echo score: 50", "--server", "auto"),
        *("--parser", "regex", "--score-pattern", r"score: (?P<score>\d+)"),
    )
    assert ran.returncode == 0, ran.stderr
    assert "server: toy, because" in ran.stderr
    assert runs_in(tmp_path)[0]["server"]["kind"] == "toy"
    plan = {"defaults": {"server": "toy"}, "models": [{"path": str(F16)}], "benchmarks": [{"name": "demo"}]}
    (tmp_path / "plan.yaml").write_text(json.dumps(plan))
    assert with_toy("batch", "plan.yaml", "--dry-run").returncode == 0
    assert "toy" in with_toy("doctor").stdout
