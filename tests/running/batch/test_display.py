"""What a batch shows where several of its runs show something at once."""

from __future__ import annotations

import io
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from benchkit.running.batch.display import BatchDisplay, LiveTable
from benchkit.running.display import LiveDisplay


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


@pytest.mark.parametrize("display", [BatchDisplay(tuple), LiveTable(tuple), LiveDisplay()])
def test_words_of_others_do_not_steer_the_terminal(
    display: BatchDisplay | LiveDisplay, capsys: pytest.CaptureFixture[str]
) -> None:
    """What a server says of itself may hold commands for a terminal: none of them reaches it."""
    display.line("it refuses: \x1b]0;title\x07\x1b[2J[red]\nits log")
    assert capsys.readouterr().err == "it refuses: �]0;title��[2J[red]\nits log\n"
