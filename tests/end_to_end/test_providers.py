"""Each provider by its name, from each way in: bench_runner.py, a plan, a folder of JSON, run_tasks.py."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

from benchkit.providers import PROVIDERS
from benchkit.rerun import command_of_run
from benchkit.telling.history import open_store
from tests.loaded_interpreter import run_script
from tests.running.batch.test_providers import SPECIFIED
from tests.stand_ins import anthropic
from tests.stand_ins.chat_server import ChatServer, Turn
from tests.stand_ins.provider import MANNERS, Script, never, provider
from tests.support import ROOT, Bench, runs_in

PROBLEMS = [json.loads(line) for line in (ROOT / "demo" / "problems.jsonl").read_text().splitlines()]
CATALOGUE, TASK = ROOT / "demo" / "tasks", "python_easy_clamp"
SOME = ("openai", "anthropic")
OTHERS = tuple(name for name in PROVIDERS if name not in SOME)
SETS = [SOME, pytest.param(OTHERS, marks=pytest.mark.heavy)]
HASTE = ("--limit", "2")


@pytest.fixture(autouse=True)
def a_cache_of_its_own(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """One batch at a time holds a machine's cache folder; tests run side by side."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))


def solve(question: str) -> str:
    """The known answer to a demo problem, or to the demo task."""
    for problem in PROBLEMS:
        if problem["prompt"].strip() in question:
            return f"```python\n{problem['prompt']}{problem['canonical_solution']}```"
    return f"clamp.py\n```\n{(CATALOGUE / TASK / 'solution' / 'clamp.py').read_text()}```"


def key_of(name: str) -> str:
    return f"key-of-{name}-Zq7"


def model_of(name: str) -> str:
    models = anthropic.MODELS if name == "anthropic" else MANNERS[name].models
    return models[0].removeprefix("models/")


@contextmanager
def stand_ins(names: Sequence[str], script: Script = never) -> Iterator[dict[str, ChatServer]]:
    with ExitStack() as stack:
        yield {
            name: stack.enter_context(provider(name, solve, key=key_of(name), script=script))
            for name in names
        }


def environment(servers: Mapping[str, ChatServer]) -> dict[str, str]:
    """Each provider's own variables: where it is, and its key."""
    found = {PROVIDERS[name].url_from: server.base_url for name, server in servers.items()}
    return found | {PROVIDERS[name].key_variable: key_of(name) for name in servers}


def keys_sent(server: ChatServer) -> set[str | None]:
    return {None if sent is None else sent.removeprefix("Bearer ") for sent in server.authorizations}


def scores(folder: Path) -> dict[str, float | None]:
    return {run["model"]: run["results"]["score"] for run in runs_in(folder)}


@pytest.mark.heavy
@pytest.mark.parametrize("name", PROVIDERS)
def test_bench_runner_by_the_models_name(name: str, tmp_path: Path, bench: Bench) -> None:
    """The record names provider and model; the command for running again is that of the person."""
    model = f"{name}/{model_of(name)}"
    with stand_ins([name]) as servers:
        done = bench("--model", model, "--benchmark", "demo", "--", *HASTE, **environment(servers))
    assert done.returncode == 0, done.stdout + done.stderr
    run = runs_in(tmp_path)[0]
    assert (run["model"], run["results"]["score"]) == (model, 100)
    assert (run["config"]["provider"], run["server"]["model"]) == (name, model_of(name))
    if name != "anthropic":
        assert keys_sent(servers[name]) == {key_of(name)}
    again = command_of_run(open_store(tmp_path / "benchmark_results.json").runs()[0])
    assert again.startswith(f"bench_runner.py --model {model} --benchmark demo ")


def test_what_a_model_does_not_take_is_in_the_record(tmp_path: Path, bench: Bench) -> None:
    """A temperature that was not sent is null, so that the run is not compared as one at that temperature."""
    asked = ("--model", "openai/o3-mini", "--benchmark", "demo", "--temperature", "0.5", "--limit", "1")
    with stand_ins(["openai"]) as servers:
        done = bench(*asked, **environment(servers))
    assert done.returncode == 0, done.stdout + done.stderr
    run = runs_in(tmp_path)[0]
    assert (run["config"]["temperature"], run["config"]["max_tokens"]) == (None, 1000)
    assert run["results"]["request_changes"] == {
        "temperature": "left out: OpenAI takes none",
        "max_tokens": "sent as max_completion_tokens",
    }


