"""What the answers to a catalogue's tasks are judged with: toolchains, sandbox and judge, opened together."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from benchkit.asking.script import say
from benchkit.asking.tasks import Catalogue, Task
from benchkit.errors import UsageError
from benchkit.judging.kept import KeptVerdicts, open_kept_verdicts
from benchkit.judging.problem_judging import AskedSandbox
from benchkit.judging.sandbox import NOTHING_ASKED, AskedLimits
from benchkit.judging.tasks.browser import OF_PAGES, find_browser
from benchkit.judging.tasks.judge import Attempt, TaskJudge
from benchkit.judging.tasks.packages import install_packages
from benchkit.judging.tasks.testing import Tester
from benchkit.judging.tasks.toolchains import Toolchains, find_toolchains

if TYPE_CHECKING:
    from benchkit.judging.elsewhere.boxes import JudgingBoxes
    from benchkit.judging.sandbox import Isolation, Sandbox


@dataclass(frozen=True)
class TaskBench:
    """This machine's judge, with its sandbox and toolchains."""

    judge: TaskJudge
    sandbox: Sandbox
    toolchains: Toolchains
    installed: bool = False  # whether the packages that tasks declare were installed

    def as_record(self) -> dict[str, Any]:
        """The part of a run's record that says how answers were judged."""
        return {"toolchains": self.toolchains.as_record(), "install_deps": self.installed}


@contextmanager
def open_bench(
    catalogue: Catalogue,
    level: str,
    workers: int | None,
    asked: AskedLimits = NOTHING_ASKED,
    *,
    install: bool = False,
    browser: bool = False,
) -> Iterator[TaskBench]:
    """Toolchains are found first, since the sandbox must show their folders."""
    from benchkit.judging.sandbox import open_sandbox

    has_pages = any(task.language.name == OF_PAGES for task in catalogue.problems)
    shown_in = find_browser() if browser and has_pages else None
    if install:
        install_packages(catalogue.problems, say)
    toolchains = find_toolchains(task.language.name for task in catalogue.problems)
    with open_sandbox(level, workers, toolchains.folders) as sandbox:
        judge = TaskJudge(Tester(sandbox, toolchains.by_language, asked), shown_in)
        yield TaskBench(judge, sandbox, toolchains, install)


OpenBench = Callable[[], AbstractContextManager[TaskBench]]


class JudgesTasks(Protocol):
    """What a TaskJudge offers here, and a box elsewhere."""

    # The verdict on what a model wrote, as TaskJudge gives it; callable from several threads at once.
    def judge_answer(
        self, task: Task, response: str, *, truncated: bool = False, start: Mapping[str, bytes] | None = None
    ) -> Attempt: ...

    # The same judge; what was judged in this folder before is not judged again.
    def remembering(self, kept: KeptVerdicts | None) -> JudgesTasks: ...


@dataclass(frozen=True)
class TaskJudging:
    """The judge of one command: this machine, or boxes of a cluster."""

    judge: JudgesTasks
    workers: int  # so many answers are judged at once
    isolation: Isolation
    place: str  # in words
    missing: list[str]  # the languages in which no answer can be judged
    as_record: Callable[[], dict[str, Any]]  # the part of a run's record that says how answers were judged
    kept_under: Mapping[str, Any]  # the conditions under which a verdict is one for the next round, too
    local_bench: Callable[[], TaskBench]  # this machine's own, for what is measured beside the verdicts

    @contextmanager
    def remembering(self, folder: Path, *, goes_on: bool) -> Iterator[TaskJudging]:
        """The same; of a run that is done in rounds, one that tests nothing twice."""
        conditions = {"sandbox": self.isolation.as_record(), **self.kept_under}
        with open_kept_verdicts(folder, conditions, goes_on=goes_on) as kept:
            yield replace(self, judge=self.judge.remembering(kept))


@contextmanager
def open_judging(
    catalogue: Catalogue, asked: AskedSandbox, *, install: bool = False, browser: bool = False
) -> Iterator[TaskJudging]:
    """SandboxError, or ClusterError, where nobody can judge."""
    if asked.boxes is not None and install:
        raise UsageError("--install-deps installs on this machine: leave it or --sandbox-on out")
    opening = partial(
        open_bench, catalogue, asked.level, asked.workers, asked.limits, install=install, browser=browser
    )
    with ExitStack() as stack:
        boxes = asked.open_boxes(stack, catalogue, browser=browser)
        by = _by_this_machine(asked, opening) if boxes is None else _by_boxes(asked, boxes, opening)
        yield stack.enter_context(by)


@contextmanager
def _by_this_machine(asked: AskedSandbox, opening: OpenBench) -> Iterator[TaskJudging]:
    with opening() as bench:
        isolation, missing = bench.sandbox.isolation, bench.toolchains.missing()
        # Of toolchains each task counts its own.
        kept_under = {"install_deps": bench.installed, "limits": asdict(asked.limits)}
        yield TaskJudging(
            *(bench.judge, bench.sandbox.workers, isolation, isolation.level, missing, bench.as_record),
            kept_under,
            lambda: bench,
        )


@contextmanager
def _by_boxes(asked: AskedSandbox, boxes: JudgingBoxes, opening: OpenBench) -> Iterator[TaskJudging]:
    from benchkit.judging.elsewhere.judges import BoxesTaskJudge, Dispatcher, LocalJudging

    with closing(LocalJudging(opening)) as local:
        dispatcher: Dispatcher[TaskBench] = Dispatcher(
            boxes, local, lambda bench: (bench.sandbox.isolation, bench.toolchains.as_record())
        )
        yield TaskJudging(
            *(BoxesTaskJudge(dispatcher), boxes.workers, boxes.isolation, boxes.place, boxes.missing),
            lambda: {"toolchains": boxes.toolchains, "install_deps": False, **dispatcher.as_record()},
            {"boxes": boxes.kinds, "limits": asdict(asked.limits)},
            local.opened,
        )
