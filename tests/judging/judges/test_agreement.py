"""Our verdicts are the published ones; measurements/judging.py compares all, and the tools too."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

import pytest

from benchkit.asking.problems import load
from benchkit.judging.sandbox import Sandbox
from benchkit.judging.scoring import Judged, judge_saved, open_judge, read_samples
from benchkit.records import Verdict

MODEL = "verdicts/qwen2.5-coder-1.5b-base"
# Seconds of canonical computation each; they are left to the benchmark.
HEAVY = {f"HumanEval/{n}" for n in (15, 36, 39, 59, 83, 94, 130, 139)} | {
    f"Mbpp/{n}" for n in (255, 271, 300, 389, 583, 589)
}
# Half of MBPP+ is left to it too, and what cannot agree: see benchkit/judging/scoring/REFERENCES.md.
KNOWN = {f"Mbpp/{n}" for n in (2, 111, 160, 232, 249, 579, 599)}


@pytest.mark.parametrize(
    ("problems", "folder", "every"),
    [("HumanEvalPlus-v0.1.9.jsonl.gz", "humaneval", 1), ("MbppPlus-v0.1.0.jsonl.gz", "mbpp", 5)],
)
def test_published_verdicts(
    shared_data: Path, sandbox: Sandbox, problems: str, folder: str, every: int
) -> None:
    """Base verdict and overall verdict of a real model's answers are those that evalplus published."""
    found = load(file=shared_data / "evalplus" / problems)
    chosen = [problem.id for problem in found.problems if problem.id not in HEAVY | KNOWN][::every]
    found = found.select(chosen)
    samples = read_samples(shared_data / MODEL / folder / "generated.jsonl", found)
    rows = judge_saved(open_judge(found, sandbox), found, samples, 2)
    ours, theirs = ours_and_published(rows, shared_data, folder)
    assert len(ours) == len(chosen)
    assert {task: ours[task] for task in ours if ours[task] != theirs[task]} == {}


def ours_and_published(
    rows: Iterable[Judged], shared_data: Path, folder: str
) -> tuple[dict[str, tuple[bool, bool]], dict[str, tuple[bool, bool]]]:
    """By task: whether its answer passes the base tests, and whether it passes all."""
    published = json.loads((shared_data / MODEL / folder / "generated_eval_results.json").read_text())["eval"]
    ours, theirs = {}, {}
    for row in rows:
        (one,) = published[row.task_id]
        base = one["base_status"] == "pass"
        theirs[row.task_id] = (base, base and one["plus_status"] == "pass")
        ours[row.task_id] = (row.base_verdict is Verdict.PASSED, row.verdict is Verdict.PASSED)
    return ours, theirs
