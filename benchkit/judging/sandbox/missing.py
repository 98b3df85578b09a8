"""The error where a level of isolation is unavailable on this machine."""

from __future__ import annotations

from benchkit.errors import SandboxError


class LevelMissing(SandboxError):
    """Its text is the reason, its log the output of the first process."""
