"""Who may look at the page."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Access:
    """The address that is ours, and the token that opens it."""

    host: str
    port: int
    token: str

    @property
    def address(self) -> str:
        """The line to print and to open."""
        return f"http://{self.host}:{self.port}/?token={self.token}"