@pytest.mark.parametrize("names", SETS)
def test_a_plan_with_providers(names: Sequence[str], tmp_path: Path, bench: Bench) -> None:
    """`provider:` and `api_key: ${VARIABLE}`, or the prefix in the path; each gets its own key alone."""
    models: list[Any] = [
        {"name": model_of(name), "provider": name, "api_key": f"${{{PROVIDERS[name].key_variable}}}"}
        for name in names[1:]
    ]
    models.append(f"{names[0]}/{model_of(names[0])}")
    plan = {"models": models, "benchmarks": [{"name": "demo", "args": list(HASTE)}]}
    (tmp_path / "plan.yaml").write_text(json.dumps(plan))
    with stand_ins(names) as servers:
        done = bench("batch", "plan.yaml", **environment(servers))
    assert done.returncode == 0, done.stdout + done.stderr
    assert scores(tmp_path) == {f"{name}/{model_of(name)}": 100 for name in names}
    for name in names:
        if name != "anthropic":
            assert keys_sent(servers[name]) == {key_of(name)}


@pytest.mark.heavy
def test_the_plan_of_the_specification_runs(tmp_path: Path, bench: Bench) -> None:
    """Word for word but for the port, which may be taken here; the local model gets nobody's key."""
    with stand_ins(["openai", "anthropic"]) as servers, provider("vllm", solve) as own:
        plan = SPECIFIED.replace("http://localhost:8000", own.base_url.removesuffix("/v1"))
        (tmp_path / "plan.yaml").write_text(plan.replace("your-fine-tuned-model", "model-1"))
        done = bench("batch", "plan.yaml", "--benchmarks", "demo", **environment(servers))
    assert done.returncode == 0, done.stdout + done.stderr
    assert scores(tmp_path) == {"openai/gpt-4": 100, "anthropic/claude-3-opus": 100, "model-1": 100}
    assert keys_sent(own) <= {None, "none"}


@pytest.mark.heavy
def test_a_folder_of_json_files_and_an_endpoint(tmp_path: Path, bench: Bench) -> None:
    """One file a model: a provider's, and one of nobody known at an address without /v1."""
    folder = tmp_path / "models"
    folder.mkdir()
    with stand_ins(["openrouter", "vllm"]) as servers:
        address = servers["vllm"].base_url.removesuffix("/v1")
        given = {"benchmarks": [{"name": "demo", "args": list(HASTE)}]}
        own = {"name": "model-1", "provider": "local", "endpoint": address, "api_key": "${VLLM_API_KEY}"}
        (folder / "own.json").write_text(json.dumps(given | own))
        theirs = {"name": "model-1", "provider": "openrouter"}
        (folder / "theirs.json").write_text(json.dumps(given | theirs))
        done = bench("batch", "models", **environment(servers))
    assert done.returncode == 0, done.stdout + done.stderr
    assert scores(tmp_path) == {"model-1": 100, "openrouter/model-1": 100}


