"""xllamacpp: llama.cpp's HTTP server from a Python package, in a child process; no compiler is needed."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from functools import cache
from importlib import metadata
from pathlib import Path

from benchkit.errors import EngineMissing
from benchkit.pip_commands import pip_install
from benchkit.serving.servers.base import EngineInfo
from benchkit.serving.servers.hardware import maker
from benchkit.serving.servers.llama_server import ALL_LAYERS, SHOWS_LAYERS_AND_BUFFERS, LlamaServer
from benchkit.serving.servers.ports import HOST

CHILD = Path(__file__).with_name("xllamacpp_child.py")
INSTALL = pip_install("xllamacpp")
# The wheels lie in an index of the project's own, which its README names; none is named in this repository.
REINSTALL = pip_install("--force-reinstall", "xllamacpp")
GPU_WHEELS = REINSTALL + ", with the index for {} wheels that its README names: {}"
README = "https://github.com/xorbitsai/xllamacpp"
ASKING_S = 20.0
ASK_FOR_GPU = (
    "import xllamacpp as x; "
    "print(sum('CPU' not in d['name'] and 'CPU' not in str(d['type']) for d in x.get_device_info()))"
)


class Xllamacpp(LlamaServer):
    """The package has no stop call and reports failures on stderr only: so it runs in a child with a log."""

    kind = "xllamacpp"
    key_variable = "XLLAMACPP_API_KEY"  # which our program in its process reads

    @staticmethod
    def engine(program: Path | None = None) -> EngineInfo:  # noqa: ARG004 - it is a package, no program
        if importlib.util.find_spec("xllamacpp") is None:
            return EngineInfo("xllamacpp", None, INSTALL, None)
        wheels = GPU_WHEELS.format("CUDA" if maker() == "NVIDIA" else "Vulkan", README)
        return EngineInfo("xllamacpp", metadata.version("xllamacpp"), wheels, _sees_gpu())

    def command(self, port: int) -> list[str]:
        if importlib.util.find_spec("xllamacpp") is None:
            raise EngineMissing(f"xllamacpp is not installed: {INSTALL}")
        asked = self.request.gpu_layers
        settings = {
            "model": str(self.model.path),
            "model_alias": self.alias,
            "hostname": HOST,
            "port": port,
            "n_ctx": self.context * self.request.parallel,
            "n_parallel": self.request.parallel,
            "n_gpu_layers": {"auto": None, "all": ALL_LAYERS}[asked] if isinstance(asked, str) else asked,
            "verbosity": int(SHOWS_LAYERS_AND_BUFFERS),
        }
        # -P: this file's folder holds an xllamacpp.py that is not the package.
        return [sys.executable, "-P", str(CHILD), json.dumps(settings), *self.request.extra_args]

    def version(self, build_info: str | None) -> str | None:  # noqa: ARG002 - its wheels say "b0-unknown"
        return metadata.version("xllamacpp")


@cache
def _sees_gpu() -> bool | None:
    """Asked in another process: looking at a GPU takes memory on it."""
    asked = [sys.executable, "-c", ASK_FOR_GPU]
    try:
        done = subprocess.run(asked, capture_output=True, text=True, timeout=ASKING_S, check=True)
        return int(done.stdout.split()[-1]) > 0
    except (OSError, subprocess.SubprocessError, ValueError, IndexError):
        return None
