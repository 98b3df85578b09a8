"""--reuse: an answer of an earlier run stands for one to the very same request, marked and without a time."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import run_eval
from benchkit.asking.script.base import Answer
from benchkit.asking.script.usage import UsageTotals
from benchkit.commands.cache import command as cache
from benchkit.contract import Variable
from benchkit.errors import UsageError
from tests.stand_ins.chat_server import ChatServer, Turn, chat_server
from tests.support import ROOT

TASKS = 3


def _answer(turn: Turn) -> None:
    turn.answer("no code", usage={"prompt_tokens": 10, "completion_tokens": 100, "cost": 0.5})


@pytest.fixture
def server() -> Iterator[ChatServer]:
    """A model behind an address; `bodies` is what it was asked."""
    with chat_server(_answer) as started:
        yield started


def _run(server: ChatServer, runs: Path, name: str, *flags: str, reuse: bool = True) -> int:
    """run_eval.py in this process, into a folder of its own; how much it asked."""
    before = len(server.bodies)
    words = [
        "--base-url",
        server.base_url,
        "--model",
        "m",
        "--output-dir",
        str(runs / name),
        "--workers",
        "1",
    ]
    problems = ["--problems-file", str(ROOT / "demo" / "problems.jsonl"), "--limit", str(TASKS)]
    words += ["--reuse", str(runs)] if reuse else []
    run_eval.command.main([*words, *problems, *flags], "run_eval.py", standalone_mode=False)
    return len(server.bodies) - before


def _rows(runs: Path, name: str, file: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (runs / name / file).read_text().splitlines()]


def test_nothing_is_asked_twice_and_what_was_taken_is_marked(server: ChatServer, tmp_path: Path) -> None:
    """Verdicts and tokens are there, the speeds are not; a limit counts nothing that was paid before."""
    assert _run(server, tmp_path, "first") == TASKS
    assert _run(server, tmp_path, "second", "--max-cost", "0.001", "--price", "1,1") == 0
    assert {row["reused"] for row in _rows(tmp_path, "second", "verdicts.jsonl")} == {"first"}
    summary = json.loads((tmp_path / "second" / "summary.json").read_text())
    assert (summary["reused_answers"], summary["completion_tokens"], summary["cost"]) == (TASKS, 300, 1.5)
    speeds = ("tokens_per_second", "prompt_tokens_per_second", "time_to_first_token_s")
    assert [summary[name] for name in speeds] == [None] * 3
    assert "reused_answers" not in json.loads((tmp_path / "first" / "summary.json").read_text())


def test_a_folder_that_is_not_there_is_told(server: ChatServer, tmp_path: Path) -> None:
    """Before anything is asked."""
    with pytest.raises(UsageError, match=r"--reuse .*nowhere: there is no such folder"):
        _run(server, tmp_path, "first", "--reuse", str(tmp_path / "nowhere"), reuse=False)
    assert server.bodies == []


def test_without_the_flag_all_is_asked(server: ChatServer, tmp_path: Path) -> None:
    """Never by default."""
    assert _run(server, tmp_path, "first", reuse=False) == TASKS
    assert _run(server, tmp_path, "second", reuse=False) == TASKS


@pytest.mark.parametrize(
    "damage",
    [
        {"response": None}, {"response": 5}, {"request": ["x"]}, {"started": "yesterday"},
        {"completion_tokens": "many"}, {"cost": 1e999}, {"completion_tokens": 10**400}, {"server": [1]},
        {"reasoning": 7},
    ],
)  # fmt: skip
def test_a_damaged_answer_is_asked_for_again(
    server: ChatServer, tmp_path: Path, damage: dict[str, Any]
) -> None:
    """It is neither taken for an empty answer nor the end of the run; the others are taken."""
    _run(server, tmp_path, "first")
    path = tmp_path / "first" / "answers.jsonl"
    first, *others = _rows(tmp_path, "first", "answers.jsonl")
    path.write_text("".join(json.dumps(row) + "\n" for row in (first | damage, *others)))
    assert _run(server, tmp_path, "second") == 1
    assert len(_rows(tmp_path, "second", "verdicts.jsonl")) == TASKS
    cache.main(["stats", "--runs-dir", str(tmp_path)], "cache", standalone_mode=False)


def test_a_journal_that_is_no_file_is_passed_over(server: ChatServer, tmp_path: Path) -> None:
    """A pipe into which nobody writes is not waited for."""
    _run(server, tmp_path, "first")
    (tmp_path / "first" / "answers.jsonl").unlink()
    os.mkfifo(tmp_path / "first" / "answers.jsonl")
    assert _run(server, tmp_path, "second") == TASKS


def test_further_samples_cost_only_what_is_new(server: ChatServer, tmp_path: Path) -> None:
    """The earlier samples keep their numbers, also through a run that took them itself."""
    sampled = ("--temperature", "0.5", "--seed", "1")
    assert _run(server, tmp_path, "a", *sampled) == TASKS
    assert _run(server, tmp_path, "b", *sampled, "--samples-per-problem", "3") == 2 * TASKS
    (tmp_path / "a" / "answers.jsonl").unlink()
    assert _run(server, tmp_path, "c", *sampled, "--samples-per-problem", "4") == TASKS
    origins = {(row["sample"], row.get("reused")) for row in _rows(tmp_path, "c", "answers.jsonl")}
    assert origins == {(0, "a"), (1, "b"), (2, "b"), (3, None)}


@pytest.mark.parametrize(
    "flags",
    [
        ("--model", "other"),
        ("--temperature", "0.1"),
        ("--max-tokens", "50"),
        ("--seed", "3"),
        ("--prompt", "evalplus"),
        ("--extra-body", '{"top_k": 5}'),
        ("--stop", "x"),
    ],
    ids=lambda flags: flags[0],
)
def test_any_other_request_is_asked(flags: tuple[str, str], server: ChatServer, tmp_path: Path) -> None:
    """Model, sampling, prompt: the whole of it must be equal."""
    _run(server, tmp_path, "first")
    assert _run(server, tmp_path, "second", *flags) == TASKS


def test_another_address_is_another_endpoint_but_a_file_is_its_content(
    server: ChatServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A served file may be at another port each time; served otherwise it may answer otherwise."""
    _run(server, tmp_path, "first")
    with chat_server(_answer) as elsewhere:
        assert _run(elsewhere, tmp_path, "second") == TASKS
        monkeypatch.setenv(Variable.MODEL_SHA256, "ab" * 32)
        monkeypatch.setenv(Variable.SERVER, "one")
        assert _run(server, tmp_path, "third") == TASKS
        assert _run(elsewhere, tmp_path, "fourth") == 0
        monkeypatch.setenv(Variable.SERVER, "other")
        assert _run(elsewhere, tmp_path, "fifth") == TASKS