@pytest.mark.parametrize("names", SETS)
def test_run_tasks_asks_models_of_several_providers(names: Sequence[str], tmp_path: Path) -> None:
    models = [f"{name}/{model_of(name)}" for name in names]
    command = [sys.executable, str(ROOT / "run_tasks.py"), "--models", *models, "--tasks", TASK]
    with stand_ins(names) as servers:
        done = subprocess.run(
            [*command, "--catalogue", str(CATALOGUE), "--output-dir", str(tmp_path)],
            env={**os.environ, **environment(servers)},
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("pass@1: 100.00% (1/1)") == len(names)


@pytest.mark.heavy
def test_a_model_of_lm_studio_makes_room_for_itself(
    tmp_path: Path, bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From run_tasks.py and from bench_runner.py: others go first, and its own at the end."""
    program, stand_in = tmp_path / "bin" / "lms", ROOT / "tests" / "stand_ins" / "lms.py"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -S "{stand_in}" "$@"\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")
    monkeypatch.setenv("LMS_HOME", str(tmp_path))
    model = model_of("lmstudio")
    tasks = ["--tasks", TASK, "--catalogue", str(CATALOGUE)]
    with stand_ins(["lmstudio"]) as servers:
        given = environment(servers)

        def run_with_bench_runner() -> subprocess.CompletedProcess[str]:
            return bench("--model", f"lmstudio/{model}", "--benchmark", "demo", "--", *HASTE, **given)

        def run_tasks() -> subprocess.CompletedProcess[str]:
            words = [*tasks, "--models", f"lmstudio/{model}", "--output-dir", str(tmp_path / "tasks")]
            return run_script("run_tasks.py", *words, env=given)

        for ask in (run_with_bench_runner, run_tasks):
            instances = [{"identifier": "theirs", "modelKey": "x"}, {"identifier": model, "modelKey": model}]
            (tmp_path / "loaded.json").write_text(json.dumps(instances))
            done = ask()
            assert done.returncode == 0, done.stdout + done.stderr
            assert "unloaded theirs from LM Studio" in done.stderr
            assert json.loads((tmp_path / "loaded.json").read_text()) == []


BY_ARGUMENTS = """
import json, os, sys
key = os.environ["OPENAI_API_KEY"]
print("the key is", key)
print("score", 100.0 * (key not in " ".join(sys.argv)))
"""


def test_a_key_is_found_nowhere(tmp_path: Path, bench: Bench) -> None:
    """Not where a server repeats it in text, thoughts and errors, nor where a script prints it.

    The first key is in .env and the plan names a variable of the person's own; the second is in the shell.
    """

    def repeat(turn: Turn) -> bool:
        if not turn.body.get("stream"):  # the runner's own question, before the script starts
            return False
        key = (turn.headers["Authorization"] or "").removeprefix("Bearer ")
        match turn.number % 4:
            case 0:
                turn.begin()
                turn.delta(reasoning_content=f"my key is {key[:5]}")
                turn.delta(f"{key[5:]} {key}", reasoning_content=key[5:])
                turn.delta(finish="stop")
                turn.end()
            case 1 if turn.number > 4:
                turn.begin()
                turn.event({"error": {"message": f"{key} is tired", "code": 500}})
                turn.end()
            case 2 if turn.number > 4:
                turn.error(500, f"{key} again")
            case 3:
                turn.error(400, f"{key} for the prompt")
            case _:
                return False
        return True

    (tmp_path / "prints.py").write_text(BY_ARGUMENTS)
    (tmp_path / ".env").write_text(f"MY_OWN={key_of('openrouter')}\n")
    plan = {
        "models": [
            {"name": "model-1", "provider": "openrouter", "api_key": "${MY_OWN}"},
            {"name": "model-1", "provider": "vllm"},
        ],
        "benchmarks": [
            {"name": "demo", "args": ["--limit", "8", "--retries", "0"]},
            {
                "name": "mine",
                "script": "prints.py",
                "parser": "regex",
                "score_pattern": r"score (?P<score>\S+)",
            },
        ],
    }
    (tmp_path / "plan.yaml").write_text(json.dumps(plan))
    with stand_ins(["openrouter", "vllm"], repeat) as servers:
        given = environment(servers)
        del given["OPENROUTER_API_KEY"]
        done = bench("batch", "plan.yaml", **given)
        shown = bench("show", runs_in(tmp_path)[0]["id"], **given)
    written = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    said = f"{done.stdout}{done.stderr}{shown.stdout}{shown.stderr}"
    own = [run["results"]["score"] for run in runs_in(tmp_path) if run["benchmark"] == "mine"]
    assert own == [100.0, 100.0], said
    assert any(b"***" in text for path, text in written.items() if path.name == "answers.jsonl")
    for name in servers:
        found = [path for path, text in written.items() if key_of(name).encode() in text]
        assert found == ([tmp_path / ".env"] if name == "openrouter" else [])
        assert key_of(name) not in said
