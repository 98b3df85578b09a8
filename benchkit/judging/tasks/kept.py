"""What building and testing a workspace came to, as a line that the next round of a run reads."""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping
from typing import Any

from benchkit.asking.tasks.base import Task
from benchkit.judging.kept import KeptVerdicts, digest_of
from benchkit.judging.tasks.proof import Check, Proof
from benchkit.judging.tasks.tested import Tested
from benchkit.verdict import Verdict

MOST_OUTPUT = 1 << 20  # bytes: what prints more is tested again, for all of them are held in memory
Files = Mapping[str, bytes]


def tested_once(
    kept: KeptVerdicts, task: Task, files: Files, toolchain: str, test: Callable[[], Tested]
) -> Tested:
    """What `test` gives, or gave for these very files and this version of the toolchain before."""
    key = digest_of(task.id, task.sha256, toolchain, files)
    if (known := kept.recall(key, _from_record)) is not None:
        return known
    tested = test()
    few = len(tested.stdout) + len(tested.stderr) <= MOST_OUTPUT
    if tested.verdict is not Verdict.INFRASTRUCTURE and few:
        kept.keep(key, _as_record(tested))
    return tested


def _as_record(tested: Tested) -> dict[str, Any]:
    return {
        "verdict": str(tested.verdict),
        "detail": tested.detail,
        "checks": [[check.status, check.name, check.message] for check in tested.proof.checks],
        "proof_coverage": tested.proof.coverage,
        "build_s": tested.build_s,
        "test_s": tested.test_s,
        "stdout": b64encode(tested.stdout).decode(),
        "stderr": b64encode(tested.stderr).decode(),
        "built": tested.built,
        "weight_share": tested.weight_share,
        "coverage": tested.coverage,
    }


def _from_record(record: Mapping[str, Any]) -> Tested:
    return Tested(
        verdict=Verdict(record["verdict"]),
        detail=record["detail"],
        proof=Proof(tuple(Check(*check) for check in record["checks"]), record["proof_coverage"]),
        build_s=record["build_s"],
        test_s=record["test_s"],
        stdout=b64decode(record["stdout"]),
        stderr=b64decode(record["stderr"]),
        built=record["built"],
        weight_share=record["weight_share"],
        coverage=record["coverage"],
    )
