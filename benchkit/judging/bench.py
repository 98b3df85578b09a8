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
class Jail:
    """Where and how a model's code is run, as a person asks for it."""

    level: str
    workers: int | None
    limits: AskedLimits
    boxes: str | None = None  # the address of the head whose boxes judge

    checks: bool = False  # nothing is to be judged: it is only seen whether all is there

    def for_check(self, check: bool) -> Jail:
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
class Bench:
    """The judge of one command."""

    judge: Judge
    workers: int  # so many answers are judged at once
    isolation: Isolation
    sandbox: Callable[[], Sandbox]  # this machine's own
    place: str  # in words
    limits: AskedLimits
    conditions: Callable[[], Mapping[str, Any]]  # under which a verdict is one for the next round, too


OpenBench = Callable[["ProblemSet"], Bench]


def starting_bench(jail: Jail, language: Language | None = None) -> AbstractContextManager[OpenBench]:
    """Its workers start while problems and answers are read; they can use the language's toolchain."""
    return _on_boxes(jail, language) if jail.boxes is not None else _here(jail, language)


@contextmanager
def _here(jail: Jail, language: Language | None) -> Iterator[OpenBench]:
    from benchkit.judging.sandbox import start_sandbox

    folders: tuple[str, ...] = ()
    if (
        language is not None and not language.preloaded
    ):  # the sandbox must be told of what lies beyond the system's folders
        toolchain = language.find_toolchain()
        language.fill_caches(toolchain)
        folders = toolchain.shown_folders

    def opened(problem_set: ProblemSet) -> Bench:
        from benchkit.judging.judges import open_judge

        sandbox = ready()
        judge = open_judge(problem_set, sandbox, jail.limits)
        isolation = sandbox.isolation
        return Bench(
            *(judge, sandbox.workers, isolation, lambda: sandbox, isolation.level),
            jail.limits,
            judge.conditions,
        )

    with start_sandbox(jail.level, jail.workers, folders) as ready:
        yield opened


@contextmanager
def _on_boxes(jail: Jail, language: Language | None) -> Iterator[OpenBench]:
    with ExitStack() as stack:

        def opened(problem_set: ProblemSet) -> Bench:
            from benchkit.judging.elsewhere.judges import BoxesJudge, Desk, Here

            boxes = jail.open_boxes(stack, problem_set)
            if boxes is None:
                return stack.enter_context(_opened_here(jail, language, problem_set))
            here = stack.enter_context(closing(Here(partial(_opened_here, jail, language, problem_set))))
            judge = BoxesJudge(Desk(boxes, here, _description), problem_set, boxes.conditions)
            kinds = {**boxes.conditions, JUDGING_BOXES: boxes.kinds}
            return Bench(
                *(judge, boxes.workers, boxes.isolation, lambda: here.bench().sandbox(), boxes.place),
                jail.limits,
                lambda: kinds,
            )

        yield opened


@contextmanager
def _opened_here(jail: Jail, language: Language | None, problem_set: ProblemSet) -> Iterator[Bench]:
    with _here(jail, language) as opened:
        yield opened(problem_set)


def _description(bench: Bench) -> tuple[Isolation, Mapping[str, Any]]:
    return bench.isolation, bench.judge.conditions().get("toolchains", {})
