"""The Protocol of a model server, and the small records that only this package uses."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from benchkit.errors import ServerError
from benchkit.records import ServerFacts, ServerRequest

ShowLine = Callable[[str], None]
"""Shows a line to the user: "loading, 43%", the log's last line, a warning."""

VramUsed = Callable[[], float | None]
"""VRAM in use on all devices now, in MB; None where it is unknown."""


@dataclass(frozen=True)
class EngineInfo:
    """One engine on this machine, as `doctor` shows it and `--server auto` weighs it."""

    kind: str
    version: str | None  # None: not installed
    how_to_get: str  # the command that installs it, or that brings GPU support where that is what lacks
    gpu_capable: bool | None  # whether it can use the GPU that is here; None: unknown


@dataclass(frozen=True)
class StopReport:
    """How a server ended; in RunningServer.stop_report once `serve` is left."""

    seconds: float
    killed: bool = False  # it ignored SIGTERM
    vram_before_mb: float | None = None  # before the start
    vram_after_mb: float | None = None  # when it had settled, or when waiting for that was given up
    warnings: tuple[str, ...] = ()

    @property
    def residue_mb(self) -> float | None:
        """VRAM that was not released."""
        if self.vram_before_mb is None or self.vram_after_mb is None:
            return None
        return max(0.0, self.vram_after_mb - self.vram_before_mb)


class Server(Protocol):
    """One server's life; `benchkit.serving.servers.serve` drives it as a context manager.

    A kind tells the bare facts. `serve` compares them with the request (fewer layers, less context, CPU not
    GPU), tries again after PortTaken and, with gpu_layers "auto", after OutOfVRAM, and waits for VRAM to
    settle.
    """

    def __init__(self, request: ServerRequest, report: ShowLine) -> None: ...

    # The engine on this machine; `program` is the one the person named, for kinds that are a program.
    @staticmethod
    def engine(program: Path | None = None) -> EngineInfo: ...

    # Start the process (or find the running one) and return at once.
    def start(self) -> None: ...

    # Wait until the right model has provably answered; raise the ServerError that names the cause.
    def ready(self) -> None: ...

    # What the server really did: layers, context per slot, slots, build…
    def describe(self) -> ServerFacts: ...

    # The key that its clients must send; None where it asks for none.
    @property
    def api_key(self) -> str | None: ...

    # Seconds since it last computed something though it was asked; None where it cannot tell. Cheap, too.
    def silent_s(self) -> float | None: ...

    # None while all is well, else what happened (died, hangs). Cheap: asked every half second.
    def failure(self) -> ServerError | None: ...

    # End it and wait; True if it had to be killed. Never raises because it has ended already.
    def stop(self) -> bool: ...
