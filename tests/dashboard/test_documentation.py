"""docs/page.md tells what the page has, and its commands do what it says."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner

from benchkit.commands import find_command
from benchkit.commands.dashboard import history_of_environment
from benchkit.dashboard.pages.rendering import MENU, TEMPLATES
from benchkit.env_file import read_env_file
from tests.support import ROOT
from tests.telling.comparison.nights import a_history, a_run

PAGE = (ROOT / "docs" / "page.md").read_text(encoding="utf-8")


def test_every_page_of_the_menu_and_every_key_is_told() -> None:
    rows = re.findall(r"^\| (\w+) \|", PAGE.partition("## Why did")[0], re.MULTILINE)
    assert rows == ["page", *(title for _, title in MENU)]
    keys = set(re.findall(r"<kbd>([a-zA-Z/?])</kbd>", (TEMPLATES / "base.html").read_text()))
    assert keys == set(re.findall(r"`([a-zA-Z/?])`", PAGE.partition("| key |")[2].partition("##")[0]))
    assert f"`1` … `{len(MENU)}`" in PAGE


def test_every_option_is_one_of_the_command() -> None:
    _, command, _ = find_command(["dashboard"])
    known = {name for option in command.params for name in option.opts}
    told = set(re.findall(r"`(--[a-z-]+)", PAGE))
    assert told
    assert told <= known


def test_an_old_table_is_opened_as_the_page_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The three commands one after the other, in a folder with a history."""
    block = PAGE.partition("## Can I look at an old table?")[2].partition("Where no")[0]
    report, env, dashboard = re.findall(r"^    (.*?)(?:\s+#.*)?$", block, re.MULTILINE)
    monkeypatch.chdir(tmp_path)
    for variable in ("BENCH_ENV_FILE", "results_path"):
        monkeypatch.setenv(variable, "what is set here is undone")
        monkeypatch.delenv(variable)
    a_history(tmp_path, a_run("Alpha"))
    name, command, words = find_command(shlex.split(report)[1:])
    assert CliRunner().invoke(command, words, prog_name=name, standalone_mode=False).exit_code == 0
    line, file = re.findall(r"echo '(.*)' >> (\S+)", env)[0]
    Path(file).write_text(f"{line}\n")
    assert read_env_file() == []
    assert shlex.split(dashboard) == ["./bench_runner.py", "dashboard"]
    with find_command(["dashboard"])[1].make_context("dashboard", []):
        assert history_of_environment() == "csv://old.csv"
