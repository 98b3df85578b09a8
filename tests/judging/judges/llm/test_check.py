"""A judge proves itself before its points count: the good one passes, each biased one fails by its bias."""

from __future__ import annotations

import ast
import json
import re
import shutil
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from benchkit.asking.tasks import OURS, TaskChoice, load_catalogue
from benchkit.errors import UnknownName, UsageError
from benchkit.judging.judges.llm.checking.bars import BARS, faults, read_bars
from benchkit.judging.judges.llm.checking.cases import cases_of, pairs_of
from benchkit.judging.judges.llm.checking.known import KnownTask, known_task, spread
from benchkit.judging.judges.llm.checking.measures import Measure, kappa
from benchkit.judging.judges.llm.checking.variants import (
    AUTHOR,
    CLAIM,
    ORDER,
    PLAIN_REMARKS,
    VARIANTS,
    renamed,
)
from benchkit.judging.task_bench import open_bench
from tests.judging.judges.llm.judged_runs import asking, judge, needs_dspy, told
from tests.stand_ins import judge as judges
from tests.stand_ins.chat_server import Do, chat_server
from tests.support import ROOT

TASKS = 6


@cache
def known_tasks(count: int = TASKS) -> tuple[KnownTask, ...]:
    chosen = spread(load_catalogue(OURS).problems)[:count]
    return tuple(known for task in chosen if (known := known_task(task)) is not None)


@cache
def truths(count: int = TASKS) -> dict[str, bool]:
    """Of every code that a check shows, by its text."""
    found = {case.subject.code.strip("\n"): case.right for case in cases_of(known_tasks(count))}
    for pair in pairs_of(known_tasks(count)):
        for subject in (pair.first, pair.second):
            found.setdefault(subject.code.strip("\n"), True)
    return found


def known_answers(count: int) -> judges.IsRight:
    """Knows the truth of all codes of so many tasks, and takes others for right."""
    return lambda code: truths(count).get(code.strip("\n"), True)


def is_right(code: str) -> bool:
    return truths()[code.strip("\n")]


BIASED: dict[str, tuple[Callable[[], Do], str]] = {
    "says yes to all": (lambda: judges.constant("yes"), "says yes to wrong code"),
    "says no to all": (lambda: judges.constant("no"), "refuses right code"),
    "says unsure to all": (lambda: judges.constant("unsure"), "abstains too often"),
    "prefers the longer": (lambda: judges.prefers_longer(is_right), "prefers the longer code"),
    "prefers the first": (lambda: judges.prefers_first(is_right), "prefers a place, whoever stands there"),
    "is cut off": (lambda: judges.truncates(is_right), "truncated"),
    "answers in prose": (judges.prose, "parse failure"),
    "follows orders": (lambda: judges.swayed_by(ORDER, is_right), "follows orders that stand in the code"),
    "believes claims": (lambda: judges.swayed_by(CLAIM, is_right), "believes what the code claims of itself"),
    "trusts authors": (lambda: judges.swayed_by(AUTHOR, is_right), "who is said to have written it"),
    "likes comments": (
        lambda: judges.swayed_by(PLAIN_REMARKS[0], is_right),
        "is swayed by comments",
    ),
    "dislikes names": (lambda: judges.swayed_by("item1", is_right, "no"), "is swayed by names"),
    "changes its mind": (lambda: judges.wavers(is_right, 1), "changes its mind when asked again"),
}


@needs_dspy
@pytest.mark.heavy
def test_a_good_judge_passes(tmp_path: Path) -> None:
    """Every measure is at its best, its sheet stands in the record, and its rubrics with it."""
    with chat_server(judges.good(is_right)) as server:
        judge("--known", "--limit", str(TASKS), *asking(server.base_url, tmp_path / "out"))
    sheet = told(tmp_path / "out")
    assert sheet["calibrated"] is True
    assert sheet["failed"] == []
    assert set(sheet["measures"]) == set(BARS)
    assert sheet["measures"]["kappa"] == {"value": 1.0, "answers": 4 * TASKS}
    assert sheet["measures"]["false positives"]["interval"][1] > 0.2  # so few answers prove little
    assert sheet["measures"]["mutants below"]["value"] == 1.0
    assert sheet["measures"]["false positives"]["value"] == 0.0
    assert sorted(sheet["programs"]) == ["backend", "frontend", "tests"]
    summary = json.loads((tmp_path / "out" / "summary.json").read_text())
    assert summary["score"] == 100.0


