"""Ollama, through its HTTP API; where no Ollama runs, one of our own for as long as it is needed."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import psutil

from benchkit.errors import (
    EngineMissing,
    ModelFileError,
    ModelRefused,
    OutOfRAM,
    PortTaken,
    ServerDied,
    ServerError,
    ServerHangs,
    StartTimeout,
    WrongModel,
)
from benchkit.records import ModelFile, ServerFacts, ServerRequest
from benchkit.serving.gguf import sha256_of
from benchkit.serving.servers.base import EngineInfo, ShowLine
from benchkit.serving.servers.diagnosis import (
    FailedStart,
    error_of_failed_start,
    exit_words,
    last_error_lines,
)
from benchkit.serving.servers.http import prove_model, prove_token
from benchkit.serving.servers.ollama_api import OllamaApi, address
from benchkit.serving.servers.ports import HOST, free_port
from benchkit.serving.servers.process import Process
from benchkit.serving.servers.running import Liveness, is_local, owners_of

HOW_TO_GET = "install Ollama: https://ollama.com/download"
OURS = "bench-runner-"
ALL_LAYERS = 999  # more than any model has
LOOKS_EVERY_S = 0.05
LISTENS_WITHIN_S = 30.0
UNLOADS_WITHIN_S = 20.0
LEAST_START_S = 120.0
SLOWEST_LOAD = 30 * 2**20  # bytes a second
NO_TEMPLATE = "{{ .Prompt }}"


class _FailedLoad(FailedStart):
    @property
    def update(self) -> str:
        return "update Ollama"


class Ollama:
    """Makes a model of our file with our settings in it, loads it, and takes it away again."""

    def __init__(self, request: ServerRequest, report: ShowLine) -> None:
        if request.model is None:
            raise ModelFileError("ollama needs a model file: --model PATH")
        self._request = request
        self._model: ModelFile = request.model
        self._report = report
        self._name = f"{OURS}{_slug(request.name)}:{os.getpid()}"
        self._api = OllamaApi(address())
        self._process: Process | None = None
        self._created = False
        self._began = 0.0
        self._start_s: float | None = None
        self._liveness: Liveness | None = None
        self._warnings: list[str] = []

    @staticmethod
    def engine(program: Path | None = None) -> EngineInfo:  # noqa: ARG004 - ollama is found by itself
        version = OllamaApi(address()).version() or _program_version()
        return EngineInfo("ollama", version, HOW_TO_GET, bool(version))

    @property
    def api_key(self) -> None:
        """It checks no keys."""

    def start(self) -> None:
        self._began = time.monotonic()
        if self._api.version() is None:
            self._start_our_own()
        elif self._request.parallel > 1:
            self._warnings.append(
                f"{self._request.parallel} requests at once were asked for; how many the Ollama that runs "
                "here takes is set by OLLAMA_NUM_PARALLEL where it was started, and it does not tell"
            )

    def ready(self) -> None:
        self._wait_until_it_listens()
        self._remove_leftovers()
        self._record_foreign_models()
        self._create()
        self._load()
        base_url = f"{self._api.url}/v1"
        prove_model(base_url, self._name)
        prove_token(base_url, self._name)
        self._start_s = time.monotonic() - self._began
        self._liveness = Liveness("Ollama", f"{self._api.url}/api/version")
        if self._process:
            self._process.remember_pids()

    def describe(self) -> ServerFacts:
        instance = self._api.instance(self._name) or {}
        size, vram = int(instance.get("size") or 0), int(instance.get("size_vram") or 0)
        total = self._model.layers + 1 if self._model.layers else None
        template = str(self._api.show(self._name).get("template") or "")
        return ServerFacts(
            kind="ollama",
            base_url=f"{self._api.url}/v1",
            model=self._name,
            version=self._api.version(),
            pids=self._process.pids() if self._process else owners_of(self._api.url),
            layers_offloaded=_layers(size, vram, total),
            layers_total=total,
            context_per_slot=instance.get("context_length"),
            slots=self._request.parallel if self._process else None,
            chat_template_sha256=hashlib.sha256(template.encode()).hexdigest() if template else None,
            device="GPU" if vram else "CPU",
            start_s=self._start_s,
            warnings=(*self._warnings, *self._differences(size, vram, template)),
            further={"size_mb": size >> 20, "size_vram_mb": vram >> 20, "parameters": self._parameters()},
        )

    def silent_s(self) -> None:
        """Its counters are not ours to read."""

    def failure(self) -> ServerError | None:
        code = self._process.exit_code() if self._process else None
        if self._process and code is not None:
            tail = self._process.tail()
            said = f"{exit_words(code)} while it was in use: {last_error_lines(tail)}"
            return ServerDied(f"ollama serve ended with {said}", log=tail)
        return self._liveness.failure() if self._liveness else None

    def stop(self) -> bool:
        """Our model goes; Ollama itself only if it is ours."""
        if self._created:
            with suppress(ServerError):
                self._unload()
            with suppress(ServerError):
                self._api.delete(self._name)
            self._created = False
        return self._process.stop() if self._process else False

    def _start_our_own(self) -> None:
        program = shutil.which("ollama")
        if program is None or not is_local(self._api.url):
            where = f"{self._api.url} (OLLAMA_HOST)"
            raise EngineMissing(f"no Ollama answers at {where}: start it, or {HOW_TO_GET}")
        place = f"{HOST}:{free_port()}"
        self._api = OllamaApi(f"http://{place}")
        settings = {"OLLAMA_HOST": place, "OLLAMA_NUM_PARALLEL": str(self._request.parallel)}
        environment = {**os.environ, **settings, "OLLAMA_KEEP_ALIVE": "-1"}
        self._process = Process([program, "serve"], self._request.log, environment)

    def _wait_until_it_listens(self) -> None:
        deadline = time.monotonic() + LISTENS_WITHIN_S
        while self._api.version() is None:
            code = self._process.exit_code() if self._process else None
            tail = self._process.tail() if self._process else ""
            if code is not None:
                said = f"{exit_words(code)}: {last_error_lines(tail)}"
                if "address already in use" in tail.lower():
                    raise PortTaken(f"another process took the port of {self._api.url}: {said}", log=tail)
                raise ServerDied(f"ollama serve ended with {said}", log=tail)
            if time.monotonic() > deadline:
                text = f"ollama serve does not answer at {self._api.url} within {LISTENS_WITHIN_S:.0f} s"
                raise StartTimeout(f"{text}: {last_error_lines(tail)}", log=tail)
            time.sleep(LOOKS_EVERY_S)

    def _remove_leftovers(self) -> None:
        """Models that a runner made which was killed; another's that still runs are its own business."""
        for name in self._api.names():
            maker = name.rpartition(":")[2]
            if name.startswith(OURS) and maker.isdigit() and not psutil.pid_exists(int(maker)):
                self._report(f"removing {name}, which an earlier run had left in Ollama")
                with suppress(ServerError):
                    self._api.unload(name)
                self._api.delete(name)

    def _record_foreign_models(self) -> None:
        loaded = [str(one.get("name")) for one in self._api.running()]
        if loaded:
            names = ", ".join(loaded)
            self._warnings.append(f"Ollama holds {names} in memory too: left alone, at its price in VRAM")

    def _create(self) -> None:
        digests = {}
        for part in self._model.parts:
            digests[part.name] = sha256_of(replace(self._model, parts=(part,)))
            self._report(f"giving {part.name} to Ollama")
            self._api.upload(part, digests[part.name])
        self._created = True
        try:
            self._api.create(self._name, digests, self._parameters())
        except ServerError as error:
            raise self._failed(error) from error

    def _parameters(self) -> dict[str, int]:
        """Baked into the model: requests through /v1 could not set them."""
        asked = self._request.gpu_layers
        layers = {} if asked == "auto" else {"num_gpu": ALL_LAYERS if asked == "all" else int(asked)}
        return {"num_ctx": self._request.context or 4096, **layers}

    def _load(self) -> None:
        limit = self._request.start_timeout_s or LEAST_START_S + self._model.size_bytes / SLOWEST_LOAD
        self._report("loading")
        try:
            self._api.load(self._name, limit)
        except ServerHangs as error:
            raise StartTimeout(f"Ollama did not load within {limit:.0f} s (--start-timeout)") from error
        except ServerError as error:
            raise self._failed(error) from error
        if self._api.instance(self._name) is None:
            raise WrongModel(f"Ollama loaded {self._name}, but /api/ps does not list it: try again")

    def _failed(self, error: ServerError) -> ServerError:
        """Ollama passes on its llama.cpp's message, with words of its own."""
        said = str(error)
        log = f"{self._process.output() if self._process else ''}\n{said}"
        if re.search(r"requires more system memory|out of memory.*system", said):
            advice = "take a smaller model, fewer slots or a smaller --context"
            return OutOfRAM(f"{self._model.path.name} does not fit in memory: {said}: {advice}", log=log)
        cause = error_of_failed_start(_FailedLoad("Ollama", self._request, 1, log))
        if type(cause) is not ServerDied:
            return cause
        if type(error) is not ServerError:
            return error
        return ModelRefused(f"{said}; check {self._model.path.name}, or update Ollama", log=log)

    def _unload(self) -> None:
        self._api.unload(self._name)
        deadline = time.monotonic() + UNLOADS_WITHIN_S
        while self._api.instance(self._name):
            if time.monotonic() > deadline:
                self._report(f"warning: Ollama still holds {self._name}: `ollama stop {self._name}`")
                return
            time.sleep(LOOKS_EVERY_S)

    def _differences(self, size: int, vram: int, template: str) -> list[str]:
        differences = []
        if self._request.gpu_layers not in ("auto", 0) and 0 < vram < size:
            differences.append(f"only {vram / size:.0%} of the model is in VRAM; Ollama does not tell layers")
        if template.strip() == NO_TEMPLATE:
            differences.append("Ollama found no chat template for this model: prompts may reach it bare")
        return differences


def _layers(size: int, vram: int, total: int | None) -> int | None:
    """None of a part: which layers it is, Ollama does not tell."""
    if not vram:
        return 0
    return total if vram >= size else None


def _slug(name: str) -> str:
    """A name that Ollama takes."""
    return re.sub(r"[^a-z0-9._-]+", "-", name.lower()).strip("-.") or "model"


def _program_version() -> str | None:
    program = shutil.which("ollama")
    if program is None:
        return None
    try:
        done = subprocess.run([program, "--version"], capture_output=True, text=True, timeout=20, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return "of unknown version"
    versions: list[Any] = re.findall(r"version is (\S+)", done.stdout + done.stderr)
    return str(versions[-1]) if versions else "of unknown version"
