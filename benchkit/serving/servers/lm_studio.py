"""LM Studio, through `lms` and its REST API: https://lmstudio.ai/docs/developer/rest"""

from __future__ import annotations

import time
from contextlib import suppress
from pathlib import Path
from subprocess import Popen, TimeoutExpired
from typing import Any

from benchkit.errors import ModelFileError, OutOfRAM, OutOfVRAM, ServerError, StartTimeout, WrongModel
from benchkit.records import GpuLayers, ModelFile, ServerFacts, ServerRequest
from benchkit.serving.servers import lm_studio_rest as rest
from benchkit.serving.servers import lms
from benchkit.serving.servers.base import EngineInfo, ShowLine
from benchkit.serving.servers.diagnosis import FailedStart, error_of_failed_start, last_error_lines
from benchkit.serving.servers.http import prove_model, prove_token
from benchkit.serving.servers.running import Liveness

LOOKS_EVERY_S = 0.05
SHOWS_EVERY_S = 1.0
SEES_A_NEW_FILE_S = 15.0
UNLOADS_WITHIN_S = 20.0
LEAST_START_S = 120.0
SLOWEST_LOAD = 30 * 2**20  # bytes a second
GUARDRAILS = ("insufficient system resources", "resource guardrails")
GPU_RUNTIMES = ("cuda", "vulkan", "metal", "rocm")


class _FailedLoad(FailedStart):
    @property
    def update(self) -> str:
        return "update the llama.cpp runtime in LM Studio"