def test_the_cache_is_counted_and_cleared(
    server: ChatServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Cleared answers are not taken again; their runs keep them."""
    _run(server, tmp_path, "first")
    (tmp_path / "first" / "answers.jsonl").open("a").write('{"request": "cut of')
    capsys.readouterr()
    for words in (["stats"], ["clear"], ["stats"]):
        cache.main([*words, "--runs-dir", str(tmp_path)], "cache", standalone_mode=False)
    told = capsys.readouterr().out.splitlines()
    assert told[1] == f"{TASKS} requests whose answers --reuse takes"
    assert told[-2:] == [
        "0 requests whose answers --reuse takes",
        f"{TASKS} answers were cleared and are not taken",
    ]
    assert _run(server, tmp_path, "second") == TASKS
    assert len(_rows(tmp_path, "second", "answers.jsonl")) == TASKS


def test_speeds_are_those_of_the_new_answers_alone() -> None:
    """Tokens of taken answers are counted, and no second is theirs."""
    usage = UsageTotals()
    usage.add(Answer(response="x", completion_tokens=1000, prompt_tokens=1, started=5.0, reused="r"))
    usage.add(Answer(response="x", completion_tokens=40, prompt_tokens=1, started=10.0, seconds=2.0))
    told = usage.as_record()
    assert (told["completion_tokens"], told["tokens_per_second"], told["reused_answers"]) == (1040, 20.0, 1)


@pytest.mark.parametrize("word", ["stats", "clear"])
def test_a_folder_that_is_not_there_is_named(word: str, tmp_path: Path) -> None:
    """No answers in a folder that was mistyped would look like none to take."""
    with pytest.raises(UsageError, match=r"there is no folder .*: name the one with the runs"):
        cache.main([word, "--runs-dir", str(tmp_path / "none")], "cache", standalone_mode=False)


def test_where_nobody_may_write_clearing_says_so(tmp_path: Path) -> None:
    """It names the folder, and no file that is only there for a moment."""
    (tmp_path / ".answers-cleared.json").mkdir()
    with pytest.raises(UsageError, match=f"answers in {tmp_path} cannot be cleared: "):
        cache.main(["clear", "--runs-dir", str(tmp_path)], "cache", standalone_mode=False)
