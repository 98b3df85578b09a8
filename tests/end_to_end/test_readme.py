"""What the README and the docs tell people to type is there."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import click
import pytest

from benchkit.commands import COMMANDS, find_command
from tests.support import ROOT, Bench

PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
TYPED = [
    line for page in PAGES for line in re.findall(r"^    \./(\S+\.py.*)$", page.read_text(), re.MULTILINE)
]
BENCH_LINES = [line for line in TYPED if line.startswith("bench_runner.py")]
SCRIPT_LINES = [line for line in TYPED if not line.startswith("bench_runner.py")]


@pytest.mark.parametrize("line", BENCH_LINES)
def test_every_command_line_is_understood(line: str) -> None:
    """Each call on these pages names a command and flags that exist."""
    _, *words = shlex.split(line, comments=True)
    name, command, arguments = find_command(words)
    context = command.make_context(name, list(arguments))
    if isinstance(command, click.Group):
        _, found, rest = command.resolve_command(context, [*context._protected_args, *context.args])
        assert found is not None
        found.make_context(name, rest, parent=context)


@pytest.mark.parametrize("line", SCRIPT_LINES)
def test_every_script_line_is_understood(line: str) -> None:
    """Each call of a script on these pages has flags that exist."""
    script, *words = shlex.split(line, comments=True)
    import_module(script.removesuffix(".py")).command.make_context(script, words)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_leads_to_a_file(page: Path) -> None:
    """Links between the pages, and to files of the repository."""
    links = re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text())
    assert [link for link in links if not (page.parent / link).exists()] == []


def test_every_page_is_in_the_readme() -> None:
    """A page that nobody is led to is not read."""
    readme = (ROOT / "README.md").read_text()
    assert [page.name for page in PAGES[2:] if f"(docs/{page.name})" not in readme] == []


def test_every_command_has_its_own_help(bench: Bench) -> None:
    """The help names every command, and each of them answers to --help."""
    told = bench("--help").stdout
    for name in COMMANDS:
        assert f"  {name} " in told
        assert bench(name, "--help").returncode == 0


def test_doctor_tells_what_is_here_and_what_to_do(bench: Bench) -> None:
    """The engine that comes with the tool is there; whatever is missing comes with the next step."""
    done = bench("doctor", "--json")
    assert done.returncode == 0, done.stderr
    findings = json.loads(done.stdout)
    by_name = {(one["area"], one["what"]): one for one in findings}
    assert by_name["servers", "xllamacpp"]["state"] == "ok"
    assert {one["area"] for one in findings} == {
        "machine",
        "servers",
        "sandbox",
        "toolchains",
        "quality",
        "judge",
        "problem sets",
        "disk",
    }
    assert all(one["advice"] for one in findings if one["state"] == "missing")


def test_an_older_python_is_told_so() -> None:
    """The scripts' first lines are plain enough that any Python 3 gets as far as saying what is wrong."""
    program = (
        "import ast, sys; [ast.parse(open(name).read(), feature_version=(3, 7)) for name in sys.argv[1:]]"
    )
    names = [
        ROOT / "bench_runner.py",
        ROOT / "benchkit" / "environment.py",
        ROOT / "benchkit" / "__init__.py",
    ]
    subprocess.run([sys.executable, "-c", program, *map(str, names)], check=True)
