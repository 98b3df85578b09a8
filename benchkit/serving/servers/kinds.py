"""The kinds of servers there are. Each is loaded when it is needed: some want an optional library."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING

from benchkit.errors import UnknownName

if TYPE_CHECKING:
    from benchkit.serving.servers.base import Server


@dataclass(frozen=True)
class ServerKind:
    """Where a kind's class is, and its rank for `--server auto`: 1 is tried first, None never."""

    place: str  # module:class
    rank_with_gpu: int | None = None
    rank_without_gpu: int | None = None


_HERE = "benchkit.serving.servers"
SERVERS = {
    "llama-server": ServerKind(f"{_HERE}.llama_server:LlamaServer", 1, 1),
    "xllamacpp": ServerKind(f"{_HERE}.xllamacpp:Xllamacpp", 4, 2),
    "llama-cpp-python": ServerKind(f"{_HERE}.llama_cpp_python:LlamaCppPython", 3, 3),
    "lm-studio": ServerKind(f"{_HERE}.lm_studio:LmStudio", 2),
    "ollama": ServerKind(f"{_HERE}.ollama:Ollama"),
    "endpoint": ServerKind(f"{_HERE}.endpoint:Endpoint"),
}


def kind_names() -> tuple[str, ...]:
    """What `--server` and a plan's `server` take."""
    return ("auto", *SERVERS)


def ranked(*, with_gpu: bool) -> list[str]:
    """The kinds that `--server auto` tries, the best first."""
    ranks = {
        name: kind.rank_with_gpu if with_gpu else kind.rank_without_gpu for name, kind in SERVERS.items()
    }
    known = {name: rank for name, rank in ranks.items() if rank is not None}
    return sorted(known, key=known.__getitem__)


def load(kind: str) -> type[Server]:
    """The class of a kind."""
    if kind not in SERVERS:
        raise UnknownName("server", kind, SERVERS)
    module, _, name = SERVERS[kind].place.partition(":")
    server_type: type[Server] = getattr(import_module(module), name)
    return server_type
