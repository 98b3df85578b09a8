"""The exception that ends a program from the trusted side."""

from __future__ import annotations

from benchkit.verdict import Verdict


class ProgramStopped(Exception):
    """The program is stopped, or is to be; carries its verdict."""

    def __init__(self, verdict: Verdict, detail: str, *, sandbox_failed: bool = False) -> None:
        super().__init__(detail)
        self.verdict, self.detail, self.sandbox_failed = verdict, detail, sandbox_failed
        self.test_line = ""  # of the test that was under way, where that is known
