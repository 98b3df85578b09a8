"""--server auto, by the hardware and the engines that are there."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchkit.errors import EngineMissing, UnknownName
from benchkit.serving.servers import choose, installed, preview_command, serve
from benchkit.serving.servers.base import EngineInfo
from benchkit.serving.servers.hardware import gpus, maker
from benchkit.serving.servers.kinds import SERVERS, load
from tests.serving.servers.conftest import Ask

ALL = {"llama-server": True, "lm-studio": True, "llama-cpp-python": True, "xllamacpp": True}
Present = dict[str, bool | None]


@pytest.fixture
def engines(monkeypatch: pytest.MonkeyPatch) -> Present:
    """Engines that seem installed, and whether they can use a GPU; a test changes the table."""
    present: Present = {}

    class Seeming:
        def __init__(self, kind: str) -> None:
            self.kind = kind

        def engine(self, _: Path | None) -> EngineInfo:
            version = "1" if self.kind in present else None
            return EngineInfo(self.kind, version, f"get {self.kind}", present.get(self.kind))

    monkeypatch.setattr("benchkit.serving.servers.choice.load", Seeming)
    return present


def with_gpu(monkeypatch: pytest.MonkeyPatch, *names: str) -> None:
    monkeypatch.setattr("benchkit.serving.servers.choice.gpus", lambda: names)


@pytest.mark.parametrize(
    ("present", "gpu", "kind"),
    [
        (ALL, True, "llama-server"),
        (ALL | {"llama-server": False}, True, "lm-studio"),
        (ALL | {"llama-server": False, "lm-studio": None}, True, "llama-cpp-python"),
        ({"xllamacpp": True, "llama-server": False}, True, "xllamacpp"),
        ({"xllamacpp": False, "llama-server": False}, True, "llama-server"),
        ({"xllamacpp": False, "llama-cpp-python": False}, False, "xllamacpp"),
        ({"llama-cpp-python": False}, False, "llama-cpp-python"),
    ],
)
def test_the_best_engine_for_the_hardware(
    engines: Present, monkeypatch: pytest.MonkeyPatch, ask: Ask, present: Present, gpu: bool, kind: str
) -> None:
    """Engines that can use the GPU come first, in order; then those on the CPU."""
    engines.update(present)
    with_gpu(monkeypatch, *(["RTX 4090"] if gpu else []))
    chosen, reason, _ = choose(ask("auto"))
    assert chosen == kind
    assert reason


def test_an_idle_gpu_is_a_loud_warning(engines: Present, monkeypatch: pytest.MonkeyPatch, ask: Ask) -> None:
    """A GPU and an engine that cannot use it: the warning holds the command that mends it."""
    engines.update({"llama-server": False})
    with_gpu(monkeypatch, "RTX 4090")
    _, reason, warnings = choose(ask("auto"))
    assert "no installed engine can use the RTX 4090" in reason
    assert "RTX 4090 stays idle" in warnings[0]
    assert "get llama-server" in warnings[0]


def test_no_warning_when_the_cpu_was_asked_for(
    engines: Present, monkeypatch: pytest.MonkeyPatch, ask: Ask
) -> None:
    """--gpu-layers 0 means the CPU."""
    engines.update({"llama-server": False})
    with_gpu(monkeypatch, "RTX 4090")
    assert choose(ask("auto", gpu_layers=0))[2] == ()


def test_nothing_is_installed(engines: Present, monkeypatch: pytest.MonkeyPatch, ask: Ask) -> None:
    """The line says what to install."""
    assert engines == {}
    with_gpu(monkeypatch)
    with pytest.raises(EngineMissing, match="get llama-server; or get xllamacpp; or get llama-cpp-python"):
        choose(ask("auto"))


def test_an_address_means_an_endpoint(ask: Ask) -> None:
    """With --base-url nothing is started."""
    assert choose(ask("auto", base_url="http://127.0.0.1:1/v1"))[0] == "endpoint"


def test_auto_is_resolved_said_and_recorded(stand_in: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    """serve() with "auto" prints the choice and keeps its reason and warnings in the facts."""
    with_gpu(monkeypatch, "RTX 4090")
    said: list[str] = []
    with serve(stand_in("gpu", kind="auto"), said.append) as server:
        assert server.facts.kind == "llama-server"
        assert server.facts.chosen_because == "llama-server b1-0c1e570 can use the RTX 4090"
    assert said[0].startswith("server: llama-server, because")


@pytest.mark.parametrize("gpu", [True, False])
def test_a_program_is_asked_whether_it_sees_a_gpu(stand_in: Ask, gpu: bool) -> None:
    """By its own --list-devices and --version."""
    info = load("llama-server").engine(stand_in("gpu" if gpu else "").llama_server)
    assert (info.version, info.gpu_capable) == ("b1-0c1e570", gpu)


def test_an_unknown_kind_lists_the_known_ones(ask: Ask) -> None:
    """A typo in a kind's name is answered with the names."""
    with pytest.raises(UnknownName, match="did you mean ollama"), serve(ask("olama"), print):
        pass


def test_what_is_installed_is_told_for_every_kind() -> None:
    """`doctor` shows a line for each kind, with the way to get it."""
    found = {engine.kind: engine for engine in installed()}
    assert set(found) == set(SERVERS)
    assert found["xllamacpp"].version
    assert all(engine.how_to_get for engine in found.values())


def test_the_command_is_shown_before_anything_is_started(stand_in: Ask) -> None:
    """--dry-run shows what would be executed."""
    command = preview_command(stand_in(parallel=2))
    assert "/llama-server -m " in command
    assert "-np 2 -c 1024" in command


def test_gpus_as_the_system_shows_them(tmp_path: Path) -> None:
    """An NVIDIA card by its driver, an AMD card by its memory; a processor's small graphics do not count."""
    nvidia = tmp_path / "proc/driver/nvidia/gpus/0000:01:00.0"
    nvidia.mkdir(parents=True)
    (nvidia / "information").write_text("Model: \t NVIDIA GeForce RTX 4090\nIRQ:   \t 61\n")
    for card, size in (("card0", 16 << 30), ("card1", 512 << 20)):
        device = tmp_path / f"sys/class/drm/{card}/device"
        device.mkdir(parents=True)
        (device / "vendor").write_text("0x1002\n")
        (device / "mem_info_vram_total").write_text(f"{size}\n")
    assert gpus(tmp_path) == ("NVIDIA GeForce RTX 4090", "AMD GPU")
    assert maker(tmp_path) == "NVIDIA"
    assert (gpus(tmp_path / "empty"), maker(tmp_path / "empty")) == ((), None)
