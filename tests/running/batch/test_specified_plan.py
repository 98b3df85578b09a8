"""The plan of the specification runs: three models, each behind its provider's stand-in."""

from __future__ import annotations

import json
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.running.batch.kills import prove
from tests.running.batch.test_providers import SECRET, SPECIFIED
from tests.stand_ins.chat_server import Turn, chat_server
from tests.stand_ins.provider import provider
from tests.support import Bench, runs_in

OTHER_SECRET = "sk-ant-Zq7Zq7Zq7"
LIMITS = {"test_timeout": 5.0, "test_memory": "512m", "test_cpus": 1.0}


def serves_tuned(turn: Turn, path: str) -> bool:
    turn.status(200 if path == "/v1/models" else 404, {"data": [{"id": "your-fine-tuned-model"}]})
    return True


def prove_or(turn: Turn, text: str) -> None:
    """The runner asks for one token, not streamed, before the questions come."""
    if turn.body.get("stream"):
        turn.answer(text)
    else:
        prove(turn)


@pytest.mark.heavy
def test_the_plan_of_the_specification_runs(bench: Bench, tmp_path: Path) -> None:
    """From a .env with keys and addresses; limits and weights are recorded, and what each run cost."""
    with ExitStack() as stack:

        def at(name: str, key: str | None = None) -> str:
            return stack.enter_context(provider(name, lambda _: "no code", key=key)).base_url

        own = stack.enter_context(chat_server(lambda turn: prove_or(turn, "no code")))
        own.get = serves_tuned
        local = own.base_url.removesuffix("/v1")
        lines = [
            f"OPENAI_API_KEY={SECRET}", f"OPENAI_BASE_URL={at('openai', SECRET)}",
            f"ANTHROPIC_API_KEY={OTHER_SECRET}", f"ANTHROPIC_BASE_URL={at('anthropic', OTHER_SECRET)}",
        ]  # fmt: skip
        (tmp_path / ".env").write_text("\n".join(lines))
        # Nothing can be promised of port 8000 of this machine.
        (tmp_path / "plan.yaml").write_text(SPECIFIED.replace("http://localhost:8000", local))
        done = bench("batch", "plan.yaml", "--benchmarks", "demo")
    assert done.returncode == 0, done.stdout + done.stderr
    runs = {run["model"]: run for run in runs_in(tmp_path)}
    assert runs.keys() == {"openai/gpt-4", "anthropic/claude-3-opus", "your-fine-tuned-model"}
    for run in runs.values():
        assert {name: run["config"][name] for name in LIMITS} == LIMITS
        assert run["config"]["weights"] == "correctness=0.4,speed=0.2,quality=0.25,efficiency=0.15"
    costs = {name: (run["telemetry"]["cost"], run["telemetry"]["cost_source"]) for name, run in runs.items()}
    assert costs["your-fine-tuned-model"] == (None, None)
    for name in ("openai/gpt-4", "anthropic/claude-3-opus"):
        assert costs[name][0] > 0
        assert costs[name][1].startswith("genai-prices ")
    written = json.dumps(runs) + "".join(
        path.read_text(errors="replace") for path in (tmp_path / "runs").rglob("*") if path.is_file()
    )
    assert SECRET not in written + done.stdout + done.stderr
    assert OTHER_SECRET not in written + done.stdout + done.stderr
