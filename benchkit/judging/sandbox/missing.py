"""The error that says a level of isolation cannot be had on this machine."""

from __future__ import annotations

from benchkit.errors import SandboxError


class LevelMissing(SandboxError):
    """Its text is the reason, its log what the first process said."""
