"""What a page, the API and the live connection say of a bug of ours."""

from __future__ import annotations

from benchkit.terminal import complain, save_traceback


def tell_bug(what: str) -> str:
    """One line on the terminal for the exception being handled, and what to say to whoever asked."""
    text = f"a bug of ours; please report {save_traceback()}"
    complain("bench_runner.py dashboard", f"{what}: {text}")
    return text
