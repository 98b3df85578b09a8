"""Judges answers to tasks in the small form: by their output for an input, or by what a call returns.

Expected values never enter the jail: they are compared here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from benchkit.asking.tasks.base import Case, Task
from benchkit.judging.sandbox import Outcome
from benchkit.judging.tasks.harnesses import BuildPlan, TrialProgram
from benchkit.judging.tasks.proof import Check, Proof
from benchkit.judging.tasks.tested import Tested
from benchkit.judging.tasks.testing import Tester
from benchkit.languages import RETURNED, Recipe, Toolchain
from benchkit.verdict import Verdict

# The line that says why a program ended: Node's last line is only its version.
_REASON = re.compile(rb"^.*(?:\w*Error\b|panicked at|^panic: |terminate called).*$", re.MULTILINE)
MOST_TIMEOUTS = 3
NOT_RUN = Tested(Verdict.TIMEOUT, f"not run: {MOST_TIMEOUTS} cases before it took too long")
LONGEST = 200  # characters of a value that is shown


def judge_cases(tester: Tester, task: Task, files: Mapping[str, bytes]) -> Tested:
    """Run all cases, also after a failure, since each adds its weight."""
    toolchain = tester.toolchain_of(task)
    if isinstance(toolchain, Tested):
        return toolchain
    source = files.get(task.editable[0], b"").decode("utf-8", "replace")
    if task.entry_point is not None and task.language.preloaded:
        tested = _judge_calls(tester, task, task.entry_point, source)
    else:
        tested = _judge_program(tester, task, _plan(task, source, toolchain))
    return tester.unless_replaced(task, tested)


def _judge_calls(tester: Tester, task: Task, entry_point: str, source: str) -> Tested:
    results = _until_hopeless(task, lambda case: _called(tester, task, entry_point, case, source))
    return _added_up(task, Tested(Verdict.PASSED, built=True), results)


def _judge_program(tester: Tester, task: Task, plan: BuildPlan) -> Tested:
    built = tester.programs.build(task, plan)
    if isinstance(built, Tested):
        return replace(built, weight_share=0.0)
    base = Tested(Verdict.PASSED, build_s=built.seconds, built=True)
    run = plan.runs[0]
    judge = _printed if task.entry_point is None else _returned
    results = _until_hopeless(task, lambda case: judge(tester, task, case, run, built.files))
    return _added_up(task, base, results)


def _until_hopeless(task: Task, judge: Callable[[Case], Tested]) -> list[Tested]:
    """The result of each case; after several timeouts the others are not run."""
    results: list[Tested] = []
    for case in task.cases:
        late = sum(each.verdict is Verdict.TIMEOUT for each in results)
        results.append(judge(case) if late < MOST_TIMEOUTS else NOT_RUN)
    return results


def _plan(task: Task, source: str, toolchain: Toolchain) -> BuildPlan:
    if task.language.preloaded:
        return BuildPlan((TrialProgram({}, source=source.encode()),))
    recipe = _recipe(task, source)

    def placed(command: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(str(toolchain.executables.get(word, word)) for word in command[:1]) + command[1:]

    files = {} if recipe.build else recipe.files
    run = TrialProgram(files, argv=placed(recipe.run), executable=recipe.products)
    return BuildPlan((run,), recipe.files if recipe.build else {}, placed(recipe.build), recipe.products)


def _recipe(task: Task, source: str) -> Recipe:
    if task.entry_point is None:
        return task.language.program(source)
    recipe = task.language.calling_program(source, task.entry_point)
    assert recipe is not None  # the catalogue refuses calls in other languages
    return recipe


def _printed(
    tester: Tester, task: Task, case: Case, run: TrialProgram, products: Mapping[str, bytes]
) -> Tested:
    """The program's verdict on this input."""
    stdin = _text(case.input).encode("utf-8", "replace")
    outcome = tester.programs.run(task, run, products, stdin, wall_s=case.timeout)
    tested = _tested(outcome)
    if outcome.verdict is not Verdict.PASSED:
        return tested
    if outcome.stdout.decode("utf-8", "replace").split() == _text(case.expected).split():
        return tested
    said = " ".join(outcome.stdout[: 2 * LONGEST].decode("utf-8", "replace").split())
    return replace(tested, verdict=Verdict.WRONG, detail=f"printed {_shown(said)}")


