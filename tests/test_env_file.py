"""A .env in the current folder: what it sets, what wins over it, what is said of a file that is no good."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

import run_eval
from benchkit import terminal
from benchkit.contract import Variable
from benchkit.env_file import read_env_file
from benchkit.errors import UsageError
from benchkit.settings import RunSettings, with_environment
from tests.stand_ins.chat_server import chat_server
from tests.support import ROOT, Bench


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An empty folder, and an environment that is as before when the test has ended."""
    before = dict(os.environ)
    monkeypatch.chdir(tmp_path)
    os.environ.pop(Variable.ENV_FILE, None)
    yield
    os.environ.clear()
    os.environ.update(before)


def test_the_shell_wins_and_the_file_fills_in() -> None:
    """Quotes, comments, `export` and ${…} as python-dotenv reads them; an empty value sets nothing."""
    os.environ["SET_BY_SHELL"] = "shell"
    Path(".env").write_text(
        "SET_BY_SHELL=file\nexport ONE='a # b'\nTWO=c # comment\nTHREE=\"${ONE}!\"\nFOUR=\nFIVE\n# end\n"
    )
    assert read_env_file() == []
    found = {name: os.environ.get(name) for name in ("SET_BY_SHELL", "ONE", "TWO", "THREE", "FOUR", "FIVE")}
    assert found == {
        "SET_BY_SHELL": "shell", "ONE": "a # b", "TWO": "c", "THREE": "a # b!", "FOUR": None, "FIVE": None,
    }  # fmt: skip


def test_a_script_of_the_runner_does_not_read_it_again() -> None:
    """What the runner has read is in the environment already, and its complaints are told once."""
    Path(".env").write_text("not a line\n")
    assert len(read_env_file()) == 1
    assert read_env_file() == []


def test_a_line_that_is_no_variable_is_told_without_its_text(capsys: pytest.CaptureFixture[str]) -> None:
    """The command does its work all the same, and half a key is never printed."""
    Path(".env").write_text("GOOD=1\nsk-secret is my key\n")

    @click.command()
    def command() -> None:
        click.echo(os.environ["GOOD"])

    with pytest.raises(SystemExit) as ended:
        terminal.run_command(command, "name", [])
    told = capsys.readouterr()
    assert (ended.value.code, told.out) == (0, "1\n")
    assert told.err == f"name: {Path('.env').absolute()}, line 2 is passed over: write it as NAME=value\n"


@pytest.mark.parametrize("content", [b"\xff\xfeA=1", None])
def test_a_file_that_cannot_be_read_is_told(content: bytes | None) -> None:
    """Not UTF-8, or not ours to read."""
    Path(".env").write_bytes(content or b"A=1")
    if content is None:
        if os.geteuid() == 0:
            pytest.skip("root may read everything")
        Path(".env").chmod(0)
    (line,) = read_env_file()
    assert "is not read: " in line


def test_runner_and_script_take_their_defaults_from_it(bench: Bench, tmp_path: Path) -> None:
    """DEFAULT_TEMPERATURE and DEFAULT_MODEL stand for what nobody typed; what is typed wins."""
    model = tmp_path / "m.gguf"
    model.symlink_to(ROOT / "demo" / "demo-q2_k.gguf")
    (tmp_path / ".env").write_text(f"DEFAULT_TEMPERATURE=0.3\nDEFAULT_MODEL={model}\n")
    shown = bench("--benchmark", "demo", "--dry-run").stdout
    assert "--temperature 0.3" in shown
    assert "demo on m\n" in shown
    assert "--temperature 0.5" in bench("--benchmark", "demo", "--dry-run", "--temperature", "0.5").stdout


def test_a_script_by_hand_asks_the_default_model(capsys: pytest.CaptureFixture[str]) -> None:
    """At its provider; where an address is named, the only model there is meant."""
    os.environ.update(DEFAULT_MODEL="openrouter/a/b", OPENROUTER_API_KEY="")
    words = ["--problems-file", str(ROOT / "demo" / "problems.jsonl"), "--output-dir", "o", "--limit", "1"]
    with pytest.raises(UsageError, match="OpenRouter needs a key: set OPENROUTER_API_KEY"):
        run_eval.command.main(words, "run_eval.py", standalone_mode=False)
    with chat_server(lambda turn: turn.answer("no code")) as server:
        run_eval.command.main([*words, "--base-url", server.base_url], "run_eval.py", standalone_mode=False)
    assert "1 question to stand-in" in capsys.readouterr().err


@pytest.mark.parametrize("value", ["warm", "-1", "nan"])
def test_a_default_that_is_none_is_refused_by_name(value: str) -> None:
    """One line names the variable and what it takes."""
    os.environ["DEFAULT_TEMPERATURE"] = value
    said = rf"^DEFAULT_TEMPERATURE={value}: it is not a number from 0$"
    with pytest.raises(UsageError, match=said):
        with_environment(RunSettings())
    with pytest.raises(UsageError, match=said):
        run_eval.command.main(["--dry-run"], "run_eval.py", standalone_mode=False)


def test_the_example_names_what_is_read() -> None:
    """.env.example is a .env of these names, and no key is in it."""
    names = [line.split("=")[0] for line in (ROOT / ".env.example").read_text().splitlines() if "=" in line]
    ours = ["OPENROUTER_API_KEY", "DEFAULT_MODEL", "DEFAULT_TEMPERATURE", "LMSTUDIO_BASE_URL", "results_path"]
    assert names == ours
    assert ".env" in (ROOT / ".gitignore").read_text().splitlines()
