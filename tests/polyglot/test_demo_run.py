"""Ten exercises of the pinned commit, from one command to the table of two tries."""

from __future__ import annotations

import tarfile
from pathlib import Path

import pytest

from benchkit.asking.tasks import Task, load_catalogue
from benchkit.judging.tasks.toolchains import find_toolchains
from tests.polyglot.exercises import answer
from tests.stand_ins.chat_server import Turn, chat_server
from tests.support import ROOT, Bench, runs_in

pytestmark = pytest.mark.heavy
AT_FIRST = ("cpp/diamond", "go/alphametics", "javascript/bowling", "python/affine-cipher", "rust/acronym")
LATER = ("cpp/knapsack", "go/beer-song", "javascript/grep", "python/book-store", "rust/bowling")


@pytest.fixture
def tasks(shared_data: Path, tmp_path: Path) -> dict[str, Task]:
    """All exercises of the checkout that is unpacked into `checkout`."""
    archive = shared_data / "polyglot" / "polyglot-benchmark-7e0611e-without-java.tar.xz"
    if not archive.exists():
        pytest.skip(f"no {archive}")
    if missing := find_toolchains(["cpp", "go", "javascript", "rust"]).missing():
        pytest.skip(f"{missing[0]} is not installed: bench_runner.py doctor says what brings it")
    with tarfile.open(archive) as tar:
        tar.extractall(tmp_path / "checkout", filter="data")
    return {task.id: task for task in load_catalogue(tmp_path / "checkout").problems}


def test_ten_exercises_in_two_tries(tasks: dict[str, Task], bench: Bench, tmp_path: Path) -> None:
    """A stand-in answers from the examples, half of them only after it has seen what the tests printed."""
    by_title = {f"{tasks[name].title} ({tasks[name].language.title})": name for name in (*AT_FIRST, *LATER)}

    def reply(turn: Turn) -> None:
        if not turn.body.get("stream"):
            said = {"message": {"role": "assistant", "content": "yes"}, "finish_reason": "stop"}
            return turn.status(200, {"choices": [said], "usage": {"completion_tokens": 1}})
        messages = turn.body["messages"]
        asked = str(messages[0]["content"])
        name = next(name for title, name in by_title.items() if asked.startswith(title))
        knows = name in AT_FIRST or len(messages) > 1
        files = tasks[name].reference if knows else tasks[name].workspace
        return turn.answer(
            answer({path: files[path].decode() for path in tasks[name].editable if path in files})
        )

    chosen = [word for name in by_title.values() for word in ("--task", name)]
    with chat_server(reply) as server:
        where = ("--base-url", server.base_url, "--name", "stand-in")
        done = bench(*where, "--benchmark", "polyglot", "--problems-file", tmp_path / "checkout", *chosen)
    assert done.returncode == 0, done.stderr
    said = done.stdout
    page = (ROOT / "docs" / "polyglot.md").read_text()
    block = page[page.index("As aider counts: 10 of") :].partition("```")[0]
    told = [line for line in block.splitlines() if "seconds_per_case" not in line]
    assert not [line for line in told if line not in said.splitlines()]
    assert "As aider counts: 10 of 225 exercises" in said
    assert "pass_rate_1: 50.0" in said
    assert "pass_rate_2: 100.0" in said
    for language in ("cpp", "go", "javascript", "python", "rust"):
        assert f"{language}: 2 exercises, pass_rate_1 50.0, pass_rate_2 100.0" in said
    (record,) = runs_in(tmp_path)
    assert record["results"]["score"] == 100
    assert record["problem_set"] | {"name": "polyglot", "version": "7e0611e"} == record["problem_set"]
