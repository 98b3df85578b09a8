"""Heavy inputs of tasks outside Python: built once, and run by turns with the reference."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, cast

import pytest

from benchkit.asking.tasks import Task, load_catalogue
from benchkit.asking.tasks.folders import read_solution
from benchkit.errors import MissingDependency
from benchkit.judging.sandbox import Outcome, open_sandbox
from benchkit.judging.scoring.base import Judged
from benchkit.judging.scoring.composite import efficiency
from benchkit.judging.scoring.composite.tasks import NO_PAGES, TaskComposite
from benchkit.judging.tasks.harnesses import BuildPlan
from benchkit.judging.tasks.heavy_programs import HEAVY_PROGRAMS, HeavyBuilds, Unbuildable
from benchkit.judging.tasks.judge import Attempt
from benchkit.judging.tasks.programs import Programs
from benchkit.judging.tasks.tested import Tested
from benchkit.judging.tasks.toolchains import find_toolchains
from benchkit.languages import Toolchain, find_language
from benchkit.verdict import Verdict

# An answer's slower twin: the same results after some work that nobody asked for.
SLOWER = {
    "javascript": ("csv_reader.mjs", "read(character) {", "for (let i = 0; i < 400; i += 1) this.busy = i;"),
    "go": ("pages.go", "func Format(pages []int) string {", "for i := 0; i < 40_000_000; i++ { busy ^= i }"),
    "rust": (
        "src/lib.rs",
        "pub fn push(&mut self, time: i64, value: f64) -> Result<Vec<Bucket>, BadInput> {",
        "for i in 0..4000u32 { std::hint::black_box(i); }",
    ),
    "cpp": ("ring.hpp", "bool push(T value) {", "for (volatile int i = 0; i < 200; i = i + 1) {}"),
}
TASKS = {
    "javascript": "javascript_bugfix_csv_reader",
    "go": "go_easy_page_ranges",
    "rust": "rust_expert_time_bucketer",
    "cpp": "cpp_easy_ring_buffer",
}


@pytest.fixture(scope="module")
def tasks() -> dict[str, Task]:
    known = {task.id: task for task in load_catalogue(None).problems}
    return {language: known[name] for language, name in TASKS.items()}


@dataclass
class Builder:
    """Builds nothing, and counts how often it was asked to; what holds `wrong` does not build."""

    built: list[str] = field(default_factory=list)

    def build(self, _task: Task, plan: BuildPlan) -> Outcome | Tested:
        source = plan.files["pages.go"].decode()
        self.built.append(source)
        if "wrong" in source:
            return Tested(Verdict.ERROR, "does not build: pages.go:1: wrong")
        return Outcome(Verdict.PASSED, files={"bench_heavy": b"program"})


def test_answer_and_reference_are_built_once_while_they_take_turns(tasks: Mapping[str, Task]) -> None:
    """The two latest builds are kept; code that does not build says why."""
    builder = Builder()
    toolchain: Any = type("Toolchain", (), {"executables": {"go": "go"}, "caches": (), "environment": {}})
    builds = HeavyBuilds(tasks["go"], "package main", cast(Programs, builder), toolchain)
    for code in ("reference", "answer", "reference", "answer", "other", "reference"):
        assert builds.run_of({"pages.go": code}).files["bench_heavy"] == b"program"
    assert builder.built == ["reference", "answer", "other", "reference"]
    with pytest.raises(Unbuildable, match=r"the heavy input does not build: pages.go:1: wrong"):
        builds.run_of({"pages.go": "wrong"})


@pytest.mark.heavy
@pytest.mark.parametrize("language", HEAVY_PROGRAMS)
def test_an_answer_is_measured_against_its_reference(language: str, tasks: Mapping[str, Task]) -> None:
    """In each language: the reference has all points, and code that does more work has fewer."""
    task = tasks[language]
    toolchains = find_toolchains([language])
    if isinstance(missing := toolchains.by_language[language], MissingDependency):
        pytest.skip(str(missing))
    file, head, work = SLOWER[language]
    solution = read_solution(task)
    text = solution[file].decode()
    slower = text.replace(head, f"{head}\n{work}\n", 1)
    if language == "go":
        slower += "\nvar busy int\n"
    composite = TaskComposite(load_catalogue(None))
    for sample, code in enumerate((text, slower)):
        attempt = Attempt(Verdict.PASSED, "", Tested(Verdict.PASSED), {**solution, file: code.encode()})
        composite.add(Judged(task.id, sample, Verdict.PASSED), attempt)
    told: list[str] = []
    with open_sandbox("auto", 1, toolchains.folders) as sandbox:
        part = composite.measure(
            None, lambda: sandbox, lambda: toolchains.by_language, told.append, efficiency=True
        )["efficiency"]
    assert told[0] == "efficiency: 2 of 2 passing answers have a heavy input"
    assert "unmeasured" not in part
    mean = part["points"][task.id]
    assert 45 < mean < (100.1 if slower == text else 97), part


@pytest.mark.heavy
@pytest.mark.parametrize("name", [task.id for task in load_catalogue(None).problems if task.heavy])
def test_every_heavy_input_of_the_catalogue_is_long_enough(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The reference of each task stays above the noise floor, and does as well as itself."""
    monkeypatch.setattr(efficiency, "MOST_PAIRS", efficiency.PAIRS)  # however far apart
    catalogue = load_catalogue(None)
    task = next(task for task in catalogue.problems if task.id == name)
    toolchains = find_toolchains([task.language.name])
    if isinstance(missing := toolchains.by_language[task.language.name], MissingDependency):
        pytest.skip(str(missing))
    composite = TaskComposite(catalogue)
    attempt = Attempt(Verdict.PASSED, "", Tested(Verdict.PASSED), read_solution(task))
    composite.add(Judged(task.id, 0, Verdict.PASSED), attempt)
    with open_sandbox("auto", 1, toolchains.folders) as sandbox:
        part = composite.measure(
            None, lambda: sandbox, lambda: toolchains.by_language, print, efficiency=True
        )["efficiency"]
    assert part["points"][name] > 80, part


def test_pages_and_languages_without_heavy_inputs_say_so() -> None:
    """A page's time is no number of ours, and a heavy input that nothing runs is not silently left out."""
    by_id = {task.id: task for task in load_catalogue(None).problems}
    page = by_id["html_bugfix_tabs"]
    typed = replace(by_id["go_easy_page_ranges"], id="typed", language=find_language("typescript"))
    toolchain: Any = Toolchain("1", {}, (), {}, ())
    composite = TaskComposite(replace(load_catalogue(None), problems=(page, typed)))
    for task in (page, typed):
        attempt = Attempt(Verdict.PASSED, "", Tested(Verdict.PASSED), read_solution(task))
        composite.add(Judged(task.id, 0, Verdict.PASSED), attempt)
    told: list[str] = []
    nothing: Any = None
    part = composite.measure(
        None,
        lambda: nothing,
        lambda: {"html": toolchain, "typescript": toolchain},
        told.append,
        efficiency=True,
    )["efficiency"]
    assert told == ["efficiency: 0 of 2 passing answers have a heavy input"]
    assert part["points"] == {}
    assert part["unmeasured"] == {NO_PAGES: 1, "heavy inputs in TypeScript are not run": 1}


def test_the_catalogue_has_heavy_inputs_in_each_language_that_can_run_them() -> None:
    """At least two tasks in each."""
    counts = Counter(task.language.name for task in load_catalogue(None).problems if task.heavy)
    assert counts.keys() == {"python", *HEAVY_PROGRAMS}
    assert min(counts.values()) >= 2
