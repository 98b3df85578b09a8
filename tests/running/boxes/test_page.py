"""docs/boxes.md leads from one box to three: each of its commands typed on its machine, in namespaces."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import yaml

from benchkit.running.boxes.units import unit
from tests.running.boxes.fleet import STAND_IN, write_small_model
from tests.running.boxes.network import Network, network
from tests.support import ROOT, runs_in, wait_until

PAGE = ROOT / "docs" / "boxes.md"
TYPED = re.findall(r"^    (\S.*)$", PAGE.read_text(), re.MULTILINE)
BOXES = ("alpha", "beta", "gamma")
heavy = pytest.mark.heavy


@heavy
def test_from_one_box_to_three_in_ten_commands(tmp_path: Path) -> None:
    """As a new user types them on three machines with empty homes; in the end they have shared a plan."""
    pytest.importorskip("distributed")
    assert len(TYPED) == 11
    init, copy_beta, copy_gamma, head, join, join_beta, join_gamma, status, batch, watch, judging = TYPED
    for name in BOXES:
        write_small_model(tmp_path / name / "models" / "m0.gguf")
    models = [write_small_model(tmp_path / name / "models" / "m1.gguf") for name in BOXES]
    plan = {
        "defaults": {"server": "llama-server", "max_tokens": 9, "temperature": 0.0, "args": ["--limit", "2"]},
        "models": ["models/m0.gguf", "models/m1.gguf"],
        "benchmarks": ["demo"],
    }
    (models[0].parents[1] / "plan.yaml").write_text(json.dumps(plan))
    with network(*BOXES) as net, machines(tmp_path, net) as on:
        printed = on("alpha", init).wait_for()
        assert copy_beta.replace("~", str(tmp_path / "alpha")) in printed
        on("alpha", copy_beta).wait_for()
        on("alpha", copy_gamma).wait_for()
        on("alpha", head)
        for name, line in zip(BOXES, (join, join_beta, join_gamma), strict=True):
            on(name, line)
        wait_until(
            lambda: all("has joined" in (tmp_path / name / "join.log").read_text() for name in BOXES), 90
        )
        told = on("beta", status).wait_for()
        assert re.findall(r"^(\w+): idle", told, re.MULTILINE) == list(BOXES)
        assert "2 ran, 0 failed" in on("alpha", batch).wait_for()
        assert "2 runs: 2 ok" in on("alpha", watch).wait_for()
        assert len({run["machine"]["box"] for run in runs_in(tmp_path / "alpha")}) == 2
        write_small_model(tmp_path / "beta" / "models" / "qwen.gguf")
        on("beta", judging).wait_for()
        (run,) = runs_in(tmp_path / "beta")
        assert list(run["results"]["further"]["judging"]["boxes"]) == list(BOXES)


class Typed:
    """A command that somebody typed on one of the machines."""

    def __init__(self, process: subprocess.Popen[bytes], log: Path) -> None:
        self.process, self._log = process, log

    def wait_for(self) -> str:
        assert self.process.wait(120) == 0, self._log.read_text()
        return self._log.read_text()


class Machines:
    def __init__(self, root: Path, net: Network) -> None:
        self._root, self._net = root, net
        self.processes: list[subprocess.Popen[bytes]] = []

    def __call__(self, name: str, line: str) -> Typed:
        home = self._root / name
        path = f"{self._root}:{os.environ['PATH']}"
        environment = {
            "HOME": str(home), "PATH": path, "LANG": "C.UTF-8", "TERM": "dumb",
            "LLAMA_SERVER": str(self._root / "llama-server"),
        }  # fmt: skip
        program = f"{sys.executable} {ROOT / 'bench_runner.py'}"
        command = ("sh", "-c", line.replace("./bench_runner.py", program))
        words = re.findall(r"\b(init|tar|head|join|status|batch|sandbox-on)\b", line)
        log = home / f"{words[0]}.log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                [*self._net.inside(name), *command], cwd=home, env=environment, stdout=output,
                stderr=subprocess.STDOUT, start_new_session=True,
            )  # fmt: skip
        self.processes.append(process)
        return Typed(process, log)


@contextmanager
def machines(root: Path, net: Network) -> Iterator[Machines]:
    (root / "llama-server").symlink_to(STAND_IN)
    ssh = root / "ssh"  # stands in for ssh: the same command, in the other machine's home
    ssh.write_text(f'#!/bin/sh\ncd {root}/"$1" && HOME={root}/"$1" exec sh -c "$2"\n')
    ssh.chmod(0o755)
    made = Machines(root, net)
    try:
        yield made
    finally:
        for process in made.processes:
            if process.poll() is None:
                os.killpg(process.pid, 15)
                process.wait(60)


def test_the_page_tells_what_a_plan_may_say() -> None:
    """Its piece of YAML is one that a plan takes."""
    (piece,) = re.findall(r"```yaml\n(.*?)```", PAGE.read_text(), re.DOTALL)
    assert yaml.safe_load(piece) == {"on_lost_box": "move"}


def test_a_unit_keeps_a_path_with_spaces_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a box where Windows' folders are in PATH: systemd would end it at the first space."""
    monkeypatch.setenv("PATH", "/usr/bin:/mnt/c/Program Files/100%")
    assert 'Environment="PATH=/usr/bin:/mnt/c/Program Files/100%%"\n' in unit("head", ())


def test_a_unit_is_started_again_however_often_it_ends() -> None:
    """A box whose network needs a minute after a reboot would be given up by systemd after five ends."""
    assert "[Unit]\n" in unit("join", ()).partition("StartLimitIntervalSec=0\n")[0]


@heavy
@pytest.mark.parametrize("subcommand", ["head", "join"])
def test_units_are_ones_that_systemd_takes(subcommand: str, tmp_path: Path) -> None:
    """Also where a path holds what systemd has a meaning for."""
    if shutil.which("systemd-analyze") is None:
        pytest.skip("no systemd here")
    words = {"head": ("--port", "8786"), "join": ("alpha", "--models", "/models/100% $mine")}[subcommand]
    file = tmp_path / f"bench-runner-{subcommand}.service"
    file.write_text(unit(subcommand, words))
    weekly = sorted((ROOT / "examples" / "weekly").glob("bench-weekly.*"))
    checked = subprocess.run(
        ["systemd-analyze", "--user", "verify", "--man=no", str(file), *map(str, weekly)],
        env={**os.environ, "XDG_RUNTIME_DIR": str(tmp_path)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    complaints = [line for line in checked.stderr.splitlines() if "bench-runner" in line]
    assert complaints == []
