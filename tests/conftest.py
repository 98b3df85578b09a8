"""What tests of every room share: the repository's root, the demo models, the test data, the command."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent
F16, QUANTIZED = (ROOT / "demo" / f"demo-{kind}.gguf" for kind in ("f16", "q2"))

Bench = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    """Runs bench_runner.py in an empty folder, as a person would type it."""

    def run(*arguments: str | Path, timeout: float = 60, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, str(ROOT / "bench_runner.py"), *map(str, arguments)],
            cwd=tmp_path,
            env={**os.environ, **environment},
            capture_output=True,
            text=True,
            errors="replace",
            timeout=timeout,
            check=False,
        )

    return run


def runs_in(folder: Path) -> list[dict[str, Any]]:
    """The runs of the history in this folder, none if there is no history."""
    history = folder / "benchmark_results.json"
    runs: list[dict[str, Any]] = json.loads(history.read_text())["runs"] if history.exists() else []
    return runs


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Real problem sets and published verdicts, which are not part of the repository."""
    folder = Path(os.environ.get("BENCH_TEST_DATA", ROOT.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"no test data at {folder}: set BENCH_TEST_DATA")
    return folder
