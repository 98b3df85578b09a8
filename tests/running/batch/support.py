"""What the nights of these tests have in common."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import psutil

from tests.support import ROOT

SUMMARY = (
    "Results: x v1 (sha256 0)\npass@1: 50.00% (1/2), 95% interval 9.5–90.5\nTime: 1.0 s\nFailed tasks: x/1"
)
COMMAND = [sys.executable, str(ROOT / "bench_runner.py"), "batch", "plan.yaml"]


def write_plan(folder: Path, **plan: Any) -> None:
    (folder / "plan.yaml").write_text(json.dumps({"defaults": {"server": "xllamacpp"}, **plan}))


def script(folder: Path, name: str, body: str) -> dict[str, Any]:
    """A benchmark that is a program of a few lines."""
    (folder / f"{name}.py").write_text(f"import os, sys, time\n{body}\n")
    return {"name": name, "script": f"{name}.py", "parser": "human_eval"}


def until_released(summary: str) -> str:
    """The body of a script that works until the file `released` lies in its folder."""
    return f"while not os.path.exists('released'): time.sleep(0.05)\nprint({summary!r})"


def good(folder: Path, name: str = "good") -> dict[str, Any]:
    return script(folder, name, f"print({SUMMARY!r})")


def leftovers(folder: Path) -> list[str]:
    """Processes that belong to runs in this folder."""
    commands = [" ".join(process.info["cmdline"] or []) for process in psutil.process_iter(["cmdline"])]
    return [command for command in commands if str(folder) in command]