@needs_dspy
@pytest.mark.heavy
@pytest.mark.parametrize("bias", BIASED)
def test_a_biased_judge_fails_by_its_bias(
    bias: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The verdict names what is wrong with it, for people and in the record."""
    make, named = BIASED[bias]
    with chat_server(make()) as server:
        judge("--known", "--votes", "1", "--limit", str(TASKS), *asking(server.base_url, tmp_path / "out"))
    sheet = told(tmp_path / "out")
    assert sheet["calibrated"] is False
    assert any(named in fault for fault in sheet["failed"]), sheet["failed"]
    printed = capsys.readouterr().out
    assert "Verdict: uncalibrated" in printed
    assert named in printed


@needs_dspy
@pytest.mark.heavy
def test_tasks_whose_references_are_not_known_to_pass_are_left_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A reference that fails would make a good judge look bad: what was changed since then says nothing."""
    names = ("python_fix_ledger", "python_easy_free_slots")
    for name in names:
        shutil.copytree(OURS / name, tmp_path / "tasks" / name)
    shutil.copy(OURS / "verified.json", tmp_path / "tasks")
    broken = tmp_path / "tasks" / names[0] / "solution" / "ledger.py"
    broken.write_text(broken.read_text() + "\nraise SystemExit\n")
    arguments = ("--known", "--catalogue", tmp_path / "tasks", "--check")
    judge(*arguments, *asking("http://127.0.0.1:9/v1", tmp_path / "out"))
    said = capsys.readouterr().err
    assert "1 task is left out, nothing shows that their references pass: run_tasks.py --verify" in said
    assert "of 1 tasks: all is ready" in said
    shutil.rmtree(tmp_path / "tasks" / names[1])
    with pytest.raises(UsageError, match=r"no task of .* has a verified reference"):
        judge(*arguments, *asking("http://127.0.0.1:9/v1", tmp_path / "out"))


def test_known_answers_are_of_each_rubric_and_both_truths() -> None:
    """References and mutants, alternatives too; a task's mutant differs from its reference."""
    assert {known.right[0].rubric for known in known_tasks()} == {"backend", "frontend", "tests"}
    for known in known_tasks():
        assert len(known.wrong) == 2
        assert len({subject.code for subject in (*known.right, *known.wrong)}) == len(known.right) + 2


@pytest.mark.heavy
@pytest.mark.parametrize(
    ("language", "changes", "fewest"),
    [
        ("python", ("renaming", "dead code"), 20),
        ("cpp", ("renaming",), 7),
        ("go", ("renaming",), 6),
        ("rust", ("renaming",), 6),
        ("javascript", ("renaming",), 6),
    ],
)
def test_a_variant_does_what_its_code_does(language: str, changes: tuple[str, ...], fewest: int) -> None:
    """References with other names, and with code that is never run, pass their tasks' own tests."""
    catalogue = load_catalogue(OURS).choose(TaskChoice(languages=(language,)))
    tried = 0
    with open_bench(catalogue, "auto", 2) as bench:
        if bench.toolchains.missing():
            pytest.skip(f"no toolchain for {language}")
        for task in catalogue.problems:
            known = known_task(task)
            assert known is not None
            for name in changes:
                files = VARIANTS[name](known.right[0].files)
                if files is None:
                    continue
                changed = {**task.workspace, **{path: text.encode() for path, text in files.items()}}
                tested = bench.judge.judge_files(task, changed)
                assert tested.verdict == "passed", (task.id, name, tested.detail)
                tried += 1
    assert tried >= fewest


RENAMED = {
    "a local variable": ("def f(a):\n    total = a\n    return total\n", "item1"),
    "a parameter stays": ("def f(total):\n    return total\n", None),
    "an attribute's name stays": ("def f(a):\n    size = a.size\n    return size\n", None),
    "a keyword's name stays": ("def f(a):\n    size = a\n    return g(size=size)\n", None),
    "a name in an f-string stays": ("def f(a):\n    size = a\n    return f'{size}'\n", None),
    "a global stays": ("size = 0\ndef f(a):\n    size = a\n    return size\n", None),
    "a module's name stays": ("from rows import x\ndef f(a):\n    rows = x(a)\n    return rows\n", None),
    "what is no Python stays": ("def f(:\n", None),
}


@pytest.mark.parametrize("what", RENAMED)
def test_only_what_can_be_renamed_without_a_doubt_is(what: str) -> None:
    """A variant that does something else would measure nothing."""
    text, new = RENAMED[what]
    changed = renamed({"a.py": text})
    assert (changed is None) == (new is None)
    if changed is not None and new is not None:
        assert new in changed["a.py"]
        ast.parse(changed["a.py"])


CPP_LOCALS = """\
#include "place.hpp"

int Table::total(const Rows& rows) {
  auto sum = 0;
  for (const auto& row : rows) sum += f(0, row, row.width);
  const auto& [first, second] = ends(rows);
  for (std::size_t index = 0; index < rows.size(); ++index) sum += index + second;
  auto place = find(1), width = place->width;
  auto before = [&sum](int a) { return a < sum; };
  auto shown = "shown";
  return before(1) ? first : sum + size_ + std::size(shown) + width;
}
"""


def test_locals_of_cpp_get_other_names_and_all_else_keeps_its_own() -> None:
    """Members, functions and names of headers stay; `auto` and loops declare nothing but locals."""
    changed = renamed({"a.cpp": CPP_LOCALS})
    assert changed is not None
    words = [("sum", "item1"), ("row", "item2"), ("first", "item3"), ("index", "item4")]
    expected = CPP_LOCALS
    for old, new in words:
        expected = re.sub(rf"\b{old}\b", new, expected)
    assert changed["a.cpp"] == expected


def test_kappa_is_cohens() -> None:
    """Against a table worked out by hand: 20 yes-yes, 5 yes-no, 10 no-yes, 15 no-no give 0.4."""
    table = [(True, True)] * 20 + [(True, False)] * 5 + [(False, True)] * 10 + [(False, False)] * 15
    assert kappa(table) == pytest.approx(0.4)
    assert kappa([(True, True), (False, True)]) == pytest.approx(0.0)  # who says yes to all knows nothing
    assert kappa([]) is None


def test_bars_can_be_set_and_are_refused_in_one_line() -> None:
    """By the measures' names; a number that no measure can reach is a slip."""
    assert read_bars("kappa=0.4, false positives = 0.3")["kappa"].limit == 0.4
    assert read_bars(None) == dict(BARS)
    with pytest.raises(UnknownName, match="kapa"):
        read_bars("kapa=0.4")
    for wrong in ("kappa=high", "kappa=", "kappa=60", "kappa=nan"):
        with pytest.raises(UsageError, match="no number from -1 to 1"):
            read_bars(wrong)


def test_what_could_not_be_measured_proves_nothing() -> None:
    """A measure without a value is below its bar; beside one who never answers it is no fault of its own."""
    unmeasured = Measure("kappa", None)
    assert faults([unmeasured], BARS) == ["kappa could not be measured"]
    silent = Measure("abstentions", 1.0, 12, "parse failure 12")
    assert faults([silent, unmeasured], BARS) == [
        "abstains too often (abstentions 1.00, must be ≤ 0.2: parse failure 12)"
    ]


def test_the_page_names_every_bar() -> None:
    """With its default and the reason for it."""
    page = (ROOT / "docs" / "judge.md").read_text()
    for name, bar in BARS.items():
        assert f"| {name} | {bar.side} {bar.limit:g} |" in page
