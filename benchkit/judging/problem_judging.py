"""What the answers to a problem set are judged with: this machine's sandbox, or boxes of a cluster."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from benchkit.asking.script import say, speaker
from benchkit.contract import JUDGING_BOXES, Variable
from benchkit.errors import ClusterError

if TYPE_CHECKING:
    from benchkit.asking.problems import ProblemSet
    from benchkit.judging.elsewhere.boxes import JudgingBoxes
    from benchkit.judging.judges import Judge
    from benchkit.judging.sandbox import AskedLimits, Isolation, Sandbox
    from benchkit.languages import Language


@dataclass(frozen=True)
class AskedSandbox:
    """Where and how a model's code is run, as a person asks for it."""

    level: str
    workers: int | None
    limits: AskedLimits
    boxes: str | None = None  # the address of the head whose boxes judge

    checks: bool = False  # nothing is to be judged: it is only seen whether all is there

    def for_check(self, check: bool) -> AskedSandbox:
        """With one worker where nothing is to be judged."""
        return replace(self, workers=1, checks=True) if check else self

    def open_boxes(
        self, stack: ExitStack, problem_set: ProblemSet, *, browser: bool = False
    ) -> JudgingBoxes | None:
        """The boxes that judge; None where none are asked for, or this machine takes their place.

        It does so in a run of the runner's, whose check has found boxes, so that boxes which are gone end no
        night; a person who typed the command is told.
        """
        if self.boxes is None:
            return None
        from benchkit.judging.elsewhere.boxes import JudgingBoxes
        from benchkit.judging.elsewhere.forms import work_of

        work = work_of(problem_set, self.level, self.workers, self.limits, browser=browser)
        try:
            return stack.enter_context(JudgingBoxes(self.boxes, work, speaker()))
        except ClusterError as error:
            if self.checks or not os.environ.get(Variable.EVENTS):
                raise
            say(f"{error}: this machine judges by itself")
            return None


@dataclass(frozen=True)
class ProblemJudging:
    """The judge of one command."""

    judge: Judge
    workers: int  # so many answers are judged at once
    isolation: Isolation
    sandbox: Callable[[], Sandbox]  # this machine's own
    place: str  # in words
    limits: AskedLimits
    conditions: Callable[[], Mapping[str, Any]]  # under which a verdict is one for the next round, too


OpenJudging = Callable[["ProblemSet"], ProblemJudging]


def starting_judging(
    asked: AskedSandbox, language: Language | None = None
) -> AbstractContextManager[OpenJudging]:
    """Its workers start while problems and answers are read; they can use the language's toolchain."""
    return _on_boxes(asked, language) if asked.boxes is not None else _on_this_machine(asked, language)


@contextmanager
def _on_this_machine(asked: AskedSandbox, language: Language | None) -> Iterator[OpenJudging]:
    from benchkit.judging.sandbox import start_sandbox

    folders: tuple[str, ...] = ()
    if (
        language is not None and not language.preloaded
    ):  # the sandbox must be told of what lies beyond the system's folders
        toolchain = language.find_toolchain()
        language.fill_caches(toolchain)
        folders = toolchain.shown_folders

    def open_judging(problem_set: ProblemSet) -> ProblemJudging:
        from benchkit.judging.judges import open_judge

        sandbox = ready()
        judge = open_judge(problem_set, sandbox, asked.limits)
        isolation = sandbox.isolation
        return ProblemJudging(
            *(judge, sandbox.workers, isolation, lambda: sandbox, isolation.level),
            asked.limits,
            judge.conditions,
        )

    with start_sandbox(asked.level, asked.workers, folders) as ready:
        yield open_judging


@contextmanager
def _on_boxes(asked: AskedSandbox, language: Language | None) -> Iterator[OpenJudging]:
    with ExitStack() as stack:

        def open_judging(problem_set: ProblemSet) -> ProblemJudging:
            from benchkit.judging.elsewhere.judges import BoxesJudge, Dispatcher, LocalJudging

            boxes = asked.open_boxes(stack, problem_set)
            if boxes is None:
                return stack.enter_context(_local_judging(asked, language, problem_set))
            local = stack.enter_context(
                closing(LocalJudging(partial(_local_judging, asked, language, problem_set)))
            )
            judge = BoxesJudge(Dispatcher(boxes, local, _description), problem_set, boxes.conditions)
            kinds = {**boxes.conditions, JUDGING_BOXES: boxes.kinds}
            return ProblemJudging(
                *(judge, boxes.workers, boxes.isolation, lambda: local.opened().sandbox(), boxes.place),
                asked.limits,
                lambda: kinds,
            )

        yield open_judging


@contextmanager
def _local_judging(
    asked: AskedSandbox, language: Language | None, problem_set: ProblemSet
) -> Iterator[ProblemJudging]:
    with _on_this_machine(asked, language) as open_judging:
        yield open_judging(problem_set)


def _description(judging: ProblemJudging) -> tuple[Isolation, Mapping[str, Any]]:
    return judging.isolation, judging.judge.conditions().get("toolchains", {})
