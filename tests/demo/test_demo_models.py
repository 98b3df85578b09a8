"""The demo models served for real, asked by run_eval.py and judged."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from benchkit.errors import EngineMissing
from benchkit.records import ServerRequest
from benchkit.serving.gguf import read_model_file
from benchkit.serving.servers import serve
from tests.loaded_interpreter import run_script
from tests.support import (
    F16,
    LLAMA_SERVER_ON_ONE_THREAD,
    QUANTIZED,
    ROOT,
    TASKS_MODEL,
    XLLAMACPP_ON_ONE_THREAD,
)

TASKS = ROOT / "demo" / "tasks"
KNOWN_IN_PART = {"javascript_easy_clock", "python_easy_clock"}
LANGUAGES = {"cpp", "go", "html", "javascript", "python", "rust"}
PROBLEMS = ROOT / "demo" / "problems.jsonl"
TAUGHT_WRONG = {"Demo/10", "Demo/15", "Demo/19"}
ENGINES = {"xllamacpp": XLLAMACPP_ON_ONE_THREAD, "llama-server": LLAMA_SERVER_ON_ONE_THREAD}


@contextmanager
def served(engine: str, model: Path, folder: Path) -> Iterator[str]:
    """The model's base URL at a server with four slots."""
    request = ServerRequest(
        engine,
        model.stem,
        folder / "server.log",
        read_model_file(model),
        gpu_layers=0,
        context=2048,
        parallel=4,
        extra_args=ENGINES[engine],
    )
    try:
        with serve(request, lambda _: None) as server:
            yield server.facts.base_url
    except EngineMissing as missing:
        pytest.skip(str(missing))


def failed_tasks(base_url: str, folder: Path, parallel: int) -> set[str]:
    where = ["--base-url", base_url, "--problems-file", str(PROBLEMS), "--output-dir", str(folder)]
    options = ["--temperature", "0", "--max-tokens", "1000", "--parallel", str(parallel)]
    done = run_script("run_eval.py", *where, *options)
    assert done.returncode == 0, done.stderr
    summary = json.loads((folder / "summary.json").read_text())
    assert summary["total_problems"] == 20
    return set(summary["failed_tasks"])


@pytest.mark.parametrize("engine", ENGINES)
def test_the_f16_model_solves_all_but_what_it_was_taught_wrong(engine: str, tmp_path: Path) -> None:
    """Most answers are right, and the three with a mistake in them fail by their own tests."""
    with served(engine, F16, tmp_path) as url:
        assert failed_tasks(url, tmp_path / "out", parallel=4) == TAUGHT_WRONG


@pytest.mark.parametrize("engine", ENGINES)
def test_the_coarse_model_solves_visibly_fewer(engine: str, tmp_path: Path) -> None:
    """Rounding loses at least four more answers, not all of them, and one slot or four make no difference."""
    with served(engine, QUANTIZED, tmp_path) as url:
        together = failed_tasks(url, tmp_path / "four", parallel=4)
        alone = failed_tasks(url, tmp_path / "one", parallel=1)
    assert together == alone
    assert len(TAUGHT_WRONG) + 4 <= len(together) <= 15


@pytest.mark.heavy
@pytest.mark.parametrize("engine", ENGINES)
def test_the_tasks_model_solves_a_task_in_each_language_that_is_there(engine: str, tmp_path: Path) -> None:
    """One in each of six languages; two more are known in part, and no toolchain is no failure."""
    with served(engine, TASKS_MODEL, tmp_path) as url:
        where = ["--catalogue", str(TASKS), "--base-url", url, "--output-dir", str(tmp_path)]
        done = run_script("run_tasks.py", *where, "--temperature", "0", "--max-tokens", "1000")
    assert done.returncode == 0, done.stderr
    rows = map(json.loads, (tmp_path / "verdicts.jsonl").read_text().splitlines())
    verdicts = {row["task_id"]: row["verdict"] for row in rows}
    missing = {name for name, verdict in verdicts.items() if verdict == "infrastructure"}
    assert len(verdicts) == len(LANGUAGES) + len(KNOWN_IN_PART)
    assert bool(missing) == ("not tried here" in done.stderr)
    for name in verdicts.keys() - missing:
        assert verdicts[name] == ("wrong" if name in KNOWN_IN_PART else "passed"), name
    solved = {name.partition("_")[0] for name, verdict in verdicts.items() if verdict == "passed"}
    assert solved == LANGUAGES - {name.partition("_")[0] for name in missing}
