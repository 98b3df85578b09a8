"""llama-server: llama.cpp's own binary."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from benchkit.errors import EngineMissing
from benchkit.files import cache_folder
from benchkit.records import ServerFacts
from benchkit.serving.servers.base import EngineInfo
from benchkit.serving.servers.http import ask, no_answer
from benchkit.serving.servers.llama_log import LoadLog, read_log
from benchkit.serving.servers.local import LocalServer
from benchkit.serving.servers.ports import HOST
from benchkit.serving.servers.watchdog import HangLimits

HOW_TO_GET = "get llama.cpp (https://github.com/ggml-org/llama.cpp/releases) and put llama-server on PATH"
ALL_LAYERS = 999  # more than any model has; builds without "all" take it too
SHOWS_LAYERS_AND_BUFFERS = "4"
ASKING_S, PROPERTIES_S, METRICS_S = 20.0, 10.0, 2.0
ON_CPU_LIMITS = HangLimits(
    probe_s=1200, still_s=30, still_share=0.01
)  # one batch of a long prompt can take that long there
VERSION = re.compile(r"version: (?:.*\(build (\d+), commit (\w+)\)|(\d+) \((\w+)\))")
DEVICE_LINE = re.compile(r"^  (\w+): .+\(\d+ MiB, \d+ MiB free\)", re.MULTILINE)
WORK = re.compile(r"^llamacpp:(\w+_total|requests_processing) (\S+)", re.MULTILINE)


class LlamaServer(LocalServer):
    """Started with slots and alias of our own; what it did is read from /props and its log."""

    kind = "llama-server"
    key_variable = "LLAMA_API_KEY"
    hidden_variables = ("LLAMA_ARG_", "LLAMA_API_KEY")
    _work: dict[str, str] | None = None

    @staticmethod
    def engine(program: Path | None = None) -> EngineInfo:
        place = find_llama_server(program)
        if place is None:
            return EngineInfo("llama-server", None, HOW_TO_GET, None)
        version, gpu = _ask_program(place)
        return EngineInfo("llama-server", version, HOW_TO_GET, gpu)

    def command(self, port: int) -> list[str]:
        program = find_llama_server(self.request.llama_server)
        if program is None:
            raise EngineMissing(f"llama-server is not installed: {HOW_TO_GET}")
        layers = {"auto": (), "all": ("-ngl", str(ALL_LAYERS))}
        asked = self.request.gpu_layers
        return [
            str(program),
            *("-m", str(self.model.path), "-a", self.alias),
            *("--host", HOST, "--port", str(port)),
            *("-np", str(self.request.parallel), "-c", str(self.context * self.request.parallel)),
            *(layers[asked] if isinstance(asked, str) else ("-ngl", str(asked))),
            *("-lv", SHOWS_LAYERS_AND_BUFFERS, "--metrics"),
            *self.request.extra_args,
        ]

    def describe(self) -> ServerFacts:
        loaded = read_log(self.process.output())
        said = self.properties()
        if loaded.device and loaded.device != "CPU":
            return self.facts(loaded, said)
        total = self.model.layers + 1 if self.model.layers else None
        return replace(
            self.facts(loaded, said), layers_offloaded=0, layers_total=loaded.layers_total or total
        )

    def properties(self) -> dict[str, Any]:
        url = f"{self.url}/props"
        try:
            body = ask(url, timeout=PROPERTIES_S, key=self.api_key).json()
        except OSError as error:
            raise no_answer(url, error, PROPERTIES_S) from error
        return body if isinstance(body, dict) else {}

    def facts(self, loaded: LoadLog, said: dict[str, Any]) -> ServerFacts:
        """The facts in the log and in /props, as a record."""
        template = said.get("chat_template")
        context = (said.get("default_generation_settings") or {}).get("n_ctx") or loaded.context_per_slot
        return ServerFacts(
            kind=self.kind,
            base_url=self.base_url,
            model=self.alias,
            version=self.version(said.get("build_info")),
            command=self.process.command,
            pids=self.process.pids(),
            layers_offloaded=loaded.layers_offloaded,
            layers_total=loaded.layers_total,
            context_per_slot=context,
            slots=said.get("total_slots"),
            kv_types=loaded.kv_types,
            chat_template_sha256=hashlib.sha256(template.encode()).hexdigest() if template else None,
            device=loaded.device,
            start_s=self.start_s,
            further={"buffers_mb": loaded.buffers_mb, "devices": loaded.devices},
        )

    def hang_limits(self) -> HangLimits:
        return ON_CPU_LIMITS if read_log(self.process.output()).device == "CPU" else HangLimits()

    def version(self, build_info: str | None) -> str | None:
        return build_info

    def counts_its_work(self) -> bool:
        return bool(self._work)

    def shows_life(self) -> bool:
        """Its counters grow with every batch, of prompts too; they also show when nothing is asked of it."""
        try:
            reply = ask(f"{self.url}/metrics", timeout=METRICS_S, key=self.api_key)
            counters = dict(WORK.findall(reply.body.decode()))
        except OSError:
            return False
        before, self._work = self._work, counters
        return bool(counters) and (counters != before or counters.get("requests_processing") == "0")


def find_llama_server(program: Path | None = None) -> Path | None:
    """--llama-server, LLAMA_SERVER, PATH, then the one that `make llama-server` built."""
    named = program or os.environ.get("LLAMA_SERVER")
    if named:
        place = shutil.which(named)
        if place is None:
            raise EngineMissing(f"{named} is no program: check --llama-server and LLAMA_SERVER")
        return Path(place)
    place = shutil.which("llama-server") or shutil.which(cache_folder() / "llama-server" / "llama-server")
    return Path(place) if place else None


@cache
def _ask_program(program: Path) -> tuple[str | None, bool]:
    """Its version, and whether it sees a GPU."""
    said = VERSION.search(_output(program, "--version"))
    numbers = [group for group in said.groups() if group] if said else []
    version = f"b{numbers[0]}-{numbers[1]}" if numbers else None
    devices = [name for name in DEVICE_LINE.findall(_output(program, "--list-devices")) if name != "CPU"]
    return version or "of unknown version", bool(devices)


def _output(program: Path, *arguments: str) -> str:
    try:
        done = subprocess.run(
            [str(program), *arguments], capture_output=True, text=True, timeout=ASKING_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout + done.stderr
