"""The gate for tasks: starter and mutants fail, references pass, and the instructions give no test away."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path
from typing import Any

from benchkit.asking.answers.edits import Malformed, apply_blocks
from benchkit.asking.tasks.base import Task
from benchkit.asking.tasks.folders import (
    ALTERNATIVE,
    LEAST_MUTANTS,
    MUTANTS,
    SOLUTION,
    read_files,
    read_mutants,
    read_solution,
)
from benchkit.asking.tasks.metadata import LEAST_CHECKS
from benchkit.errors import ProblemsError
from benchkit.files import atomic_write, cache_folder
from benchkit.judging.tasks.judge import TaskJudge
from benchkit.judging.tasks.tested import Tested
from benchkit.verdict import Verdict

TIMES = 3  # runs of a reference, all of which must pass
BUSY_LOOPS = 16
LONGEST_COMMON_LINE = 20
VERIFIED = "verified.json"
ENDED_BY_LIMIT = (Verdict.TIMEOUT, Verdict.MEMORY, Verdict.OUTPUT_LIMIT)


@dataclass(frozen=True)
class TaskFinding:
    """The gate's result for one task."""

    task_id: str
    failures: tuple[str, ...] = ()  # the rules that it breaks, one line each
    notes: tuple[str, ...] = ()
    missing: str = ""  # why it could not be tried on this machine
    seconds: dict[str, float] = field(default_factory=dict)  # of the reference: build, test

    @property
    def passed(self) -> bool:
        """A task that could not be tried here has not passed."""
        return not self.failures and not self.missing

    def in_words(self) -> str:
        """One line where all is well, else one more for each rule."""
        times = "".join(f", {part} {seconds:.2f} s" for part, seconds in self.seconds.items())
        head = f"{'passed' if self.passed else 'FAILED'} {self.task_id}{times}"
        reasons = [f"  {why}" for why in (*self.failures, *filter(None, [self.missing]))]
        return "\n".join([head, *reasons, *(f"  note: {note}" for note in self.notes)])


def verify(judge: TaskJudge, tasks: Sequence[Task], workers: int, known: Known) -> Iterator[TaskFinding]:
    """Each task's finding; tasks that are unchanged since they passed all rules are tried once.

    The references of the others also have to pass beside busy loops, after all other work is done.
    """
    new = {task.id for task in tasks if not known.holds(task)}

    def first(task: Task) -> TaskFinding:
        return Gate(judge, task, TIMES if task.id in new else 1).finding()

    waiting: list[tuple[Task, TaskFinding]] = []
    with ThreadPoolExecutor(workers) as pool:
        for task, finding in zip(tasks, pool.map(first, tasks), strict=True):
            if task.id in new and finding.passed:
                waiting.append((task, finding))
                continue
            if finding.passed:
                known.improve(task, finding.seconds)
            yield finding
        if waiting:
            with busy_loops(BUSY_LOOPS):
                yield from pool.map(lambda pair: _verify_under_load(judge, pair[0], pair[1], known), waiting)
    known.keep()


def _verify_under_load(judge: TaskJudge, task: Task, finding: TaskFinding, known: Known) -> TaskFinding:
    tested = judge.judge_files(task, {**task.workspace, **read_solution(task)})
    if tested.verdict is Verdict.PASSED:
        known.add(task, finding.seconds)
        return finding
    return replace(finding, failures=(f"solution/ fails beside {BUSY_LOOPS} busy loops: {tested.detail}",))


@contextmanager
def busy_loops(count: int) -> Iterator[None]:
    """That many processes that use as much processor time as they can get."""
    loops = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(count)]
    try:
        yield
    finally:
        for loop in loops:
            loop.kill()
            loop.wait()


class Known:
    """The tasks that passed all rules, by the hash of their files, with the times of their references."""

    def __init__(self, catalogue: Path | None) -> None:
        beside = catalogue / VERIFIED if catalogue is not None else None
        self._path = beside if beside is not None and beside.exists() else cache_folder() / VERIFIED
        self._changed = False
        self._entries = _entries(self._path)

    def holds(self, task: Task) -> bool:
        return bool(self._entries.get(task.id, {}).get("sha256") == whole_digest(task))

    def add(self, task: Task, seconds: Mapping[str, float]) -> None:
        self._entries[task.id] = {"sha256": whole_digest(task), "reference_s": dict(seconds)}
        self._changed = True

    def improve(self, task: Task, seconds: Mapping[str, float]) -> None:
        """Replace times that are more than twice these: they were measured on a busy machine."""
        kept = self._entries[task.id].get("reference_s", {})
        if any(2 * now < kept.get(part, now) for part, now in seconds.items()):
            self.add(task, {part: min(now, kept.get(part, now)) for part, now in seconds.items()})

    def keep(self) -> None:
        """Write them into the catalogue's own file where it has one, else into our cache folder."""
        if self._changed and os.access(self._path.parent, os.W_OK):
            atomic_write(self._path, json.dumps(dict(sorted(self._entries.items())), indent=1) + "\n")


def _entries(path: Path) -> dict[str, Any]:
    """Entries by task; none where the file is invalid, so that all rules are tried again."""
    try:
        entries = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}
    known = entries if isinstance(entries, dict) else {}
    return {task: entry for task, entry in known.items() if isinstance(entry, dict)}


def whole_digest(task: Task) -> str:
    """Digest of all files in the task's folder, solution and mutants included."""
    whole = sha256(task.sha256.encode())
    if task.folder is not None:
        for name, content in sorted(read_files(task.folder).items()):
            whole.update(f"{name}\0{len(content)}\0".encode() + content)
    return whole.hexdigest()


