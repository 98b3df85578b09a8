"""One server from start to stop, whatever its kind: tried again where that helps, and held to the request."""

from __future__ import annotations

import shlex
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from benchkit.errors import NotAsAsked, OutOfVRAM, PortTaken, ServerError
from benchkit.records import GpuLayers, ServerFacts, ServerRequest
from benchkit.serving.servers.asked import lacks_a_gpu, not_as_asked
from benchkit.serving.servers.base import Server, ShowLine, StopReport, VramUsed
from benchkit.serving.servers.choice import choose
from benchkit.serving.servers.kinds import load
from benchkit.serving.servers.leftovers import end_leftovers

STARTS_AT_MOST = 5  # with another port, or with fewer layers
LAYERS_IF_UNKNOWN = 100
SETTLES_WITHIN_S = 10.0
SETTLED_MB = 64.0  # so near to what was used before
LOOKS_EVERY_S = 0.1


class RunningServer:
    """A server that has proved itself; `stop_report` is there once it is stopped."""

    def __init__(self, server: Server, facts: ServerFacts, log: Path) -> None:
        self._server = server
        self.facts = facts
        self.api_key = server.api_key  # apart from the facts, which are recorded
        self.log = log
        self.stop_report: StopReport | None = None

    def failure(self) -> ServerError | None:
        """None while the server works, else the error; cheap enough to call twice a second."""
        return None if self.stop_report else self._server.failure()

    def silent_s(self) -> float | None:
        """Seconds since it last computed something though it was asked; None where it cannot tell."""
        return None if self.stop_report else self._server.silent_s()


@contextmanager
def serve(
    request: ServerRequest, report: ShowLine, vram_used_mb: VramUsed | None = None
) -> Iterator[RunningServer]:
    """Start the server asked for, prove it, and leave nothing of it behind."""
    for pid in end_leftovers():
        report(f"ended process {pid}, which an earlier run had left")
    before = vram_used_mb() if vram_used_mb else None
    request, reason, warnings = _resolve(request, report)
    server, tried = _start(request, report)
    running: RunningServer | None = None
    try:
        facts = _checked(request, server.describe(), tried)
        facts = replace(facts, chosen_because=reason, warnings=(*warnings, *facts.warnings))
        running = RunningServer(server, facts, request.log)
        yield running
    finally:
        stopped = _stop(server, before, vram_used_mb)
        if running:
            running.stop_report = stopped


def preview_command(request: ServerRequest) -> str:
    """What would be executed, or through what it would go, with nothing started."""
    from benchkit.serving.servers.local import LocalServer  # loads HTTP, which --help can do without

    kind = choose(request)[0] if request.kind == "auto" else request.kind
    server = load(kind)(request, lambda _: None)
    return shlex.join(server.command(0)) if isinstance(server, LocalServer) else f"{kind}, through its API"


def _resolve(request: ServerRequest, report: ShowLine) -> tuple[ServerRequest, str | None, tuple[str, ...]]:
    """Put a kind in the place of "auto"."""
    if request.kind != "auto":
        return request, None, ()
    kind, reason, warnings = choose(request)
    report(f"server: {kind}, because {reason}")
    return replace(request, kind=kind), reason, warnings


def _start(request: ServerRequest, report: ShowLine) -> tuple[Server, list[GpuLayers]]:
    """A server that is ready, and the numbers of layers that were tried."""
    tried = [request.gpu_layers]
    for left in reversed(range(STARTS_AT_MOST)):
        server = load(request.kind)(replace(request, gpu_layers=tried[-1]), report)
        try:
            server.start()
            server.ready()
            return server, tried
        except PortTaken as error:
            server.stop()
            if not left:
                raise
            report(f"{error}; trying another")
        except OutOfVRAM as error:
            server.stop()
            fewer = _fewer_layers(request, tried[-1], error)
            if not left or fewer is None:
                raise
            report(f"{error}; trying {fewer} layers")
            tried.append(fewer)
        except BaseException:
            server.stop()
            raise
    raise AssertionError("the last start neither worked nor raised")


def _fewer_layers(request: ServerRequest, last: GpuLayers, error: OutOfVRAM) -> int | None:
    """What to try next if that is ours to choose; never none at all: that would be a night on the CPU."""
    if request.gpu_layers != "auto":
        return None
    known = request.model.layers + 1 if request.model and request.model.layers else LAYERS_IF_UNKNOWN
    now = last if isinstance(last, int) else known
    fitting = error.layers if error.layers and error.layers < now else now // 2
    return fitting or None


def _checked(request: ServerRequest, facts: ServerFacts, tried: list[GpuLayers]) -> ServerFacts:
    """The facts with a warning for each that differs from the request; NotAsAsked with `strict`."""
    warnings = not_as_asked(request, facts)
    if warnings and request.strict:
        raise NotAsAsked(f"--strict: {'; '.join(warnings)}", machine_wide=lacks_a_gpu(request, facts))
    if len(tried) > 1:
        words = ", ".join(map(str, tried[:-1]))
        warnings.append(f"{tried[-1]} GPU layers are used: with {words} it did not fit in VRAM")
        facts = replace(facts, further={**facts.further, "gpu_layers_tried": tried})
    return replace(facts, warnings=(*facts.warnings, *warnings))


def _stop(server: Server, before: float | None, vram_used_mb: VramUsed | None) -> StopReport:
    """End it and wait until VRAM is back near what it was."""
    began = time.monotonic()
    killed = server.stop()
    after = _settled(before, vram_used_mb) if vram_used_mb else None
    report = StopReport(time.monotonic() - began, killed, before, after)
    warnings = ["the server did not end when asked to, and was killed"] if killed else []
    if report.residue_mb and report.residue_mb > SETTLED_MB:
        warnings.append(
            f"{report.residue_mb:,.0f} MB of VRAM did not come back within {SETTLES_WITHIN_S:g} s"
        )
    return replace(report, warnings=tuple(warnings))


def _settled(before: float | None, vram_used_mb: VramUsed) -> float | None:
    deadline = time.monotonic() + SETTLES_WITHIN_S
    after = vram_used_mb()
    while before is not None and after is not None and after > before + SETTLED_MB:
        if time.monotonic() > deadline:
            break
        time.sleep(LOOKS_EVERY_S)
        after = vram_used_mb()
    return after
