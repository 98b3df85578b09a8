"""Judges one answer: it is applied to a copy of the workspace, protected files are restored, tests run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchkit.asking.answers.edits import Malformed, Workspace, apply_answer, patch_of
from benchkit.asking.tasks.base import Task
from benchkit.contract import JUDGED_ON
from benchkit.errors import MissingDependency
from benchkit.judging.kept import KeptVerdicts
from benchkit.judging.tasks.browser import OF_PAGES, BrowserResult, see_in_browser
from benchkit.judging.tasks.cases import judge_cases
from benchkit.judging.tasks.generation import judge_tests
from benchkit.judging.tasks.kept import tested_once
from benchkit.judging.tasks.tested import Tested
from benchkit.judging.tasks.testing import Tester
from benchkit.languages import Toolchain
from benchkit.verdict import Verdict


@dataclass(frozen=True)
class Attempt:
    """One answer and its verdict."""

    verdict: Verdict
    detail: str
    tested: Tested
    files: Mapping[str, bytes] = field(default_factory=dict)  # the changed ones
    patch: bytes = b""
    notes: tuple[str, ...] = ()  # which parts of it were refused
    forms: tuple[str, ...] = ()
    seen: BrowserResult | None = None  # its result in a browser
    judged_on: Mapping[str, Any] = field(default_factory=dict)  # the box, where it was judged elsewhere

    def as_record(self) -> dict[str, Any]:
        """The part of a verdict's line that only tasks have."""
        checks = self.tested.proof.checks
        return {
            "build_s": round(self.tested.build_s, 4),
            "test_s": round(self.tested.test_s, 4),
            "checks": len(checks),
            "checks_passed": self.tested.proof.passed,
            "answer_forms": list(self.forms),
            "changed": sorted(self.files),
            **_known(weight_share=self.tested.weight_share, coverage=self.tested.coverage),
            **({"browser": self.seen.as_record()} if self.seen else {}),
            **({"refused": list(self.notes)} if self.notes else {}),
            **({JUDGED_ON: dict(self.judged_on)} if self.judged_on else {}),
        }


class TaskJudge:
    """Judges answers; callable from several threads at once."""

    def __init__(self, tester: Tester, browser: Path | None = None, kept: KeptVerdicts | None = None) -> None:
        self._tester, self._browser, self._kept = tester, browser, kept

    def remembering(self, kept: KeptVerdicts | None) -> TaskJudge:
        """The same judge; workspaces that it tested in this folder before are not tested again."""
        return TaskJudge(self._tester, self._browser, kept)

    def toolchain(self, language: str) -> Toolchain | MissingDependency:
        """The toolchain that judges answers in this language."""
        return self._tester.toolchains[language]

    def judge_answer(
        self,
        task: Task,
        response: str,
        *,
        truncated: bool = False,
        start: Mapping[str, bytes] | None = None,
    ) -> Attempt:
        """The verdict on what a model wrote; never raises for what the answer does.

        `start`: the files that it changes, where they are not the task's own.
        """
        if isinstance(missing := self._tester.toolchain_of(task), Tested):
            return without_run(missing.verdict, missing.detail)  # whatever the answer is
        begun = task.workspace if start is None else start
        workspace = Workspace(begun, task.editable, task.language.labels)
        try:
            applied = apply_answer(response, workspace)
        except Malformed as error:
            return without_run(Verdict.TRUNCATED if truncated else Verdict.MALFORMED, str(error))
        if applied is None:
            return without_run(Verdict.TRUNCATED if truncated else Verdict.EMPTY, "no code in the answer")
        changed = {
            name: content
            for name, content in applied.files.items()
            if name in applied.changed or content != task.workspace.get(name)
        }
        tested = self.judge_files(task, applied.files)
        verdict, detail = tested.verdict, tested.detail
        if truncated and verdict not in (Verdict.PASSED, Verdict.INFRASTRUCTURE):
            verdict, detail = Verdict.TRUNCATED, f"the token budget was used up; {verdict}: {detail}"
        patch = patch_of(task.workspace, applied.files)
        seen = self._seen(task, applied.files, tested)
        return Attempt(verdict, detail, tested, changed, patch, applied.refused, applied.forms, seen)

    def _seen(self, task: Task, files: Mapping[str, bytes], tested: Tested) -> BrowserResult | None:
        """A page's result in a browser; None without --browser, or where nothing can be judged."""
        if self._browser is None or task.language.name != OF_PAGES:
            return None
        if tested.verdict is Verdict.INFRASTRUCTURE:
            return None
        return see_in_browser(self._tester.programs, self._browser, task, _restored(task, files))

    def judge_files(self, task: Task, files: Mapping[str, bytes]) -> Tested:
        """The verdict on a workspace's files, those that are not editable restored."""
        restored = _restored(task, files)
        toolchain = self.toolchain(task.language.name)
        if self._kept is None or isinstance(toolchain, MissingDependency):
            return self._test(task, restored)
        return tested_once(self._kept, task, restored, toolchain.version, lambda: self._test(task, restored))

    def _test(self, task: Task, restored: Mapping[str, bytes]) -> Tested:
        if task.cases:
            return judge_cases(self._tester, task, restored)
        if task.generates_tests:
            return judge_tests(self._tester, task, restored)
        return self._tester.test(task, restored, task.tests)


def _restored(task: Task, files: Mapping[str, bytes]) -> dict[str, bytes]:
    """The workspace with changes to editable files alone."""
    restored = dict(task.workspace)
    for name in task.editable:
        restored.pop(name, None)
        if name in files:
            restored[name] = files[name]
    return restored


def _known(**shares: float | None) -> dict[str, float]:
    return {name: round(share, 4) for name, share in shares.items() if share is not None}


def without_run(verdict: Verdict, detail: str) -> Attempt:
    """The attempt where nothing was run."""
    return Attempt(verdict, detail, Tested(verdict, detail))
