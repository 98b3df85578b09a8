"""A problem's own test says of a solution what it says in plain Python, where both share a process."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from benchkit.judging.sandbox import Limits, Sandbox
from benchkit.records import Verdict
from tests.judging.sandbox.plain_cases import CASES, Case


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_as_in_plain_python(case: Case, best: Sandbox, tmp_path: Path) -> None:
    """The verdict is plain Python's; the test leaves the trusted side only where no proxy can serve it."""
    if "numpy" in case.source + case.test:
        pytest.importorskip("numpy")
    passes = plain_python(case, tmp_path / "plain.py")
    assert passes is case.passes
    outcome = best.check(
        case.source, case.test, case.entry_point, Limits(wall_s=60, memory_mb=4096), support=case.prompt
    )
    assert (outcome.verdict is Verdict.PASSED) is passes, outcome
    assert outcome.verdict is not Verdict.INFRASTRUCTURE
    assert outcome.inside is case.inside, outcome


def plain_python(case: Case, path: Path) -> bool:
    end = f"\ncheck({case.entry_point})\n" if "def check(" in case.test else ""
    path.write_text(f"{case.source}\n{case.test}{end}")
    return subprocess.run([sys.executable, path], capture_output=True, check=False).returncode == 0
