"""A real browser for the tests of the page, where this machine has one."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from benchkit.files import cache_folder
from tests.support import ROOT, wait_until

CACHE = cache_folder()  # of the person, before a test names another one
PATIENCE_MS = 120_000  # Playwright's own half a minute is short beside others
NAMES = ("chromium", "chromium-browser", "google-chrome")


@contextmanager
def chromium() -> Iterator[Any]:
    """The distribution's browser, driven by Playwright; skips where either is missing."""
    playwright = pytest.importorskip("playwright.sync_api", reason="no Playwright: make browser")
    program = next(filter(None, map(shutil.which, NAMES)), None)
    if program is None:
        pytest.skip("no Chromium: apt-get install chromium")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(
            executable_path=program, args=["--no-sandbox"], timeout=PATIENCE_MS
        )  # root has no other way
        try:
            yield browser
        finally:
            browser.close()


def new_tab(browser: Any, **further: Any) -> Any:
    """In a context of its own, with patience for a machine that others use."""
    tab = browser.new_context(**further).new_page()
    tab.context.set_default_timeout(PATIENCE_MS)
    return tab


def axe_source() -> str:
    """The script that looks for what keeps people out; skips where it was not brought."""
    found = sorted(CACHE.glob("axe-core-*/axe.min.js"))
    if not found:
        pytest.skip("no axe-core: make browser")
    return found[-1].read_text(encoding="utf-8")


def complaints_of(page: Any, axe: str) -> list[str]:
    """What axe has against the page as it is now."""
    page.evaluate(axe)
    found = page.evaluate("axe.run()")
    return [
        f"{one['id']}: {node['target']} {node['failureSummary']}"
        for one in found["violations"]
        for node in one["nodes"]
    ]


def sideways(page: Any) -> list[str]:
    """The elements that make the page wider than its window."""
    found: list[str] = page.evaluate(
        """() => document.documentElement.scrollWidth <= innerWidth ? [] :
        [...document.querySelectorAll('body *')]
        .filter((one) => one.getBoundingClientRect().right > innerWidth + 1)
        .map((one) => `${one.tagName}.${one.className}`)"""
    )
    return found


@dataclass
class Dashboard:
    """The command as a person starts it."""

    process: subprocess.Popen[str]
    address: str

    @property
    def origin(self) -> str:
        found = re.match(r"http://[^/]+", self.address)
        assert found is not None
        return found[0]

    @property
    def port(self) -> int:
        return int(self.origin.rpartition(":")[2])

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(120)


def start_dashboard(folder: Path, *arguments: str, port: int = 0) -> Dashboard:
    words = [sys.executable, str(ROOT / "bench_runner.py"), "dashboard", "--no-open", "--port", str(port)]
    process = subprocess.Popen(
        [*words, *arguments],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdout is not None
    line = process.stdout.readline().strip()
    assert line.startswith("http"), f"it printed {line!r}"
    return Dashboard(process, line)


def until(condition: Any, seconds: float = 120.0) -> None:
    wait_until(condition, seconds)
