"""The parser in a package of one's own, as CONTRIBUTING shows it."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from tests.support import F16, ROOT, Bench, runs_in


@pytest.fixture
def installed(tmp_path: Path) -> str:
    """The package of CONTRIBUTING.md, laid out as pip would install it: its folder, for PYTHONPATH."""
    text = (ROOT / "CONTRIBUTING.md").read_text()
    toml, python = (re.findall(rf"```{kind}\n(.*?)```", text, re.DOTALL)[0] for kind in ("toml", "python"))
    folder = tmp_path / "site"
    facts = folder / "mybench-1.dist-info"
    facts.mkdir(parents=True)
    (folder / "mybench.py").write_text(python)
    (facts / "METADATA").write_text("Metadata-Version: 2.1\nName: mybench\nVersion: 1\n")
    (name,) = re.findall(r'^(\w+) = "mybench:', toml, re.MULTILINE)
    (facts / "entry_points.txt").write_text(f"[bench_runner.parsers]\n{name} = mybench:MyParser\n")
    assert len(python.strip().splitlines()) <= 20
    return os.pathsep.join([str(folder), os.environ.get("PYTHONPATH", "")])


@pytest.mark.parametrize(
    "script",
    [
        "echo 3 of 4 solved",
        """sh -c 'echo "{\\"solved\\": 3, \\"of\\": 4}" > $BENCH_OUTPUT_DIR/result.json; echo'""",
    ],
    ids=["printed", "its file"],
)
def test_the_parser_of_contributing_works(script: str, bench: Bench, installed: str, tmp_path: Path) -> None:
    """Found by its entry point, it reads a run's file and a run's output."""
    done = bench("--model", F16, "--benchmark", "mine", "--parser", "mine", "--server", "xllamacpp",
                 "--script", script, PYTHONPATH=installed)  # fmt: skip
    assert done.returncode == 0, done.stderr
    (run,) = runs_in(tmp_path)
    assert (run["results"]["score"], run["results"]["total_problems"]) == (75.0, 4)


def test_without_it_the_name_is_unknown(bench: Bench) -> None:
    """Where the package is not installed, the known parsers are listed."""
    done = bench("--model", F16, "--benchmark", "mine", "--parser", "mine", "--script", "echo 3 of 4 solved")
    assert done.returncode == 2
    assert "known are aider" in done.stderr
