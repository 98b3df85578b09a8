"""llama-cpp-python: `python -m llama_cpp.server`. One request at a time, and no /health."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from functools import cache
from pathlib import Path

from benchkit.errors import EngineMissing
from benchkit.files import cache_folder
from benchkit.pip_commands import pip_install
from benchkit.records import ServerFacts
from benchkit.serving.servers.base import EngineInfo
from benchkit.serving.servers.hardware import maker
from benchkit.serving.servers.llama_log import read_log
from benchkit.serving.servers.local import LocalServer
from benchkit.serving.servers.ports import HOST
from benchkit.serving.servers.watchdog import HangLimits

INSTALL = pip_install("llama-cpp-python[server]")
BACKENDS = {"NVIDIA": "CUDA", "AMD": "HIP", "Apple": "METAL"}
PYTHON_VARIABLE = "LLAMA_CPP_PYTHON"  # a Python that has the package, if it is not the one we run in
ASKING_S = 30.0
ASK = (
    "import importlib.util, json, sys\n"
    "if not all(importlib.util.find_spec(m) for m in ('llama_cpp', 'uvicorn', 'fastapi')): sys.exit(1)\n"
    "import llama_cpp\n"
    "print(json.dumps([llama_cpp.__version__, llama_cpp.llama_supports_gpu_offload()]))"
)
ALL_LAYERS = -1


class LlamaCppPython(LocalServer):
    """Its defaults are 0 GPU layers, 2048 tokens, a second request that cuts off the first: all are set."""

    kind = "llama-cpp-python"
    health_path = "/v1/models"
    key_variable = "API_KEY"  # like every setting of its server that no flag gives
    hidden_variables = ("API_KEY", "HOST", "PORT", "CONFIG_FILE")

    @staticmethod
    def engine(program: Path | None = None) -> EngineInfo:  # noqa: ARG004 - it is a package, no program
        known = _ask_package(python_with_package())
        if known is None:
            return EngineInfo("llama-cpp-python", None, INSTALL, None)
        version, gpu = known
        backend = BACKENDS.get(maker() or "", "VULKAN")
        build = f"CMAKE_ARGS=-DGGML_{backend}=on {INSTALL} --force-reinstall --no-cache-dir"
        return EngineInfo("llama-cpp-python", version, build, gpu)

    def command(self, port: int) -> list[str]:
        if _ask_package(python_with_package()) is None:
            raise EngineMissing(f"llama-cpp-python is not installed: {INSTALL}")
        asked = self.request.gpu_layers
        settings = {
            "model": self.model.path,
            "model_alias": self.alias,
            "host": HOST,
            "port": port,
            "n_gpu_layers": ALL_LAYERS if isinstance(asked, str) else asked,
            "n_ctx": self.context,
            "n_threads": os.cpu_count() or 1,
            "n_threads_batch": os.cpu_count() or 1,
            "interrupt_requests": False,
            "logits_all": False,
            "verbose": True,
        }
        words = [f"--{name}={value}" for name, value in settings.items()]  # a value may begin with a dash
        return [str(python_with_package()), "-m", "llama_cpp.server", *words, *self.request.extra_args]

    def describe(self) -> ServerFacts:
        text = self.process.output()
        loaded = read_log(text)
        on_gpu = loaded.device not in (None, "CPU")
        total = self.model.layers + 1 if self.model.layers else None
        return ServerFacts(
            kind=self.kind,
            base_url=self.base_url,
            model=self.alias,
            version=self.engine().version,
            command=self.process.command,
            pids=self.process.pids(),
            layers_offloaded=loaded.layers_offloaded if on_gpu else 0,
            layers_total=loaded.layers_total or total,
            context_per_slot=loaded.context_per_slot,
            slots=1,
            kv_types=loaded.kv_types,
            device=loaded.device,
            start_s=self.start_s,
            further={"buffers_mb": loaded.buffers_mb, "chat_format": _chat_format(text)},
        )

    def hang_limits(self) -> HangLimits:
        """It shows no counters, and a probe waits behind the answer being written: that may be long."""
        return HangLimits(quiet_s=60, probe_s=1800)

    def shows_life(self) -> bool:
        return False


def python_with_package() -> Path:
    """The interpreter that has the package: the named one, ours, or what `make llama-cpp-python` built."""
    if named := os.environ.get(PYTHON_VARIABLE):
        return Path(named)
    built = cache_folder() / "llama-cpp-python" / "bin" / "python"
    return built if _ask_package(Path(sys.executable)) is None and built.exists() else Path(sys.executable)


def _ask_package(python: Path) -> tuple[str, bool] | None:
    """Its version and whether it can use a GPU; None if it is not installed there."""
    try:
        return _find_package(python)
    except (OSError, subprocess.SubprocessError, ValueError, IndexError):
        return None


@cache  # of what was found only: a failure may pass
def _find_package(python: Path) -> tuple[str, bool]:
    done = subprocess.run(
        [str(python), "-c", ASK], capture_output=True, text=True, timeout=ASKING_S, check=True
    )
    version, gpu = json.loads(done.stdout.splitlines()[-1])
    return version, gpu


def _chat_format(log: str) -> str | None:
    """How it builds prompts: by the model's own template, or by one it guessed."""
    for line in log.splitlines():
        if line.startswith(("Using gguf chat template", "Using fallback chat format", "Using chat")):
            return line
    return None
