"""Names that tests share; the fixtures are in conftest.py."""

from __future__ import annotations

import json
import secrets
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from benchkit.judging.sandbox.pool.places import all_can_read

ROOT = Path(__file__).resolve().parent.parent
F16, QUANTIZED, TASKS_MODEL = (ROOT / "demo" / f"demo-{kind}.gguf" for kind in ("f16", "q2_k", "tasks"))

# For llama.cpp's servers: two threads for so small a model wait for each other, and burn the time of both.
LLAMA_SERVER_ON_ONE_THREAD = ("--threads", "1")
XLLAMACPP_ON_ONE_THREAD = ("--cpuparams.n_threads", "1")

PORTS = range(20_000, 30_000)  # which the kernel gives nobody who asks for any port

Bench = Callable[..., subprocess.CompletedProcess[str]]


def runs_in(folder: Path) -> list[dict[str, Any]]:
    """The runs of the history in this folder, none if there is no history."""
    history = folder / "benchmark_results.json"
    runs: list[dict[str, Any]] = json.loads(history.read_text())["runs"] if history.exists() else []
    return runs


@contextmanager
def code_for_everyone() -> Iterator[Path]:
    """Where a test as another user finds our code: a copy if only root may enter the repository's folder."""
    if all_can_read(str(ROOT)):
        yield ROOT
        return
    with tempfile.TemporaryDirectory(prefix="code-") as name:
        copy = Path(name)
        copy.chmod(0o755)
        for folder in ("benchkit", "parsers", "tests"):
            shutil.copytree(
                ROOT / folder, copy / folder, ignore=shutil.ignore_patterns("__pycache__", "legacy")
            )
        yield copy


def free_port() -> int:
    """For a server that is started later: no connection and no other server gets it by chance meanwhile."""
    while True:
        with suppress(OSError), socket.create_server(("127.0.0.1", secrets.choice(PORTS))) as one:
            return int(one.getsockname()[1])


def wait_until(condition: Callable[[], Any], seconds: float = 120.0) -> None:
    """Return as soon as the condition holds; only a machine under load needs long for it."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come to that"
        time.sleep(0.02)
