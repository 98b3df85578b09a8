"""What a batch shows where several of its runs show something at once."""

from __future__ import annotations

import io
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from benchkit.running.batch.display import BatchDisplay


def test_lines_of_runs_side_by_side_stay_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each stands in a line of its own, also where Python does not buffer (PYTHONUNBUFFERED)."""
    display, path = BatchDisplay(tuple), tmp_path / "shown"
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with (
            io.TextIOWrapper(path.open("wb", buffering=0), write_through=True) as shown,
            ThreadPoolExecutor(4) as pool,
        ):
            monkeypatch.setattr(sys, "stderr", shown)
            list(pool.map(display.line, ["whole"] * 2000))
    finally:
        sys.setswitchinterval(before)
    assert path.read_text().splitlines() == ["whole"] * 2000
