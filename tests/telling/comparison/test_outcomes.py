"""Which problems a run solved, from whatever it left behind."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchkit.records import Run
from benchkit.statistics import wilson
from benchkit.telling.comparison.outcomes import Outcomes, averaged, matched, outcomes
from benchkit.telling.history import open_store
from tests.telling.comparison.nights import HISTORY, a_run, with_files


def outcomes_of(run: Run, folder: Path) -> Outcomes:
    """What is known of a run whose history lies in this folder."""
    return outcomes(run, open_store(folder / HISTORY))


def test_verdicts_are_read_from_the_runs_folder(tmp_path: Path) -> None:
    """Each problem has the share of its samples that passed; the folder is found beside the history."""
    run = with_files(
        tmp_path, a_run(), [("a", "passed"), ("a", "wrong"), ("b", "passed"), ("c", "truncated")]
    )
    found = outcomes_of(run, tmp_path)
    assert found.shares == {"a": 0.5, "b": 1.0, "c": 0.0}
    assert found.counts == {"passed": 2, "wrong": 1, "truncated": 1}


def test_infrastructure_is_not_the_models_fault(tmp_path: Path) -> None:
    """A problem that the server lost is not among those that are compared, but it is counted."""
    run = with_files(tmp_path, a_run(), [("a", "passed"), ("b", "infrastructure")])
    found = outcomes_of(run, tmp_path)
    assert found.shares == {"a": 1.0}
    assert found.counts["infrastructure"] == 1


def test_broken_lines_of_verdicts_are_passed_over(tmp_path: Path) -> None:
    """Half a line, as a crash leaves it, costs that line alone."""
    run = with_files(tmp_path, a_run(), [("a", "passed")])
    file = tmp_path / "runs" / run.id / "verdicts.jsonl"
    file.write_text(file.read_text() + '{"task_id": "b", "verd\n[1]\n')
    assert outcomes_of(run, tmp_path).shares == {"a": 1.0}


def test_failed_tasks_tell_the_rest_where_the_numbers_agree(tmp_path: Path) -> None:
    """164 problems, 3 failed, 161 passed: all others were solved."""
    found = outcomes_of(a_run(failed=[1, 2, 3]), tmp_path)
    assert found.shares is not None
    assert (sorted(found.shares), found.unlisted) == (["HumanEval/1", "HumanEval/2", "HumanEval/3"], 161)
    assert found.interval == pytest.approx(wilson(161, 164))


def test_failed_tasks_are_not_trusted_where_they_do_not_add_up(tmp_path: Path) -> None:
    """100 of 164 passed and 3 failed tasks named: which problems were solved is not known, how many is."""
    found = outcomes_of(a_run(failed=[1, 2, 3], results={"total_passed": 100}), tmp_path)
    assert found.shares is None
    assert found.interval == pytest.approx(wilson(100, 164))


def test_score_without_totals_has_no_interval(tmp_path: Path) -> None:
    """A bare score stays a bare score."""
    found = outcomes_of(a_run(results={"total_passed": None, "total_problems": None}), tmp_path)
    assert (found.score, found.interval, found.shares) == (100.0, None, None)


def test_nan_and_nonsense_are_unknown(tmp_path: Path) -> None:
    """NaN, texts and more passes than problems are taken as unknown, never as numbers."""
    odd = {"score": float("nan"), "total_passed": 200, "total_problems": 164, "counts": {"wrong": "many"}}
    found = outcomes_of(a_run(results=odd), tmp_path)
    assert (found.score, found.passed, found.total, found.counts) == (None, None, None, {})
    assert outcomes_of(a_run(results={"total_problems": 1e308}), tmp_path).total is None


def test_one_run_names_all_and_the_other_only_failures(tmp_path: Path) -> None:
    """The two are matched on the problems that both were asked."""
    listed = with_files(tmp_path, a_run("A"), [(f"HumanEval/{n}", "passed") for n in range(164)])
    found = matched(
        outcomes_of(listed, tmp_path),
        outcomes_of(a_run("B", failed=[3, 4]), tmp_path),
    )
    assert found is not None
    assert (sum(found[0]), sum(found[1]), len(found[0])) == (164, 162, 164)


def test_problems_of_other_names_are_not_paired(tmp_path: Path) -> None:
    """Where no name is in common nothing is paired, rather than everything taken for solved."""
    listed = with_files(tmp_path, a_run("A"), [(f"task {n}", "passed") for n in range(164)])
    assert (
        matched(
            outcomes_of(listed, tmp_path),
            outcomes_of(a_run("B", failed=[3]), tmp_path),
        )
        is None
    )


def test_repeated_runs_are_averaged_per_problem(tmp_path: Path) -> None:
    """Two runs, one problem solved once: half a problem each, not 328 problems."""
    one, other = (
        outcomes_of(a_run(failed=[1, 2]), tmp_path),
        outcomes_of(a_run(failed=[2]), tmp_path),
    )
    found = averaged([one, other])
    assert found.shares == {"HumanEval/1": 0.5, "HumanEval/2": 0.0}
    assert (found.unlisted, found.total) == (162, 164)
    assert found.score == pytest.approx(100 * (162 + 163) / 2 / 164)


def test_repeated_runs_that_lost_other_problems_are_averaged(tmp_path: Path) -> None:
    """Each problem by the runs in which it was judged, also where one run lost one."""
    whole = with_files(tmp_path, a_run(id="1", total=2), [("a", "passed"), ("b", "passed")])
    less = with_files(tmp_path, a_run(id="2", total=1), [("a", "wrong"), ("b", "infrastructure")])
    assert averaged([outcomes_of(whole, tmp_path), outcomes_of(less, tmp_path)]).shares == {
        "a": 0.5,
        "b": 1.0,
    }


def test_solved_of_repeated_runs_is_their_mean(tmp_path: Path) -> None:
    """Beside an averaged score the newest run's count would be another number."""
    several = [outcomes_of(a_run(failed=range(n)), tmp_path) for n in (10, 20, 30)]
    assert averaged(several).passed == 144


@pytest.mark.parametrize("artifacts", [{"folder": "x"}, "x" * 5000, "a\0b"])
def test_artifacts_that_are_no_folder_are_none(tmp_path: Path, artifacts: object) -> None:
    """What an older or a foreign record has there costs the verdicts, not the run."""
    run = a_run(failed=[1], artifacts=artifacts)
    assert outcomes_of(run, tmp_path).passed == 163
