"""Single facts of a run, and the command that makes it again."""

from __future__ import annotations

import shlex
from dataclasses import replace
from pathlib import Path

import pytest

from benchkit.commands.run import _settings
from benchkit.commands.run import command as run_command
from benchkit.masking import Mask
from benchkit.rerun import command_of_run
from benchkit.running.plan import plan_run
from benchkit.running.runner.record import Findings, as_run
from benchkit.settings import RunSettings
from benchkit.telling.comparison import facts
from benchkit.telling.history.adding import runs_in
from tests.telling.comparison.nights import a_run


def asked_with(words: list[str]) -> RunSettings:
    """What these words ask the runner for."""
    options = run_command.make_context("bench_runner.py", list(words)).params
    apart = ("judge", "as_json", "dry_run")
    return _settings({name: value for name, value in options.items() if name not in apart})


@pytest.mark.parametrize(
    "words",
    [
        "--model /m/a.gguf --benchmark human_eval --temperature 0.5 --max-tokens 99 --gpu-layers 7",
        "--model /m/a.gguf --name other --benchmark demo --parallel 1 --server-arg=--no-mmap --timeout 60",
        "--base-url http://127.0.0.1:1/v1 --name theirs --benchmark human_eval -- --limit 3 --timeout 5",
        "--model /m/a.gguf --benchmark mine --script 'echo {model}' --score-pattern '(?P<score>.+)%'",
        "--model /m/a.gguf --benchmark mine --script 'echo {model}' --score-path a.0.b --parallel 2",
        "--model /m/a.gguf --benchmark mine --shell --script 'cat x | wc -l' --parser human_eval",
        "--model /m/a.gguf --benchmark human_eval_plus --parser json --score-path x",
        "--model /m/a.gguf --benchmark demo --strict --restarts 0 --llama-server /b/l --start-timeout 9.5",
    ],
)
def test_the_command_asks_for_the_same_run(words: str) -> None:
    """What it asks for is what was asked for, whatever decides the result: script, parser, names, budgets."""
    asked = asked_with(shlex.split(words))
    run = as_run(plan_run(asked), Findings(), Mask(environment={}))
    program, *again = shlex.split(command_of_run(run))
    assert program == "bench_runner.py"
    assert asked_with(again) == asked


def test_what_was_imported_is_imported_again(tmp_path: Path) -> None:
    """Nobody can serve a results file: the command takes that file in once more."""
    printed = tmp_path / "printed by them.txt"
    printed.write_text(
        "Results: humaneval+ v0.1.10 (sha256 1234567890ab)\n"
        "pass@1: 70.12% (115/164), 95% interval 62.7–76.6\nTime: 123.4 s\nFailed tasks: none\n"
    )
    (run,) = runs_in(printed, "human_eval", "theirs", "M")
    assert shlex.split(command_of_run(run)) == [
        "bench_runner.py", "import", str(printed), "--model", "M", "--parser", "human_eval",
        "--benchmark", "theirs",
    ]  # fmt: skip


def test_a_run_of_ours_from_elsewhere_keeps_its_own_command() -> None:
    """Its origin says where the record came from, not how the run was made."""
    run = a_run("A")
    copied = replace(run, config=replace(run.config, origin="/other/benchmark_results.json"))
    assert command_of_run(copied) == command_of_run(run)


def test_problems_lost_to_the_machine_were_asked_all_the_same() -> None:
    """164 problems of which the server lost two are the same 164."""
    run = a_run("A", total=162, results={"further": {"unjudged": ["HumanEval/1", "HumanEval/2"]}})
    assert facts.asked(run) == 164
    assert facts.asked(a_run("B")) == 164
    assert facts.asked(a_run("C", results={"total_problems": None})) is None


def test_the_command_of_a_name_with_half_a_surrogate_pair_can_be_told() -> None:
    """Such names come from files of others; the command names its bytes, and no page fails for it."""
    run = a_run("x\ud800y")
    assert r"/x\xed\xa0\x80y.gguf'" in command_of_run(run)
    assert command_of_run(run).isascii()
