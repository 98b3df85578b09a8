"""The container route, against a stand-in that speaks the engines' documented command line."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchkit.errors import SandboxError
from benchkit.judging.sandbox import Limits, Program, Sandbox, open_sandbox
from benchkit.judging.sandbox.pool.places import all_can_read
from benchkit.records import Verdict
from tests.support import ROOT, wait_until

ENGINE = Path(__file__).resolve().parents[2] / "stand_ins" / "container_engine.py"
pytestmark = [
    pytest.mark.skipif(
        not all_can_read("/usr/bin/python3"), reason="the stand-in needs a /usr/bin/python3 that all can read"
    ),
    pytest.mark.skipif(
        os.getuid() == 0 and not all_can_read(str(ROOT)),
        reason="the stand-in shows our code as it lies, and only root may enter this folder",
    ),
]


@pytest.fixture(params=["docker", "podman"])
def engine(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    (tmp_path / request.param).symlink_to(ENGINE)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    return str(request.param)


@pytest.fixture
def contained(engine: str) -> Iterator[Sandbox]:
    with open_sandbox(engine, workers=1) as sandbox:
        yield sandbox


def test_all_three_ways(contained: Sandbox, engine: str) -> None:
    """The same zygote as everywhere: whole programs, checks, calls."""
    assert contained.isolation.level == engine
    assert contained.run(Program(source="print(input())", stdin=b"hi\n")).stdout == b"hi\n"
    source = "def add(a, b): return a + b"
    assert contained.check(source, "assert add(1, 2) == 3", "add").verdict is Verdict.PASSED
    with contained.load(source) as program:
        assert [reply.value for reply in program.call_many("add", [(1, 2), (3, 4)])] == [3, 7]


def test_limits_and_cleaning(contained: Sandbox) -> None:
    """The clock is ours, out of the container's reach; what a program leaves is gone before the next."""

    def is_ended_in_time() -> bool:
        hang = contained.run(Program(source="open('x', 'w')\nwhile True: pass"), Limits(wall_s=0.3))
        assert hang.verdict is Verdict.TIMEOUT, hang
        return hang.seconds < 5

    wait_until(is_ended_in_time)  # once the machine does not stand still for as long
    assert contained.run(Program(source="import os; print(os.listdir('.'))")).stdout == b"[]\n"


def test_an_image_that_is_not_there(engine: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Is never pulled unasked: the engine's own word, and the command that brings it."""
    monkeypatch.setenv("CONTAINER_FAULT", "no-image")
    with pytest.raises(SandboxError, match=r"No such image.*pull .*python:3\.12-slim"):
        open_sandbox(engine, workers=1).__enter__()


def test_no_engine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Says that it is not installed."""
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SandboxError, match="there is no podman command"):
        open_sandbox("podman", workers=1).__enter__()
