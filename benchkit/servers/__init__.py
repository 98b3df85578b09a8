"""The life of a model server: start it, prove it, watch it, and leave nothing behind.

base.py         the Protocol of a kind, and EngineInfo, StopReport
http.py         asking a server; the proofs that the right model answers and that a token comes back

A new kind is one file with a class after base.Server, and one line in SERVERS.
"""

from __future__ import annotations

SERVERS = {
    "llama-server": "benchkit.servers.llama_server:LlamaServer",
    "xllamacpp": "benchkit.servers.xllamacpp:Xllamacpp",
    "llama-cpp-python": "benchkit.servers.llama_cpp_python:LlamaCppPython",
    "lm-studio": "benchkit.servers.lm_studio:LmStudio",
    "ollama": "benchkit.servers.ollama:Ollama",
    "endpoint": "benchkit.servers.endpoint:Endpoint",
}
