"""What the answers to a catalogue's tasks are judged with: toolchains, sandbox and judge, opened together."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchkit.asking.script import say
from benchkit.asking.tasks import Catalogue
from benchkit.judging.kept import open_kept_verdicts
from benchkit.judging.sandbox import NOTHING_ASKED, AskedLimits
from benchkit.judging.tasks.browser import OF_PAGES, find_browser
from benchkit.judging.tasks.judge import TaskJudge
from benchkit.judging.tasks.packages import install_packages
from benchkit.judging.tasks.testing import Tester
from benchkit.judging.tasks.toolchains import Toolchains, find_toolchains

if TYPE_CHECKING:
    from benchkit.judging.sandbox import Sandbox


@dataclass(frozen=True)
class TaskBench:
    """The judge of one command, with its sandbox and toolchains."""

    judge: TaskJudge
    sandbox: Sandbox
    toolchains: Toolchains
    installed: bool = False  # whether the packages that tasks declare were installed
    asked: AskedLimits = NOTHING_ASKED

    def as_record(self) -> dict[str, Any]:
        """The part of a run's record that says how answers were judged."""
        return {"toolchains": self.toolchains.as_record(), "install_deps": self.installed}

    @contextmanager
    def remembering(self, folder: Path, *, goes_on: bool) -> Iterator[TaskBench]:
        """This bench; of a run that is done in rounds, one that tests nothing twice."""
        conditions = {
            "install_deps": self.installed,  # of toolchains each task counts its own
            "sandbox": self.sandbox.isolation.as_record(),
            "limits": asdict(self.asked),
        }
        with open_kept_verdicts(folder, conditions, goes_on=goes_on) as kept:
            yield replace(self, judge=self.judge.remembering(kept))


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
        yield TaskBench(judge, sandbox, toolchains, install, asked)
