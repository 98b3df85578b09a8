"""What a run is to be, settled before anything starts."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchkit.errors import UsageError
from benchkit.running.plan import plan_run
from benchkit.running.runner.check import check_model
from benchkit.settings import RunSettings
from tests.support import F16

URL = "http://localhost:1/v1"


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        (RunSettings(benchmark="demo", name="mine", server="llama-server"), "--model"),
        (RunSettings(benchmark="demo", base_url=URL), "--name"),
        (
            RunSettings(benchmark="demo", model=F16, base_url=URL, server="ollama"),
            "leave one out",
        ),
    ],
)
def test_where_the_model_is_must_be_said_once(settings: RunSettings, said: str) -> None:
    """A server to start needs a file, a running one its name; both at once is a question, not a run."""
    with pytest.raises(UsageError, match=said):
        plan_run(settings)


def test_an_endpoint_may_be_told_of_the_file_it_serves() -> None:
    """Then the file gives the name and the facts."""
    assert plan_run(RunSettings(benchmark="demo", model=F16, base_url=URL)).name == "demo-f16"


def test_a_name_where_a_file_belongs_is_told_its_flag() -> None:
    """At a running endpoint --model is the file, and --name the model."""
    with pytest.raises(UsageError, match=f"mine: no such file: .* {URL} serves by --name mine"):
        check_model(plan_run(RunSettings(benchmark="demo", model=Path("mine"), base_url=URL)))
