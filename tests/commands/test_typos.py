"""A flag that is nearly one of the runner's is told as such, and given to the script where that is meant."""

from __future__ import annotations

from pathlib import Path

import click
import pytest

import evaluate_lcb
import run_eval
import run_lcb
from benchkit.commands.batch import command as batch
from benchkit.commands.run import command as run
from benchkit.commands.typos import flags_of, is_near
from tests.support import F16, Bench

DEMO = ("--model", F16, "--benchmark", "demo", "--dry-run")


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("--gpu-layer", "--gpu-layers"),
        ("--servr", "--server"),
        ("--timout", "--timeout"),
        ("--gpu_layers", "--gpu-layers"),
        ("--paralell", "--parallel"),
        ("--tempreature", "--temperature"),
        ("--strat-timout", "--start-timeout"),
        ("--max-token=40", "--max-tokens"),
        ("--benchmak", "--benchmark"),
    ],
)
def test_a_slip_is_told_before_anything_starts(bench: Bench, typed: str, meant: str) -> None:
    """One line names both flags and the way to the script; also where a needed flag is missing for it."""
    done = bench(*DEMO[:2] if "bench" in typed else DEMO, typed, "40")
    assert done.returncode == 2
    assert f"no flag {typed.partition('=')[0]}: did you mean {meant}?" in done.stderr
    assert f"-- {typed.partition('=')[0]}" in done.stderr
    assert done.stderr.count("\n") == 1


def test_behind_the_dashes_it_is_the_scripts(bench: Bench) -> None:
    """There a script may have what flags it likes."""
    done = bench(*DEMO, "--script", "echo", "--parser", "lcb", "--", "--gpu-layer", "40")
    assert done.returncode == 0, done.stderr
    assert "--gpu-layer 40" in done.stdout


def test_a_batch_tells_slips_in_its_own_flags_and_in_the_runs(bench: Bench, tmp_path: Path) -> None:
    """Neither is given to every script of a whole night; behind the dashes both are."""
    night = ("batch", "--models", F16, "--benchmarks", "demo")
    assert "did you mean --retry-failed?" in bench(*night, "--retry-faild").stderr
    assert "did you mean --gpu-layers?" in bench(*night, "--gpu-layer", "3").stderr
    behind = bench(*night, "--", "--gpu-layer", "3", XDG_CACHE_HOME=str(tmp_path))
    assert "No such option '--gpu-layer'" in behind.stderr  # says run_eval.py, which was given it


@pytest.mark.parametrize("script", [run_eval, run_lcb, evaluate_lcb], ids=lambda module: module.__name__)
def test_no_flag_of_our_scripts_is_taken_for_a_slip(script: object) -> None:
    """They are passed on as before: --stall-timeout, --mode, --stop and the others."""
    command = next(one for one in vars(script).values() if isinstance(one, click.Command))
    theirs = set(flags_of(command)) - set(flags_of(run))
    assert len(theirs) > 5
    assert {(one, ours) for one in theirs for ours in flags_of(run) if is_near(one, ours)} == set()


def test_no_flag_of_a_run_is_taken_for_a_slip_in_a_batch() -> None:
    """But for --model and --benchmark, which a batch has in the plural alone."""
    near = {one for one in flags_of(run) for known in flags_of(batch) if is_near(one, known)}
    assert near == {"--model", "--benchmark"}
