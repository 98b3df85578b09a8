"""A cluster of processes on this machine: a head, boxes, and a desk from which batches are started.

Each has folders of its own, as a machine of its own would. The boxes serve tiny models with the stand-in of
llama-server, which notes each question: so it can be counted what was asked, and where.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchkit.telling.history import open_store, to_record
from tests.running.batch.support import leftovers
from tests.running.boxes.clock import Clock
from tests.running.boxes.disk import Disk
from tests.running.boxes.network import Network
from tests.serving.gguf.writing import write_model
from tests.serving.servers.tiny_gguf import TINY
from tests.support import ROOT, runs_in, wait_until

HOST = "127.0.0.1"
DESK = "desk"
STAND_IN = ROOT / "tests" / "stand_ins" / "llama_server.py"
PROGRAM = (sys.executable, str(ROOT / "bench_runner.py"))
LEASE_S = "6"
SOON_S = 120.0  # three boxes and a head import a large library, beside others


@dataclass
class Fleet:
    root: Path
    port: int
    thinks_s: float = 0.0
    network: Network | None = None  # else all are on this machine's own address
    lease_s: str | None = LEASE_S  # None: what a cluster takes by itself
    history: str = ""  # a database; else a file on the desk
    clocks: dict[str, Clock] = field(default_factory=dict)  # of machines whose clocks may be off
    disks: dict[str, Disk] = field(default_factory=dict)  # of boxes that have one of their own
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    @property
    def address(self) -> str:
        return f"{self.host}:{self.port}"

    @property
    def host(self) -> str:
        return self.network.address(DESK) if self.network else HOST

    def inside(self, name: str) -> tuple[str, ...]:
        return self.network.inside(name) if self.network else ()

    def folder(self, name: str) -> Path:
        folder = self.root / name
        folder.mkdir(exist_ok=True)
        return folder

    def environment(self, name: str) -> dict[str, str]:
        folder = self.folder(name)
        return {
            **os.environ,
            "XDG_CONFIG_HOME": str(folder / "config"),
            "XDG_CACHE_HOME": str(folder / "cache"),
            "XDG_STATE_HOME": str(folder / "state"),
            "LLAMA_SERVER": str(self.root / "llama-server"),
            "STAND_IN": f"thinks={self.thinks_s} asked={folder / 'asked.jsonl'}",
            **({"BENCH_LEASE_S": self.lease_s} if self.lease_s else {}),
            **(self.clocks[name].environment if name in self.clocks else {}),
        }

    def run(self, name: str, *words: str, timeout: float = 120) -> subprocess.CompletedProcess[str]:
        """A command of ours, typed on that machine."""
        return subprocess.run(
            [*self.inside(name), *PROGRAM, *words], cwd=self.folder(name), env=self.environment(name),
            capture_output=True, text=True, check=False, timeout=timeout,
        )  # fmt: skip

    def start(
        self, name: str, label: str, *words: str, inside: Sequence[str] = (), **environment: str
    ) -> subprocess.Popen[bytes]:
        with (self.folder(name) / f"{label}.log").open("ab") as log:
            process = subprocess.Popen(
                [*self.inside(name), *inside, *PROGRAM, *words], cwd=self.folder(name),
                env=self.environment(name) | environment,
                stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip
        self.processes[label] = process
        return process

    def start_head(self) -> None:
        self.start(DESK, "head", "cluster", "head", "--host", self.host, "--port", str(self.port))
        wait_until(lambda: f"port {self.port}" in self.log(DESK, "head"), SOON_S)

    def start_box(self, name: str, *further: str, models: Path | None = None, **environment: str) -> None:
        place = str(models or self.root / "models")
        words = ("cluster", "join", self.address, "--models", place, *further)
        disk = self.disks.get(name)
        self.start(name, name, *words, inside=disk.inside() if disk else (), **environment)

    def wait_for_boxes(self, *names: str) -> None:
        wait_until(lambda: all("has joined" in self.log(name, name) for name in names), SOON_S)

    def log(self, name: str, label: str) -> str:
        path = self.root / name / f"{label}.log"
        return path.read_text() if path.exists() else ""

    def make_certificates(self, *names: str) -> None:
        made = self.run(DESK, "cluster", "init", "--name", DESK, *names)
        assert made.returncode == 0, made.stderr
        for name in names:
            self.give_certificate(name, name)

    def give_certificate(self, box: str, name: str) -> None:
        source = self.folder(DESK) / "config" / "bench_runner" / "cluster" / "boxes" / name
        target = self.folder(box) / "config" / "bench_runner" / "cluster"
        target.mkdir(parents=True)
        for path in source.iterdir():
            shutil.copy(path, target)  # a key is for its owner alone

    def start_batch(self, plan: str = "plan.yaml") -> subprocess.Popen[bytes]:
        kept = ("--history", self.history) if self.history else ()
        return self.start(DESK, "batch", "batch", plan, "--cluster", self.address, *kept)

    def write_plan(
        self, models: Sequence[Path | Mapping[str, Any]], problems: int = 4, **further: Any
    ) -> None:
        defaults = {
            "server": "llama-server", "temperature": 0.0, "max_tokens": 20, "parallel": 1,
            "args": ["--limit", str(problems)],
        }  # fmt: skip
        plan = {
            "defaults": defaults,
            "models": [str(one) if isinstance(one, Path) else one for one in models],
            "benchmarks": ["demo"],
        } | further
        (self.folder(DESK) / "plan.yaml").write_text(json.dumps(plan))

    def write_models(self, count: int) -> list[Path]:
        return [write_small_model(self.root / "models" / f"m{number}.gguf") for number in range(count)]

    @property
    def runs(self) -> list[dict[str, Any]]:
        if self.history:
            return [to_record(run) for run in open_store(self.history).runs()]
        return runs_in(self.folder(DESK))

    def asked(self) -> Counter[tuple[str, str]]:
        """How often each model was asked each question, on all boxes together."""
        lines = [line for log in self.root.glob("*/asked.jsonl") for line in log.read_text().splitlines()]
        return Counter(tuple(json.loads(line)) for line in lines)

    def kill(self, label: str) -> None:
        process = self.processes.pop(label)
        process.kill()
        process.wait()

    def end(self) -> None:
        for process in self.processes.values():
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
        for process in self.processes.values():
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def write_small_model(path: Path) -> Path:
    """Each is another model: its name lies in the file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    ends = {"tokenizer__ggml__bos_token_id": 1, "tokenizer__ggml__eos_token_id": 2}
    return write_model(path, TINY, general__name=path.stem, **ends)


@contextmanager
def fleet_in(
    root: Path, port: int, *names: str, thinks_s: float = 0.0, network: Network | None = None
) -> Iterator[Fleet]:
    """A head, and certificates for these boxes; nothing of it is left in the end."""
    fleet = Fleet(root, port, thinks_s, network)
    (root / "llama-server").symlink_to(STAND_IN)
    (root / "models").mkdir()
    fleet.make_certificates(*names)
    try:
        fleet.start_head()
        yield fleet
    finally:
        fleet.end()


def assert_each_run_once(fleet: Fleet, models: Sequence[Path]) -> None:
    runs = fleet.runs
    assert Counter(run["model"] for run in runs) == Counter(path.stem for path in models)
    assert {run["status"] for run in runs} == {"ok"}, [run["error"] for run in runs]


def assert_no_server_left(fleet: Fleet) -> None:
    wait_until(lambda: not [line for line in leftovers(fleet.root) if "llama-server" in line], SOON_S)
