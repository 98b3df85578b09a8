"""Servers that we start ask for a key: only who was told it is answered, and no command line shows it."""

from __future__ import annotations

from pathlib import Path

import psutil
import pytest

from benchkit.errors import ServerError
from benchkit.serving.servers import serve
from benchkit.serving.servers.http import ask as get
from benchkit.serving.servers.http import prove_token
from tests.serving.servers.conftest import Ask

KEY = "key-of-this-server-0123456789"


def test_a_server_with_a_key(engine: str, ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is proved and watched with its key, and refuses others; neither command line nor log holds it."""
    for variable in ("LLAMA_API_KEY", "API_KEY", "XLLAMACPP_API_KEY"):
        monkeypatch.setenv(variable, "somebody-elses")
    with serve(ask(engine, new_key=KEY), print) as server:
        assert server.api_key == KEY
        url = server.facts.base_url
        prove_token(url, "tiny", KEY)
        for wrong in (None, "somebody-elses"):
            with pytest.raises(ServerError, match="401"):
                prove_token(url, "tiny", wrong)
        commands = [word for pid in server.facts.pids for word in psutil.Process(pid).cmdline()]
        assert commands
        assert KEY not in " ".join((*commands, *server.facts.command))
        assert KEY not in repr(server.facts)
        assert server.failure() is None
    assert KEY not in server.log.read_text(errors="replace")


def test_without_a_key_anybody_is_answered(engine: str, ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    """A key in the environment, which was meant for another server, does not close ours."""
    monkeypatch.setenv("LLAMA_API_KEY", "somebody-elses")
    monkeypatch.setenv("API_KEY", "somebody-elses")
    with serve(ask(engine), print) as server:
        assert server.api_key is None
        assert get(f"{server.facts.base_url}/models").ok


def test_a_stand_in_is_watched_with_its_key(stand_in: Ask, tmp_path: Path) -> None:
    """Every question the runner itself asks carries the key."""
    with serve(stand_in(new_key=KEY), print) as server:
        assert server.facts.slots == 1
        assert server.facts.context_per_slot == 512
        assert KEY not in (tmp_path / "server.log").read_text()
