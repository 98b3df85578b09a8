"""What a shell completes, and that the version can be asked for."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from benchkit import __version__
from benchkit.commands import COMMANDS, COMPLETING
from tests.support import ROOT, Bench


def test_bash_completes_commands_flags_and_values(bench: Bench, tmp_path: Path) -> None:
    """Its own bash runs the printed function, as after a TAB."""
    (tmp_path / "completion.sh").write_text(bench("completion", "bash").stdout)
    (tmp_path / "bench_runner.py").symlink_to(ROOT / "bench_runner.py")

    def completed(*words: str) -> set[str]:
        script = (
            '. ./completion.sh 2>/dev/null; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1))\n'
            "function=$(complete -p bench_runner.py | sed 's/.*-F \\([^ ]*\\).*/\\1/')\n"
            "$function ./bench_runner.py; printf '%s\\n' \"${COMPREPLY[@]}\""
        )
        command = ["bash", "--norc", "-c", script, "bash", "./bench_runner.py", *words]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
        return set(done.stdout.split())

    assert completed("lea") == {"leaderboard"}
    assert set(COMMANDS) <= completed("")
    assert {"--gpu-layers"} == completed("--gpu")
    assert {"human_eval", "human_eval_plus"} == completed("--benchmark", "human")
    assert {"llama-server", "llama-cpp-python"} == completed("--server", "llama")
    assert {"--baseline", "--baseline-run", "--benchmark"} == completed("compare", "--b")
    assert {"list"} == completed("leaderboard", "li")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_each_shells_function_asks_this_program(bench: Bench, shell: str) -> None:
    """The printed function sets the variable to which the program answers in that shell's form."""
    printed = bench("completion", shell).stdout
    assert f"{COMPLETING}={shell}_complete" in printed
    words = {"COMP_WORDS": "bench_runner.py compare --ma", "COMP_CWORD": "--ma" if shell == "fish" else "2"}
    answer = bench(**{COMPLETING: f"{shell}_complete"}, **words)
    assert answer.returncode == 0
    assert "--margin" in answer.stdout


def test_an_unknown_shell_is_refused(bench: Bench) -> None:
    """The known ones are named."""
    done = bench("completion", "tcsh")
    assert done.returncode == 2
    assert "'bash', 'zsh', 'fish'" in done.stderr


def test_the_version_is_told(bench: Bench) -> None:
    """In one line, for a report of a bug."""
    assert bench("--version").stdout == f"bench_runner.py {__version__}\n"
    assert os.environ.get(COMPLETING) is None