def _returned(
    tester: Tester, task: Task, case: Case, run: TrialProgram, products: Mapping[str, bytes]
) -> Tested:
    """The verdict on one call, by a program that writes what it returns."""
    stdin = json.dumps(_arguments(case), default=str).encode()  # YAML knows dates
    outcome = tester.programs.run(task, run, products, stdin, keep=(RETURNED,), wall_s=case.timeout)
    tested = _tested(outcome)
    if outcome.verdict is not Verdict.PASSED:
        return tested
    try:
        value = json.loads(outcome.files[RETURNED])
    except KeyError:
        return replace(tested, verdict=Verdict.ERROR, detail="the program ended before the call returned")
    except (ValueError, RecursionError):
        return replace(tested, verdict=Verdict.ERROR, detail="what the call returned is no JSON")
    if value == case.expected:
        return tested
    return replace(tested, verdict=Verdict.WRONG, detail=f"returned {_shown(value)}")


def _tested(outcome: Outcome) -> Tested:
    """The run of a program, with the line that says why it failed."""
    tested = Tested(
        outcome.verdict,
        outcome.detail,
        test_s=outcome.seconds,
        stdout=outcome.stdout,
        stderr=outcome.stderr,
    )
    if outcome.verdict is Verdict.ERROR and (line := _REASON.search(outcome.stderr)):
        return replace(tested, detail=line[0].decode("utf-8", "replace").strip()[:LONGEST])
    return tested


def _called(tester: Tester, task: Task, entry_point: str, case: Case, source: str) -> Tested:
    """The verdict on one call in a fork of the loaded interpreter."""
    verdict, detail, seconds, value = tester.programs.call(
        task, source, entry_point, _arguments(case), case.timeout
    )
    if verdict is None:
        right = _as_json(value) == case.expected
        verdict = Verdict.PASSED if right else Verdict.WRONG
        detail = "" if right else f"returned {_shown(value)}"
    return Tested(verdict, detail, test_s=seconds, stderr=f"{detail}\n".encode() if detail else b"")


def _arguments(case: Case) -> tuple[Any, ...]:
    """The arguments of a call: the items of a list, or the only value."""
    return tuple(case.input) if isinstance(case.input, list) else (case.input,)


def _added_up(task: Task, base: Tested, results: list[Tested]) -> Tested:
    """Passed where every case passed; else the verdict of the first failure."""
    checks = tuple(
        Check("ok" if each.verdict is Verdict.PASSED else "failed", case.name, each.detail)
        for case, each in zip(task.cases, results, strict=True)
    )
    weights = [case.weight for case in task.cases]
    gained = sum(
        weight for weight, each in zip(weights, results, strict=True) if each.verdict is Verdict.PASSED
    )
    failed = [(check, each) for check, each in zip(checks, results, strict=True) if check.status != "ok"]
    whole = replace(
        base,
        proof=Proof(checks),
        test_s=sum(each.test_s for each in results),
        weight_share=gained / sum(weights),
    )
    lost = next((each for each in results if each.verdict is Verdict.INFRASTRUCTURE), None)
    if lost is not None:
        return replace(whole, verdict=lost.verdict, detail=lost.detail)
    if not failed:
        return whole
    check, first = failed[0]
    detail = f"{len(failed)} of {len(checks)} cases failed, such as {check.name}: {first.detail}"
    return replace(
        whole, verdict=first.verdict, detail=detail[:400], stdout=first.stdout, stderr=first.stderr
    )


def _text(value: Any) -> str:
    """A value as a program reads or prints it: a list as lines, anything else as text."""
    return "\n".join(map(str, value)) if isinstance(value, list) else str(value)


def _as_json(value: Any) -> Any:
    """The value with lists for tuples, which a catalogue file cannot hold."""
    if isinstance(value, list | tuple):
        return [_as_json(each) for each in value]
    if isinstance(value, dict):
        return {key: _as_json(each) for key, each in value.items()}
    return value


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"
