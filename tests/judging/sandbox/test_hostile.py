"""Every hostile program, at every level that this machine shows, as this user and as an ordinary one."""

from __future__ import annotations

import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from benchkit.judging.sandbox.pool.places import all_can_read
from benchkit.judging.sandbox.pool.pool import Pool
from tests.judging.sandbox.attack import Arena
from tests.judging.sandbox.further_hostile_cases import FURTHER
from tests.judging.sandbox.hostile_cases import CASES, Case
from tests.support import ROOT, code_for_everyone

ORDINARY, GROUP = 12345, 54321  # a user's own number and his group's are seldom the same everywhere
Attack = Callable[[Case], list[str]]


def _interpreter() -> str | None:
    """A Python that an ordinary user can start."""
    wanted = [sys.executable, "/usr/bin/python3", "/usr/local/bin/python3"]
    return next((path for path in wanted if Path(path).exists() and all_can_read(path)), None)


@pytest.fixture(scope="module", params=["namespaces", "landlock"])
def level(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def as_me(level: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Attack]:
    with Pool(level, 1) as sandbox:
        yield Arena(sandbox, tmp_path_factory.mktemp("arena") / "outside").attack


@pytest.fixture(scope="module")
def as_ordinary_user(level: str) -> Iterator[Attack]:
    with _attacked_by_an_ordinary_user(level) as attack:
        yield attack


@contextmanager
def _attacked_by_an_ordinary_user(level: str) -> Iterator[Attack]:
    if os.getuid() != 0:
        pytest.skip("already an ordinary user: the other tests show it")
    python = _interpreter()
    if python is None:
        pytest.skip("no Python interpreter on this machine that an ordinary user could start")
    home = Path(tempfile.mkdtemp(prefix="ordinary-"))  # pytest's own folders let nobody else pass
    os.chown(home, ORDINARY, GROUP)
    with code_for_everyone() as code, _attacker(python, code, level, home) as child:
        cases, answers = child.stdin, child.stdout
        assert cases is not None
        assert answers is not None

        def attack(case: Case) -> list[str]:
            cases.write(case.name + "\n")
            cases.flush()
            return list(json.loads(answers.readline()))

        yield attack
        cases.close()
    shutil.rmtree(home)


def _attacker(python: str, code: Path, level: str, home: Path) -> subprocess.Popen[str]:
    script = code / Path(__file__).relative_to(ROOT).with_name("attack.py")
    return subprocess.Popen(
        [python, str(script), level, str(home / "outside")], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        text=True, user=ORDINARY, group=GROUP, extra_groups=[], cwd="/",
        env={"PATH": os.environ["PATH"], "HOME": str(home)},
    )  # fmt: skip


@pytest.mark.parametrize("case", [*CASES, *FURTHER], ids=lambda case: case.name)
def test_as_this_user(case: Case, as_me: Attack) -> None:
    """The program does not pass, keeps its time, changes nothing, and leaves nothing behind."""
    assert as_me(case) == []


@pytest.mark.parametrize("case", [*CASES, *FURTHER], ids=lambda case: case.name)
def test_as_an_ordinary_user(case: Case, as_ordinary_user: Attack) -> None:
    """The same where the tester is nobody special."""
    assert as_ordinary_user(case) == []


def test_descriptors_on_their_way_where_few_files_may_be_open(level: str) -> None:
    """Where a shell lets 256 files be open, an answer cannot use up what the judge needs for the next one."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    (case,) = (case for case in CASES if case.name == "descriptors_passed_on")
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (256, hard))
        with _attacked_by_an_ordinary_user(level) as attack:
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
            assert attack(case) == []
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
