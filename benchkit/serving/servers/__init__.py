"""The lifecycle of a model server: start it, check it, watch it, and leave no process behind.

kinds.py        the table of kinds; base.py the Protocol of a kind, and EngineInfo, StopReport
life.py         serve(): one server from start to stop, tried again where that helps; asked.py compares
choice.py       --server auto, by the hardware that hardware.py finds
local.py        what servers in a process of ours share: llama_server.py, xllamacpp.py (and its child's
                program, xllamacpp_child.py), llama_cpp_python.py
process.py      that process, under supervisor.py, which ends it when the runner is gone; leftovers.py for
                the day that fails; ports.py for whose port it is
http.py         asking a server; the proofs that the right model answers and that a token comes back
watchdog.py     distinguishes a hang from slowness
diagnosis.py    why a start failed, in one line; llama_log.py parses llama.cpp's log
running.py      what servers that somebody else runs share: endpoint.py, lm_studio.py (through lms.py, its
                command line, and lm_studio_rest.py), ollama.py (through ollama_api.py)

A new kind is one file with a class after base.Server (of local.LocalServer, if we start it), and one line in
kinds.SERVERS, which holds its rank for `--server auto`, too.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from benchkit.serving.servers.kinds import SERVERS, kind_names

if TYPE_CHECKING:
    from benchkit.serving.servers.base import EngineInfo as EngineInfo
    from benchkit.serving.servers.base import StopReport as StopReport
    from benchkit.serving.servers.choice import choose as choose
    from benchkit.serving.servers.choice import installed as installed
    from benchkit.serving.servers.life import RunningServer as RunningServer
    from benchkit.serving.servers.life import preview_command as preview_command
    from benchkit.serving.servers.life import serve as serve

__all__ = ["SERVERS", "kind_names"]

# Loaded at the first use: a command's help names the kinds, and need not load what starts them.
_LATER = {
    "EngineInfo": "base",
    "StopReport": "base",
    "choose": "choice",
    "installed": "choice",
    "RunningServer": "life",
    "preview_command": "life",
    "serve": "life",
}


def __getattr__(name: str) -> Any:
    if name not in _LATER:
        raise AttributeError(f"{__name__} has no {name}")
    return getattr(import_module(f"{__name__}.{_LATER[name]}"), name)
