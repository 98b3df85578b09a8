"""The kinds of servers there are. Each is loaded when it is needed: some want an optional library."""

from __future__ import annotations

from importlib import import_module

from benchkit.errors import UnknownName
from benchkit.serving.servers.base import Server

SERVERS = {
    "llama-server": "benchkit.serving.servers.llama_server:LlamaServer",
    "xllamacpp": "benchkit.serving.servers.xllamacpp:Xllamacpp",
    "llama-cpp-python": "benchkit.serving.servers.llama_cpp_python:LlamaCppPython",
    "lm-studio": "benchkit.serving.servers.lm_studio:LmStudio",
    "ollama": "benchkit.serving.servers.ollama:Ollama",
    "endpoint": "benchkit.serving.servers.endpoint:Endpoint",
}


def load(kind: str) -> type[Server]:
    """The class of a kind."""
    if kind not in SERVERS:
        raise UnknownName("server", kind, SERVERS)
    module, _, name = SERVERS[kind].partition(":")
    found: type[Server] = getattr(import_module(module), name)
    return found
