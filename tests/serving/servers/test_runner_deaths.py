"""After kill -9 of the runner its server is gone; measurements/server_life.py does it 100 times."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.serving.servers.conftest import installed_engine, survivors
from tests.serving.servers.deaths import PHASES, kill_a_runner, start_runner, tell_to_stop, wait_for
from tests.serving.servers.tiny_gguf import write_tiny_gguf

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


def test_two_runners_at_once(tmp_path: Path) -> None:
    """Of two that share a cache one is killed: the other notices nothing, and ends in good order."""
    ours, theirs = (write_tiny_gguf(tmp_path / name) for name in ("ours.gguf", "theirs.gguf"))
    other = start_runner(installed_engine("xllamacpp"), theirs, "auto")
    try:
        wait_for("answering", other)
        assert kill_a_runner("answering", "stand-in", ours, "auto", BEARABLE_S).left == []
        assert kill_a_runner("ready", "stand-in", ours, "auto", BEARABLE_S).left == []  # looked for leftovers
        assert other.poll() is None
        assert len(survivors(theirs)) > 1
        tell_to_stop(other)
        assert other.wait(120) == 0
        assert survivors(theirs, within_s=30) == []
    finally:
        other.kill()
        other.wait()
