"""What a run shows where no person watches: the script's output, and the runner's lines between it."""

from __future__ import annotations

from io import BytesIO, StringIO
from pathlib import Path

from benchkit.running.display import PlainDisplay
from benchkit.running.runner import execute
from tests.running.runner.plans import scored


def test_output_that_ends_in_half_a_line_is_ended(tmp_path: Path) -> None:
    """What the runner tells next begins its own line; the output that is kept stays as it was printed."""
    plan = scored(tmp_path, "mine")
    (tmp_path / "bench.py").write_text("print('score 50.0', end='')")
    shown = BytesIO()
    execute(plan, PlainDisplay(shown, StringIO()))
    assert shown.getvalue() == b"score 50.0\n"
    assert (plan.folder / "output.log").read_bytes() == b"score 50.0"


def test_output_in_whole_lines_is_shown_as_it_is(tmp_path: Path) -> None:
    """Not a byte more where nothing has to be ended."""
    plan = scored(tmp_path, "mine")
    (tmp_path / "bench.py").write_text("print('score 50.0')")
    shown = BytesIO()
    execute(plan, PlainDisplay(shown, StringIO()))
    assert shown.getvalue() == b"score 50.0\n"
