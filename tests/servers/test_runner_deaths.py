"""After kill -9 of the runner nothing of its server is left; benchmarks/server_life.py does it 100 times."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.servers.conftest import installed_engine
from tests.servers.deaths import PHASES, kill_a_runner
from tests.servers.tiny_gguf import write_tiny_gguf

BEARABLE_S = 2.0


@pytest.mark.parametrize("supervisor", ["auto", "subreaper"])
@pytest.mark.parametrize("phase", PHASES)
def test_nothing_survives_the_runner(phase: str, supervisor: str, tmp_path: Path) -> None:
    """A server that ignores SIGTERM and has daemonised a grandchild is gone within 2 seconds."""
    death = kill_a_runner(phase, "stand-in", write_tiny_gguf(tmp_path / "tiny.gguf"), supervisor, BEARABLE_S)
    assert death.left == []


@pytest.mark.parametrize("kind", ["llama-server", "xllamacpp"])
def test_no_real_server_survives_the_runner(kind: str, tmp_path: Path) -> None:
    """The same with real engines, in the middle of an answer."""
    model = write_tiny_gguf(tmp_path / "tiny.gguf")
    death = kill_a_runner("answering", installed_engine(kind), model, "auto", BEARABLE_S)
    assert death.left == []