class Gate:
    """Tries all rules on one task."""

    def __init__(self, judge: TaskJudge, task: Task, times: int = TIMES) -> None:
        self._judge, self._task, self._times = judge, task, times
        self._seconds: dict[str, float] = {}
        self._notes: list[str] = []

    def finding(self) -> TaskFinding:
        """The rules that the task breaks; `missing` where this machine has no toolchain for it."""
        try:
            failures = tuple(self._failures())
        except _Missing as missing:
            return TaskFinding(self._task.id, missing=str(missing))
        except ProblemsError as error:
            failures = (str(error),)
        return TaskFinding(self._task.id, failures, tuple(self._notes), seconds=self._seconds)

    def _failures(self) -> Iterator[str]:
        yield from self._starter()
        yield from self._references()
        yield from self._mutants()
        yield from _lines_shown_to_the_model(self._task)

    def _starter(self) -> Iterator[str]:
        tested = self._tested({})
        if tested.verdict is Verdict.PASSED:
            if not self._task.starter_passes:
                yield "the starter passes"
        elif self._task.starter_passes:
            yield "the starter fails, and is known to pass"
        elif tested.verdict in ENDED_BY_LIMIT and not self._task.is_of_others:
            yield f"the starter fails by a limit ({tested.detail}), not by a check"
        if self._judge.judge_answer(self._task, "").verdict is not Verdict.EMPTY:
            yield "an empty answer does not fail as one"

    def _references(self) -> Iterator[str]:
        for name in (SOLUTION, ALTERNATIVE):
            files = read_solution(self._task, name)
            if not files:
                if self._task.folder is not None:
                    yield f"{name}/ is missing: a reference that passes"
                elif name == SOLUTION:
                    yield "reference_solution is missing: nothing shows that it can be solved"
                continue
            yield from self._check_editable(name, files)
            yield from self._reference(name, files)

    def _check_editable(self, name: str, files: dict[str, bytes]) -> Iterator[str]:
        others = [path for path in files if path not in self._task.editable]
        others = [path for path in others if files[path] != self._task.workspace.get(path)]
        if others:
            yield f"{name}/ changes {', '.join(others)}, which an answer may not (see editable)"

    def _reference(self, name: str, files: dict[str, bytes]) -> Iterator[str]:
        for time in range(self._times):
            tested = self._tested(files)
            if name == SOLUTION:
                self._keep_times(tested)
            if miscounted := self._miscounted(tested):
                yield f"{name}/ {miscounted}"
                return
            if tested.verdict is not Verdict.PASSED:
                yield f"{name}/ fails at try {time + 1}: {tested.verdict}: {tested.detail}"
                return
        if self._task.checks < LEAST_CHECKS and self._task.folder is not None:
            yield f"{self._task.checks} checks; {LEAST_CHECKS} or more are needed"

    def _miscounted(self, tested: Tested) -> str:
        """A complaint where all checks passed but their number is not that in metadata.json; else empty."""
        proof, said = tested.proof, self._task.checks
        ran = len(proof.checks)
        too_few_alone = tested.verdict is Verdict.WRONG and proof.passed == ran > 0
        ended = tested.verdict is Verdict.PASSED or too_few_alone
        if self._task.is_of_others or not ended or ran == said:
            return ""
        advice = f"set checks to {ran}" if ran >= LEAST_CHECKS else f"{LEAST_CHECKS} tests are the least"
        return f"ran {ran} checks, and metadata.json says {said}: {advice}"

    def _keep_times(self, tested: Tested) -> None:
        """Keep the shortest times: other load on the machine only makes them longer."""
        for part, seconds in (("build", tested.build_s), ("test", tested.test_s)):
            self._seconds[part] = round(min(seconds, self._seconds.get(part, seconds)), 3)

    def _mutants(self) -> Iterator[str]:
        if self._task.folder is None:
            return
        mutants = read_mutants(self._task.folder / MUTANTS)
        if len(mutants) < LEAST_MUTANTS:
            yield f"{len(mutants)} mutants in mutants/; {LEAST_MUTANTS} or more are needed"
        solution = {**self._task.workspace, **read_solution(self._task)}
        for mutant in mutants:
            try:
                files = apply_blocks(mutant.edits, solution)
            except Malformed as error:
                yield f"mutants/{mutant.name}.txt cannot be applied: {error}"
                continue
            tested = self._tested(files)
            if tested.verdict is Verdict.PASSED:
                yield f"the mutant {mutant.name} passes ({mutant.mistake})"
            elif tested.verdict in ENDED_BY_LIMIT:
                self._notes.append(f"the mutant {mutant.name} fails by a limit only: {tested.detail}")

    def _tested(self, files: dict[str, bytes]) -> Tested:
        tested = self._judge.judge_files(self._task, {**self._task.workspace, **files})
        if tested.verdict is Verdict.INFRASTRUCTURE:
            raise _Missing(tested.detail)
        return tested


class _Missing(Exception):
    """The task cannot be tried on this machine."""


def _lines_shown_to_the_model(task: Task) -> Iterator[str]:
    """Lines of the tests that the instructions give away; fenced examples are allowed."""
    if task.generates_tests or task.is_of_others:
        return
    shown = set(_prose(task.prompt))
    for name, content in task.tests.items():
        for line in content.decode("utf-8", "replace").splitlines():
            bare = line.strip()
            if len(bare) >= LONGEST_COMMON_LINE and any(bare in shown_line for shown_line in shown):
                yield f"a line of tests/{name} stands in the instructions: {bare[:80]!r}"


def _prose(instructions: str) -> list[str]:
    return re.sub(r"^```.*?^```", "", instructions, flags=re.MULTILINE | re.DOTALL).splitlines()
