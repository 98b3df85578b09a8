"""What the doctor says of GPUs, engines, toolchains, linters and judges."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from benchkit.commands.doctor import Finding, _findings
from benchkit.errors import MissingDependency
from benchkit.judging.scoring.composite import complexity
from benchkit.judging.scoring.composite.checkers.clippy import Clippy
from benchkit.languages import Toolchain
from benchkit.languages.go import Go
from benchkit.serving.servers import EngineInfo
from benchkit.telling.history import open_store
from tests.telling.history.runs import a_run

ON_CPU = EngineInfo("xllamacpp", "1.0", "pip install the other wheel", gpu_capable=False)
ABSENT = EngineInfo("ollama", None, "install Ollama", gpu_capable=False)


def findings(
    monkeypatch: pytest.MonkeyPatch, *gpus: str, history: str = "nowhere.json"
) -> dict[str, Finding]:
    """By name, on a machine with these GPUs in the box, none of which tells anything."""
    facts = {"gpu": None, "os": "Linux", "cpu": "a processor", "ram_mb": 1024}
    monkeypatch.setattr("benchkit.serving.telemetry.machine_facts", lambda: facts)
    monkeypatch.setattr("benchkit.serving.servers.hardware.gpus", lambda: gpus)
    monkeypatch.setattr("benchkit.serving.servers.installed", lambda: [ON_CPU, ABSENT])
    monkeypatch.setattr("benchkit.judging.sandbox.probe", list)
    return {finding.what: finding for finding in _findings(history)}


def test_without_a_gpu_an_engine_on_the_cpu_is_all_right(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody is sent to install GPU support for a GPU that is not there."""
    told = findings(monkeypatch)
    assert (told["xllamacpp"].state, told["xllamacpp"].advice) == ("ok", "")
    assert told["GPU"].state == "missing"


def test_a_gpu_that_stays_idle_is_a_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    """An engine that cannot use the GPU comes with the command that mends it; a silent GPU is named."""
    told = findings(monkeypatch, "NVIDIA GeForce RTX 4090")
    assert (told["xllamacpp"].state, told["xllamacpp"].advice) == ("warning", ON_CPU.how_to_get)
    assert told["GPU"].state == "warning"
    assert "RTX 4090" in told["GPU"].detail


def test_an_engine_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is missing, whatever it could do with a GPU, and the way to get it is told."""
    told = findings(monkeypatch)["ollama"]
    assert (told.state, told.detail, told.advice) == ("missing", "not installed", ABSENT.how_to_get)


def test_toolchains_are_told_with_version_and_what_brings_a_missing_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """One line a language."""
    missing = MissingDependency("go", "make toolchains brings it")

    def no_go(_self: Go) -> Toolchain:
        raise missing

    monkeypatch.setattr(Go, "find_toolchain", no_go)
    told = findings(monkeypatch)
    assert told["Python"].state == "ok"
    assert told["Python"].detail.startswith("3.")
    assert (told["Go"].state, told["Go"].advice) == ("missing", "make toolchains brings it")


def test_what_quality_is_measured_with_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each linter that compiles has its line, and what brings a missing one."""
    monkeypatch.setattr(Clippy, "version", lambda _self: None)
    monkeypatch.setattr(complexity, "installed", lambda name: None if name == "ruff" else "1")
    told = findings(monkeypatch)
    assert (told["ruff"].state, told["ruff"].advice) == (
        "missing",
        f"{sys.executable} -m pip install ruff; without it runs have no quality",
    )
    assert told["radon"].state == "ok"
    assert told["clippy"].state == "missing"
    assert "rustup component add clippy" in told["clippy"].advice


def test_without_dspy_no_model_can_judge_and_the_pip_command_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(complexity, "installed", lambda _name: None)
    told = findings(monkeypatch)["DSPy"]
    assert (told.state, told.detail) == ("missing", "not installed: no model can judge")
    assert "pip install" in told.advice
    monkeypatch.setattr(complexity, "installed", lambda _name: "3.4.1")
    assert findings(monkeypatch)["DSPy"].detail == "3.4.1"


def test_judges_are_told_with_their_latest_checks(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A judge that passed once and fails now is uncalibrated; another one stays what it is."""
    history = str(tmp_path / "results.json")
    store = open_store(history)
    told = findings(monkeypatch, history=history)["judges"]
    assert (told.state, told.detail) == ("missing", f"none was checked in {history}")
    for day, model, sheet in (
        (1, "judge-a", {"calibrated": True}),
        (2, "judge-b", {"calibrated": True}),
        (3, "judge-b", {"calibrated": False, "failed": ["kappa", "retest"]}),
    ):
        check = a_run(
            f"check-{day}",
            benchmark="judge_check",
            model=model,
            timestamp=f"2026-11-0{day}T10:00:00",
            model_file={"sha256": model},
            results={"further": {"judge": sheet}},
        )
        store.append(check)
    told_all = findings(monkeypatch, history=history)
    assert "judges" not in told_all
    assert (told_all["judge-a"].state, told_all["judge-a"].detail) == (
        "ok",
        "calibrated by check-1",
    )
    assert (told_all["judge-b"].state, told_all["judge-b"].detail) == (
        "warning",
        "uncalibrated by check-3: kappa, retest",
    )


def test_a_history_that_cannot_be_read_hides_nothing_else(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    broken = tmp_path / "broken.json"
    broken.write_text("{")
    told = findings(monkeypatch, history=str(broken))
    assert told["cannot be told"].area == "judge"
    assert str(broken) in told["cannot be told"].detail
    assert "runs and history" in told
