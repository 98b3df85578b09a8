"""The kinds of servers there are. Each is loaded when it is needed: some want an optional library."""

from __future__ import annotations

from importlib import import_module

from benchkit.errors import UnknownName
from benchkit.servers.base import Server

SERVERS = {
    "llama-server": "benchkit.servers.llama_server:LlamaServer",
    "xllamacpp": "benchkit.servers.xllamacpp:Xllamacpp",
    "llama-cpp-python": "benchkit.servers.llama_cpp_python:LlamaCppPython",
    "lm-studio": "benchkit.servers.lm_studio:LmStudio",
    "ollama": "benchkit.servers.ollama:Ollama",
    "endpoint": "benchkit.servers.endpoint:Endpoint",
}


def load(kind: str) -> type[Server]:
    """The class of a kind."""
    if kind not in SERVERS:
        raise UnknownName("server", kind, SERVERS)
    module, _, name = SERVERS[kind].partition(":")
    found: type[Server] = getattr(import_module(module), name)
    return found
