"""Why a judge's word does not count yet, and what to do about it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from benchkit.telling.comparison.catalog import Catalog
from benchkit.telling.comparison.judgements import why_uncalibrated
from benchkit.telling.history import open_store
from tests.telling.history.runs import a_run

CHECKS: dict[str, tuple[str, dict[str, Any], str]] = {
    "a file": ("m", {"path": "/models/my m.gguf"}, "'/models/my m.gguf'"),
    "at an address": (
        "stand-in",
        {"path": None, "base_url": "http://box:8000/v1"},
        "stand-in --base-url http://box:8000/v1",
    ),
    "a provider's": (
        "openrouter/some/model",
        {"path": None, "provider": "openrouter", "base_url": "https://openrouter.ai/api/v1"},
        "openrouter/some/model",
    ),
    "with rubrics of one's own": (
        "m",
        {"path": "/m.gguf", "script_args": ["--run", "runs/r", "--votes", "3", "--rubrics", "/mine"]},
        "/m.gguf --rubrics /mine",
    ),
}


@pytest.mark.parametrize("case", CHECKS)
def test_the_command_that_checks_a_judge_is_one_that_works(case: str, tmp_path: Path) -> None:
    """It names the judge as it was named: a bare name would be taken for a file that is not there."""
    name, config, words = CHECKS[case]
    catalog = Catalog(open_store(tmp_path / "results.json"))
    judging = a_run("r-1", benchmark="judge", model=name, config=config)
    assert why_uncalibrated(catalog, judging) == f"it was never checked: bench_runner.py judge check {words}"
