"""A server that wants a user and a password, given as a part of its address."""

from __future__ import annotations

from pathlib import Path

from tests.stand_ins.chat_server import Turn, chat_server
from tests.support import Bench, runs_in


def test_a_login_in_the_address_serves_the_whole_run(bench: Bench, tmp_path: Path) -> None:
    """Looked at by the runner and asked by the script with it; nothing that is kept or shown repeats it."""

    def do(turn: Turn) -> None:
        if turn.body.get("stream"):
            turn.answer("no idea")
        else:
            turn.status(200, {"choices": [{"message": {"content": "hi"}, "finish_reason": "stop"}]})

    with chat_server(do) as server:
        server.authorization = "Basic bWU6cEBzc3dvcmQ="
        url = server.base_url.replace("://", "://me:p%40ssword@")
        done = bench("--base-url", url, "--name", "stand-in", "--benchmark", "demo", "--limit", "2")
    assert done.returncode == 0, done.stderr
    assert set(server.authorizations) == {"Basic bWU6cEBzc3dvcmQ="}
    (run,) = runs_in(tmp_path)
    assert run["status"] == "ok"
    kept = [path for path in tmp_path.rglob("*") if path.is_file()]
    texts = [done.stdout, done.stderr, *(path.read_text(errors="replace") for path in kept)]
    assert not [text for text in texts if "ssword" in text]