class LmStudio:
    """Loads our file under our name, proves that it is that file, and takes away what it brought."""

    def __init__(self, request: ServerRequest, report: ShowLine) -> None:
        if request.model is None:
            raise ModelFileError("lm-studio needs a model file: --model PATH")
        self._request = request
        self._model: ModelFile = request.model
        self._report = report
        self._alias = lms.own_identifier(request.name)
        self._lms = Path()
        self._url = ""
        self._key: str | None = request.api_key
        self._entry: dict[str, Any] = {}
        self._imported = lms.Imported()
        self._loading: Popen[bytes] | None = None
        self._before: list[dict[str, Any]] = []
        self._started_server = False
        self._began = 0.0
        self._start_s: float | None = None
        self._liveness: Liveness | None = None
        self._warnings: list[str] = []

    @staticmethod
    def engine(program: Path | None = None) -> EngineInfo:  # noqa: ARG004 - lms is found by itself
        place = lms.find_lms()
        # LM Studio brings the runtimes for the GPU that is there by itself.
        return EngineInfo("lm-studio", lms.version(place) if place else None, lms.HOW_TO_GET, bool(place))

    @property
    def api_key(self) -> str | None:
        return self._key

    def start(self) -> None:
        self._began = time.monotonic()
        self._lms = lms.require_lms()
        self._url = f"http://127.0.0.1:{self._server_port()}"
        for name in lms.unload_leftovers(self._lms):
            self._report(f"unloaded {name}, which an earlier run had left in LM Studio")
        self._before = lms.loaded(self._lms)
        self._entry = lms.find_entry(self._lms, self._model) or self._import()
        self._refuse_a_second_instance()
        self._record_foreign_models()
        self._request.log.parent.mkdir(parents=True, exist_ok=True)
        with self._request.log.open("wb") as output:
            self._loading = lms.load(self._lms, output, *self._load_arguments())

    def ready(self) -> None:
        self._wait_for_the_load()
        self._prove_instance()
        base_url = f"{self._url}/v1"
        prove_model(base_url, self._alias, self._key)
        prove_token(base_url, self._alias, self._key)
        self._start_s = time.monotonic() - self._began
        self._liveness = Liveness("LM Studio", f"{base_url}/models", self._key)

    def describe(self) -> ServerFacts:
        instance = self._instance() or {}
        config = rest.instance_config(self._url, self._alias, self._key) or instance
        context = config.get("context_length") or instance.get("contextLength")
        slots = config.get("parallel") or instance.get("parallel")
        runtime = rest.runtime(self._url, self._alias, self._key)
        name = str(runtime.get("name", ""))
        device = next((one for one in GPU_RUNTIMES if one in name), "CPU" if name else None)
        return ServerFacts(
            kind="lm-studio",
            base_url=f"{self._url}/v1",
            model=self._alias,
            version=f"{name} {runtime.get('version', '')}".strip() or lms.version(self._lms),
            command=("lms", "load", *self._load_arguments()),
            layers_offloaded=0 if device == "CPU" or self._gpu_ratio() == 0 else None,
            layers_total=(self._model.layers + 1) if self._model.layers else None,
            context_per_slot=context // (slots or 1) if isinstance(context, int) else None,
            slots=slots,
            device=device,
            start_s=self._start_s,
            warnings=tuple(self._warnings),
            further={
                "model_key": self._entry.get("modelKey"),
                "gpu_ratio": self._gpu_ratio(),
                "instance": config,
            },
        )

    def silent_s(self) -> None:
        """Its counters are not ours to read."""

    def failure(self) -> ServerError | None:
        return self._liveness.failure() if self._liveness else None

    def stop(self) -> bool:
        """Only what we brought goes: our instance, our links, the HTTP server if we started it."""
        killed = self._end_the_load()
        with suppress(ServerError):
            if self._loading and self._instance():
                lms.run(self._lms, "unload", self._alias)
                self._wait_until_unloaded()
        self._imported.remove()
        if self._started_server:
            with suppress(ServerError):
                lms.run(self._lms, "server", "stop")
            self._started_server = False
        return killed

    def _server_port(self) -> int:
        port = lms.server_port(self._lms)
        if port is None:
            self._started_server = True  # even if Ctrl-C comes before the command has ended
            lms.run(self._lms, "server", "start")
            port = lms.server_port(self._lms)
        if port is None:
            raise ServerError("LM Studio's server does not start: look at `lms server start` yourself")
        return port

    def _import(self) -> dict[str, Any]:
        """Show it the file where it lies, and wait until it is in LM Studio's list."""
        self._report(f"showing {self._model.path.name} to LM Studio through a link")
        self._imported = lms.link_into_models(self._lms, self._model)
        deadline = time.monotonic() + SEES_A_NEW_FILE_S
        while time.monotonic() < deadline:
            entry = lms.find_imported(self._lms, self._model)
            if entry:
                return entry
            time.sleep(0.2)
        raise WrongModel(
            f"LM Studio does not list {self._model.path} though it was imported: look at `lms ls`, "
            "or move the file into LM Studio's models folder"
        )

    def _refuse_a_second_instance(self) -> None:
        for instance in self._before:
            if instance.get("path") == self._entry.get("path"):
                raise ServerError(
                    "this model is loaded in LM Studio already, and a second one would take its VRAM twice: "
                    f"`lms unload {instance.get('identifier')}` first"
                )

    def _record_foreign_models(self) -> None:
        if self._before:
            names = ", ".join(str(one.get("identifier")) for one in self._before)
            self._warnings.append(f"LM Studio holds {names} in memory too: left alone, at its price in VRAM")

    def _load_arguments(self) -> list[str]:
        """By the exact path: without --exact, lms takes whatever name looks similar."""
        ratio = self._gpu_ratio()
        context = (self._request.context or 4096) * self._request.parallel
        return [
            *(str(self._entry.get("path")), "--exact", "-y", "--identifier", self._alias),
            *("--context-length", str(context), "--parallel", str(self._request.parallel)),
            *(("--gpu", f"{ratio:g}") if ratio is not None else ()),
            *self._request.extra_args,
        ]

    def _gpu_ratio(self) -> float | None:
        return gpu_ratio(self._request.gpu_layers, self._model.layers)

    def _wait_for_the_load(self) -> None:
        assert self._loading is not None, "the server has not been started"
        shown = time.monotonic()
        limit = self._request.start_timeout_s or LEAST_START_S + self._model.size_bytes / SLOWEST_LOAD
        while self._loading.poll() is None:
            now = time.monotonic()
            if now - self._began > limit:
                said = last_error_lines(self._log())
                raise StartTimeout(f"LM Studio did not load within {limit:.0f} s (--start-timeout): {said}")
            if now - shown >= SHOWS_EVERY_S:
                shown = now
                self._report(f"loading, {now - self._began:.0f} s: {last_error_lines(self._log())}")
            time.sleep(LOOKS_EVERY_S)
        if self._loading.returncode:
            raise self._failed_load(self._loading.returncode)
        self._record_ratio()

    def _failed_load(self, code: int) -> ServerError:
        log, name = self._log(), self._model.path.name
        if any(words in log.lower() for words in GUARDRAILS):
            error = OutOfRAM if self._request.gpu_layers == 0 else OutOfVRAM
            advice = "take fewer --gpu-layers or a smaller --context, or lower its guardrails in LM Studio"
            return error(f"LM Studio will not load {name}, it needs too much memory: {advice}", log=log)
        return error_of_failed_start(_FailedLoad("LM Studio", self._request, code, log))

    def _record_ratio(self) -> None:
        ratio, asked = self._gpu_ratio(), self._request.gpu_layers
        if ratio is not None and isinstance(asked, int) and asked:
            layers = f"{asked} of {self._model.layers} layers" if self._model.layers else f"{asked} layers"
            self._warnings.append(
                f"LM Studio takes a ratio, not layers: {layers} were asked for as {ratio:g}; "
                "what it really put on the GPU it does not tell"
            )

    def _prove_instance(self) -> None:
        """Our name must be there, on our file, and nothing else new: `lms` may load what looks similar."""
        now = lms.loaded(self._lms)
        known = {one.get("identifier") for one in self._before}
        new = [one for one in now if one.get("identifier") not in known]
        ours = [one for one in new if one.get("identifier") == self._alias]
        strange = [one for one in new if one not in ours or one.get("path") != self._entry.get("path")]
        for one in strange:
            with suppress(ServerError):
                lms.run(self._lms, "unload", str(one.get("identifier")))
        if strange:
            got = ", ".join(f"{one.get('path')} as {one.get('identifier')}" for one in strange)
            raise WrongModel(f"LM Studio loaded {got} in place of {self._entry.get('path')} as {self._alias}")
        if not ours:
            raise WrongModel(f"LM Studio loaded {self._alias}, but `lms ps` does not list it: try again")

    def _instance(self) -> dict[str, Any] | None:
        return next((one for one in lms.loaded(self._lms) if one.get("identifier") == self._alias), None)

    def _end_the_load(self) -> bool:
        if self._loading is None or self._loading.poll() is not None:
            return False
        self._loading.terminate()
        try:
            self._loading.wait(5)
        except TimeoutExpired:
            self._loading.kill()
            self._loading.wait()
            return True
        return False

    def _wait_until_unloaded(self) -> None:
        deadline = time.monotonic() + UNLOADS_WITHIN_S
        while self._instance() and time.monotonic() < deadline:
            time.sleep(0.2)
        if self._instance():
            self._report(f"warning: LM Studio still holds {self._alias}: `lms unload {self._alias}`")

    def _log(self) -> str:
        with suppress(OSError):
            return lms.plain(self._request.log.read_text(errors="replace"))
        return ""


def gpu_ratio(layers: GpuLayers, total: int | None) -> float | None:
    """LM Studio's measure of GPU layers; None leaves it to LM Studio."""
    if layers == "auto":
        return None
    if layers == "all":
        return 1.0
    if not layers:
        return 0.0
    return min(1.0, round(layers / total, 4)) if total else 1.0
