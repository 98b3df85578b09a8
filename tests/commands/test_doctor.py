"""What the doctor says of GPUs and of engines that could or could not use them."""

from __future__ import annotations

import pytest

from benchkit.commands.doctor import Finding, _findings
from benchkit.errors import MissingDependency
from benchkit.languages import Toolchain
from benchkit.languages.go import Go
from benchkit.serving.servers import EngineInfo

ON_CPU = EngineInfo("xllamacpp", "1.0", "pip install the other wheel", gpu_capable=False)
ABSENT = EngineInfo("ollama", None, "install Ollama", gpu_capable=False)


def findings(monkeypatch: pytest.MonkeyPatch, *gpus: str) -> dict[str, Finding]:
    """By name, on a machine with these GPUs in the box, none of which tells anything."""
    facts = {"gpu": None, "os": "Linux", "cpu": "a processor", "ram_mb": 1024}
    monkeypatch.setattr("benchkit.serving.telemetry.machine_facts", lambda: facts)
    monkeypatch.setattr("benchkit.serving.servers.hardware.gpus", lambda: gpus)
    monkeypatch.setattr("benchkit.serving.servers.installed", lambda: [ON_CPU, ABSENT])
    monkeypatch.setattr("benchkit.judging.sandbox.probe", list)
    return {finding.what: finding for finding in _findings()}


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
