"""Judges tests that a model wrote: no false alarm on correct code, and enough mutants killed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from benchkit.asking.answers.edits import Malformed, apply_blocks
from benchkit.asking.tasks.base import Task
from benchkit.asking.tasks.folders import REFERENCE, SECOND, Mutant, mutants_in
from benchkit.errors import ProblemsError
from benchkit.judging.tasks.proof import Check, Proof
from benchkit.judging.tasks.tested import Tested
from benchkit.judging.tasks.testing import Tester
from benchkit.verdict import Verdict

SURVIVES = (Verdict.PASSED,)


def judge_tests(tester: Tester, task: Task, files: Mapping[str, bytes]) -> Tested:
    """Both correct implementations must pass; then each mutant on which the tests fail is killed."""
    tests = {name: files[name] for name in task.editable if name in files}
    checks: list[Check] = []
    whole = Tested(Verdict.PASSED)
    for name in (REFERENCE, SECOND):
        part = _part(task, name)
        measured = tuple(part) if name == REFERENCE else ()
        tested = tester.test(task, {**files, **part}, tests, measured)
        if measured and tested.verdict is not Verdict.PASSED:
            # Measuring coverage slows the code down: that alone must not count as a false alarm.
            tested = tester.test(task, {**files, **part}, tests)
        whole = _added(whole, tested)
        if tested.verdict is not Verdict.PASSED:
            verdict = (
                Verdict.WRONG
                if tested.built and tested.verdict is not Verdict.INFRASTRUCTURE
                else tested.verdict
            )
            detail = f"a false alarm on {_WORDS[name]}: {tested.detail}"
            return replace(whole, verdict=verdict, detail=detail[:400], proof=tested.proof)
        checks.append(Check("ok", f"no false alarm on {_WORDS[name]}"))
    for mutant, changed in _mutants(task):
        tested = tester.test(task, {**files, **changed}, tests)
        whole = _added(whole, tested)
        if tested.verdict is Verdict.INFRASTRUCTURE:
            return replace(whole, verdict=tested.verdict, detail=tested.detail)
        alive = tested.verdict in SURVIVES
        checks.append(Check("alive" if alive else "ok", mutant.name, mutant.mistake if alive else ""))
    return _judged(task, whole, checks)


_WORDS = {REFERENCE: "the reference", SECOND: "the second implementation"}


def _judged(task: Task, whole: Tested, checks: list[Check]) -> Tested:
    killed = sum(check.status == "ok" for check in checks) - len(_WORDS)
    count = len(checks) - len(_WORDS)
    share = killed / count if count else 0.0
    enough = share >= (task.kill_share or 1.0) - 1e-9
    counted = tuple(
        check if check.status == "ok" or not enough else replace(check, status="ok") for check in checks
    )
    proof = Proof(
        tuple(replace(check, status="failed") if check.status == "alive" else check for check in counted)
    )
    alive = [check.name for check in checks if check.status == "alive"]
    detail = f"killed {killed} of {count} mutants" + (f"; alive: {', '.join(alive)}" if alive else "")
    return replace(
        whole, verdict=Verdict.PASSED if enough else Verdict.WRONG, detail=detail[:400], proof=proof
    )


def _part(task: Task, name: str) -> dict[str, bytes]:
    """The files of tests/reference or tests/second."""
    head = f"{name}/"
    files = {
        path.removeprefix(head): content for path, content in task.tests.items() if path.startswith(head)
    }
    if not files:
        raise ProblemsError(f"{task.id}: tests/{name} holds no implementation to test")
    return files


def _mutants(task: Task) -> Iterator[tuple[Mutant, dict[str, bytes]]]:
    reference = _part(task, REFERENCE)
    for mutant in mutants_in(task.tests):
        try:
            yield mutant, apply_blocks(mutant.edits, reference)
        except Malformed as error:
            raise ProblemsError(f"{task.id}: tests/mutants/{mutant.name}.txt: {error}") from None


def _added(whole: Tested, tested: Tested) -> Tested:
    return replace(
        whole,
        built=whole.built or tested.built,
        coverage=whole.coverage if tested.coverage is None else tested.coverage,
        build_s=whole.build_s + tested.build_s,
        test_s=whole.test_s + tested.test_s,
        stdout=tested.stdout,
        stderr=tested.stderr,
    )
