"""--server auto: the best engine that can use the hardware that is there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from benchkit.errors import EngineMissing
from benchkit.records import ServerRequest
from benchkit.serving.servers.base import EngineInfo
from benchkit.serving.servers.hardware import gpus
from benchkit.serving.servers.kinds import SERVERS, load, ranked


def choose(request: ServerRequest) -> tuple[str, str, tuple[str, ...]]:
    """The kind, why it was chosen, and the notes to show."""
    if request.base_url:
        return "endpoint", "an address was given", ()
    present = gpus()
    if not present or request.gpu_layers == 0:
        why = "no GPU was asked for" if present else "there is no GPU"
        first = _first_installed(request.llama_server)
        return first.kind, f"{why}, and {_named(first)} is installed", ()
    for engine in _engines(ranked(with_gpu=True), request.llama_server):
        if engine.version and engine.gpu_capable:
            return engine.kind, f"{_named(engine)} can use the {present[0]}", ()
    first = _first_installed(request.llama_server)
    reason = f"no installed engine can use the {present[0]}, and {_named(first)} is installed"
    return first.kind, reason, (unused_gpu(present[0], first),)


def installed(llama_server: Path | None = None) -> list[EngineInfo]:
    """What is on this machine, for `doctor`."""
    return list(_engines(SERVERS, llama_server))


def unused_gpu(gpu: str, engine: EngineInfo) -> str:
    """The warning of a GPU that stays idle, with the command that mends it."""
    return f"the {gpu} stays idle: {_named(engine)} runs on the CPU. To use it: {engine.how_to_get}"


def _first_installed(llama_server: Path | None) -> EngineInfo:
    ways: list[str] = []
    for engine in _engines(ranked(with_gpu=False), llama_server):
        if engine.version:
            return engine
        ways.append(engine.how_to_get)
    raise EngineMissing(f"no engine is installed: {'; or '.join(ways)}")


def _engines(kinds: Iterable[str], llama_server: Path | None) -> Iterator[EngineInfo]:
    """One after the other: asking some takes a second."""
    for kind in kinds:
        yield load(kind).engine(llama_server)


def _named(engine: EngineInfo) -> str:
    return f"{engine.kind} {engine.version}"
