"""What the scripts' shared flags refuse."""

from __future__ import annotations

from pathlib import Path

import click
import pytest

import run_eval


def test_an_empty_output_folder_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As of a shell's variable that is not set: answers and verdicts were written where one stands."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(click.BadParameter, match="it is empty: name a folder"):
        run_eval.command.main(["--output-dir", ""], "run_eval.py", standalone_mode=False)
    assert list(tmp_path.iterdir()) == []
