"""Appending processes that are killed without warning, and what the history holds afterwards."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from random import Random

ROOT = Path(__file__).parents[3]
APPENDER = [sys.executable, str(Path(__file__).with_name("appender.py"))]
ENVIRONMENT = {"PYTHONPATH": str(ROOT)}


def start_appender(path: str | Path, prefix: str, count: int) -> subprocess.Popen[str]:
    command = [*APPENDER, str(path), prefix, str(count)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env={**os.environ, **ENVIRONMENT})


def kill_while_appending(path: Path, prefix: str, random: Random) -> list[str]:
    """Kill -9 an appender at a random time after its first run; the ids it had acknowledged."""
    process = start_appender(path, prefix, 100_000)
    assert process.stdout is not None
    first = process.stdout.readline()
    time.sleep(random.uniform(0, 0.03))
    process.kill()
    rest = process.stdout.read()
    process.wait()
    return (first + rest).split()
