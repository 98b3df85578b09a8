"""What verdicts add up to."""

from __future__ import annotations

import pytest

from benchkit.asking.problems.base import Problem, ProblemSet
from benchkit.errors import UsageError
from benchkit.judging.scoring import Judged, Tally, as_text
from benchkit.records import Verdict
from benchkit.statistics import clustered_interval, wilson

SET = ProblemSet(
    "little+",
    "v1",
    "0123456789abcdef" * 4,
    tuple(Problem(f"T/{n}", "", "f", difficulty="easy" if n < 4 else "hard") for n in range(12)),
    faulty={"T/0": "the test is wrong"},
)


def tally(*rows: tuple[int, str] | tuple[int, str, str]) -> Tally:
    counted = Tally(SET)
    found: dict[int, int] = {}
    for task, verdict, *base in rows:
        sample = found[task] = found.get(task, -1) + 1
        base_verdict = Verdict(base[0]) if base else None
        counted.add(
            Judged(f"T/{task}", sample, Verdict(verdict), seconds=task / 10, base_verdict=base_verdict)
        )
    return counted


def test_one_sample_a_problem() -> None:
    """The score is a share in percent with Wilson's interval, and failures are named in the set's order."""
    summary = tally(*((n, "passed" if n % 3 else "wrong") for n in reversed(range(12)))).summary()
    assert (summary["score"], summary["total_passed"], summary["total_problems"]) == (66.6667, 8, 12)
    low, high = wilson(8, 12)
    assert summary["interval"] == [round(100 * low, 4), round(100 * high, 4)]
    assert summary["failed_tasks"] == ["T/0", "T/3", "T/6", "T/9"]
    assert summary["difficulty_scores"] == {"easy": 50.0, "hard": 75.0}
    assert summary["counts"] == {"passed": 8, "wrong": 4}
    assert summary["pass_at_k"] == {"pass@1": 66.6667}
    assert summary["problem_set"] == {"name": "little+", "version": "v1", "sha256": "0123456789abcdef" * 4}
    assert summary["further"]["without_faulty"]["total_passed"] == 8
    assert summary["further"]["without_faulty"]["total_problems"] == 11


def test_several_samples_a_problem() -> None:
    """pass@k is unbiased, its interval clustered by problem, and a k above the samples is refused."""
    counted = tally(*((n, "passed" if s < n else "wrong") for n in range(4) for s in range(4)))
    summary = counted.summary((1, 2))
    assert summary["pass_at_k"] == {"pass@1": 37.5, "pass@2": round(100 * (0 + 0.5 + 5 / 6 + 1) / 4, 4)}
    low, high = clustered_interval([0, 0.25, 0.5, 0.75])
    assert summary["interval"] == [round(100 * low, 4), round(100 * high, 4)]
    assert summary["failed_tasks"] == ["T/0"]
    assert summary["further"]["samples"] == 16
    with pytest.raises(UsageError, match="pass@5 needs at least 5 samples a problem; there are 4"):
        counted.summary((5,))


def test_infrastructure_is_nobodys_fault() -> None:
    """What could not be had or judged is counted and shown, and is no part of the score."""
    summary = tally((0, "passed"), (1, "infrastructure"), (2, "wrong"), (2, "infrastructure")).summary()
    assert (summary["score"], summary["total_problems"]) == (50.0, 2)
    assert summary["counts"]["infrastructure"] == 2
    assert "T/1" in summary["further"]["unjudged"]
    text = as_text(summary)
    assert "2 answers could not be had or judged; they are no part of the score" in text
    assert "Without a judged sample, no part of the score: 10, such as T/1" in text


def test_faulty_problems_that_were_not_asked_are_not_spoken_of() -> None:
    """The second score is there only where it can differ."""
    assert "without_faulty" not in tally((1, "passed")).summary()["further"]


def test_fewer_samples_through_failures_is_not_refused() -> None:
    """A problem that lost a sample to the server leaves pass@2 unknown instead of ending the run."""
    summary = tally((0, "passed"), (0, "wrong"), (1, "passed"), (1, "infrastructure")).summary((1, 2))
    assert summary["pass_at_k"] == {"pass@1": 75.0}


def test_base_and_extra_tests() -> None:
    """The + sets show the score on the base tests too, and what only they let pass."""
    summary = tally(
        (0, "passed", "passed"), (10, "wrong", "passed"), (9, "wrong", "passed"), (3, "empty", "empty")
    )
    base = summary.summary()["further"]["base"]
    assert (base["score"], base["total_passed"], base["passes_only_base"]) == (75.0, 3, ["T/9", "T/10"])


def test_ten_slowest() -> None:
    """The ten slowest samples, the slowest first."""
    slowest = tally(*((n, "passed") for n in range(12))).summary()["further"]["slowest"]
    assert [one["task_id"] for one in slowest] == [f"T/{n}" for n in range(11, 1, -1)]


def test_nothing_judged_has_no_score() -> None:
    """An unknown score is null, never zero."""
    summary = Tally(SET).summary()
    assert (summary["score"], summary["total_problems"]) == (None, 0)
    assert "pass@1: unknown (0/0)" in as_text(summary)


def test_first_lines_have_their_form() -> None:
    """The lines that parsers read are exactly these."""
    summary = tally((0, "passed", "passed"), (1, "wrong", "passed"), (4, "passed", "passed")).summary()
    lines = as_text(summary | {"time_taken": 123.44}).splitlines()
    assert lines[:6] == [
        "Results: little+ v1 (sha256 0123456789ab)",
        "pass@1: 66.67% (2/3), 95% interval 20.8–93.9",
        "Time: 123.4 s",
        "easy: 50.00% (1/2)",
        "hard: 100.00% (1/1)",
        "Failed tasks: T/1",
    ]
    assert "Pass the base tests and fail the extra ones: T/1" in lines
    assert "Without the 1 problem known to be faulty: 50.00% (1/2)" in lines


def test_memory_does_not_grow_with_samples() -> None:
    """A hundred thousand samples of one problem leave a tally as small as one does."""
    import tracemalloc

    counted = tally((0, "passed"))
    tracemalloc.start()
    for sample in range(100_000):
        counted.add(Judged("T/0", sample, Verdict.WRONG, detail="x" * 100, seconds=sample % 7))
    grown, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert grown < 20_000
