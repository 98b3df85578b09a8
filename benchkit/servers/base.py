"""What every kind of model server offers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from benchkit.errors import ServerError
from benchkit.records import ServerFacts, ServerRequest

Report = Callable[[str], None]
"""Takes a line for the person who waits: "loading, 43%", the log's last line, a warning."""


class Server(Protocol):
    """One server's life; `benchkit.servers.serve` drives it as a context manager."""

    def __init__(self, request: ServerRequest, report: Report) -> None: ...

    # Start the process (or find the running one) and return at once.
    def start(self) -> None: ...

    # Wait until the right model has provably answered; raise the ServerError that says why not.
    def ready(self) -> None: ...

    # What the server really did: layers, context per slot, slots, build…
    def describe(self) -> ServerFacts: ...

    # None while all is well, else what happened (died, hangs). Cheap: asked every half second.
    def failure(self) -> ServerError | None: ...

    # End it, wait until it is gone, give the memory back. Never raises because it is gone already.
    def stop(self) -> None: ...
