"""A tiny model, requests for it, the engines that are really here, and a look at what is still running."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import psutil
import pytest

from benchkit.records import ModelFile, ServerRequest
from benchkit.serving.servers.kinds import load
from tests.serving.servers.tiny_gguf import write_tiny_gguf

STAND_IN = Path(__file__).parents[2] / "stand_ins" / "llama_server.py"
ENGINES = ("llama-server", "xllamacpp", "llama-cpp-python")

LONGEST_LOOK_S = 0.5  # at all processes, with a pause; what lasts longer is the machine's doing

Ask = Callable[..., ServerRequest]


@pytest.fixture
def model(tmp_path: Path) -> ModelFile:
    return model_file(write_tiny_gguf(tmp_path / "tiny.gguf"), layers=2)


@pytest.fixture
def ask(model: ModelFile, tmp_path: Path) -> Ask:
    """A request for the tiny model from the kind of server that is named; keywords replace what it says."""
    return partial(ServerRequest, name="tiny", log=tmp_path / "server.log", model=model, context=512)


@pytest.fixture
def stand_in(ask: Ask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Ask:
    """A request for the stand-in of llama-server with faults."""
    program = tmp_path / "llama-server"  # a path of its own: what a program says of itself is remembered
    program.symlink_to(STAND_IN)

    def request(faults: str = "", kind: str = "llama-server", **changes: object) -> ServerRequest:
        monkeypatch.setenv("STAND_IN", faults)
        return ask(kind, **{"llama_server": program} | changes)

    return request


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest) -> str:
    """Each engine of ours in turn, the real one."""
    return installed_engine(request.param)


@pytest.fixture(autouse=True)
def cache_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pid files of one test are no business of another's; the engines built in the real cache stay in use."""
    found = load("llama-server").engine()
    if found.version and "LLAMA_SERVER" not in os.environ:
        from benchkit.serving.servers.llama_server import find_llama_server

        monkeypatch.setenv("LLAMA_SERVER", str(find_llama_server()))
    if "LLAMA_CPP_PYTHON" not in os.environ:
        from benchkit.serving.servers.llama_cpp_python import python_with_package

        monkeypatch.setenv("LLAMA_CPP_PYTHON", str(python_with_package()))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.fixture(autouse=True)
def nothing_survives(tmp_path: Path) -> Iterator[None]:
    """Every test ends with no process left that names its folder."""
    yield
    assert survivors(tmp_path, within_s=30) == []


def installed_engine(kind: str) -> str:
    engine = load(kind).engine()
    if engine.version is None:
        pytest.skip(f"{kind} is not installed here: {engine.how_to_get}")
    return kind


def model_file(path: Path, layers: int | None = None) -> ModelFile:
    return ModelFile(
        path=path, parts=(path,), size_bytes=path.stat().st_size, layers=layers, context_length=2048
    )


def survivors(mark: Path, within_s: float = 0) -> list[list[str]]:
    """The commands of the processes that name this path, once the time is over in which they may end."""
    counted_s = 0.0
    while True:
        began = time.monotonic()
        found = [command for command in _commands() if any(str(mark) in word for word in command)]
        if not found or counted_s > within_s:
            return found
        time.sleep(0.02)
        # Where the machine stood still meanwhile, they could not end either.
        counted_s += min(time.monotonic() - began, LONGEST_LOOK_S)


def _commands() -> Iterator[list[str]]:
    for process in psutil.process_iter(["cmdline", "status", "pid"]):
        if process.info["pid"] != os.getpid() and process.info["status"] != psutil.STATUS_ZOMBIE:
            yield process.info["cmdline"] or []
