"""A sandbox at each level that isolates, one worker each."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchkit.judging.sandbox import open_sandbox
from benchkit.judging.sandbox.base import Sandbox


@pytest.fixture(scope="module", params=["namespaces", "landlock"])
def sandbox(request: pytest.FixtureRequest) -> Iterator[Sandbox]:
    with open_sandbox(request.param, workers=1) as opened:
        yield opened


@pytest.fixture(scope="module")
def best() -> Iterator[Sandbox]:
    """The best level here, for what does not depend on the level."""
    with open_sandbox(workers=1) as opened:
        yield opened


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """One that only the sandbox keeps a program from: everybody may write there."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o777)
        yield folder
