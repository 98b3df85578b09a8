"""Command lines: no shell unless asked for, and then none that reads a value as a command."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from benchkit.errors import UsageError
from benchkit.running.command_line import find_script, shell_script
from tests.support import F16, Bench, runs_in

WICKED = """a b'c"d$(touch wicked)`touch wicked`;touch wicked;*\\"""
VALUES = {"model": WICKED, "base_url": "http://h/v1", "gpu_layers": "999"}


@pytest.mark.parametrize(
    ("text", "printed"),
    [
        ("printf '%s|' {model}", f"{WICKED}|"),
        ("printf '%s|' \"m={model}\"", f"m={WICKED}|"),
        ("printf '%s|' 'm={model}'", f"m={WICKED}|"),
        ("printf '%s|' \"it's {model}\" 'say \"{model}\"'", f'it\'s {WICKED}|say "{WICKED}"|'),
        ("printf '%s|' \"\\\"{model}\\\"\" '\\' {model}", f'"{WICKED}"|\\|{WICKED}|'),
        ("X={model}; printf '%s|' \"$X\" {gpu_layers} | cat", f"{WICKED}|999|"),
    ],
)
def test_the_shell_never_reads_a_value(text: str, printed: str, tmp_path: Path) -> None:
    """However the text quotes a placeholder, a model's name arrives as it is and nothing in it is run."""
    command = shell_script(text).command(VALUES, ())
    ran = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=True)
    assert ran.stdout == printed
    assert list(tmp_path.iterdir()) == []


def test_a_substitution_in_quotes_runs_nothing_of_a_value(tmp_path: Path) -> None:
    """Where a shell splits the value again, its words are still no commands."""
    command = shell_script('echo "$(echo {model} {base_url})"').command(VALUES, ())
    ran = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=True)
    assert ran.stdout.endswith(" http://h/v1\n")
    assert list(tmp_path.iterdir()) == []


def test_further_flags_follow_the_text(tmp_path: Path) -> None:
    """Flags that are not the runner's stand at the text's end, each one word."""
    command = shell_script("printf '%s|' {gpu_layers}").command(VALUES, ("--x y", "$(touch wicked)"))
    ran = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=True)
    assert ran.stdout == "999|--x y|$(touch wicked)|"
    assert list(tmp_path.iterdir()) == []


def test_without_it_there_is_no_shell() -> None:
    """Pipes, variables and semicolons are plain words; a value is one word, whatever is in it."""
    script = find_script("echo {model} | cat ; $HOME `x` {\"a\": 1} '{base_url}/chat'")
    assert script.command(VALUES, ())[1:] == (
        WICKED, "|", "cat", ";", "$HOME", "`x`", "{a:", "1}", "http://h/v1/chat",
    )  # fmt: skip


def test_a_long_line_is_still_one() -> None:
    """A command line longer than any file's name is not taken for one."""
    assert len(find_script("echo " + "x " * 3000).words) == 3001


def test_values_are_filled_in_once() -> None:
    """A model that is called like a placeholder stays called so."""
    assert find_script("echo {model}").command({**VALUES, "model": "{base_url}"}, ())[1:] == ("{base_url}",)


@pytest.mark.parametrize(
    ("text", "advice"), [("echo {max_tokens}", "--max-tokens"), ("echo {model_path}", "--model FILE.gguf")]
)
def test_a_placeholder_without_a_value(text: str, advice: str) -> None:
    """The flag that gives the value is named, with a shell and without."""
    for script in (find_script(text), shell_script(text)):
        with pytest.raises(UsageError, match=advice):
            script.command(VALUES, ())


@pytest.mark.parametrize("text", ["", "   ", "echo 'unclosed"])
def test_a_line_that_is_none(text: str) -> None:
    """An empty command line and one with an open quote are wrong usage."""
    with pytest.raises(UsageError, match="--script"):
        find_script(text)


def test_a_run_through_a_shell(bench: Bench, tmp_path: Path) -> None:
    """--shell runs a pipe, with the values in it, and records what was typed."""
    text = "for n in 1 2; do echo got $n{gpu_layers} {model}; done | tail -1"
    done = bench("--model", F16, "--benchmark", "mine", "--server", "xllamacpp", "--gpu-layers", "5",
                 "--score-pattern", r"got (?P<score>[\d.]+)", "--shell", "--script", text)  # fmt: skip
    assert done.returncode == 0, done.stderr
    (run,) = runs_in(tmp_path)
    assert (run["results"]["score"], run["config"]["script"]) == (25.0, text)


def test_a_shell_without_a_text(bench: Bench) -> None:
    """--shell alone is wrong usage."""
    done = bench("--model", F16, "--benchmark", "demo", "--shell")
    assert done.returncode == 2
    assert "--script" in done.stderr
