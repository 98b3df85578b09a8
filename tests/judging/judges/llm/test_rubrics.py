"""The questions to judges: ours are sound, and what is wrong with one is said with its place."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from benchkit.errors import ProblemsError
from benchkit.judging.judges.llm.rubrics import DIMENSIONS, FOLDER, read_rubric, read_rubrics

WHOLE = (FOLDER / "backend.yaml").read_text()
BROKEN = {
    "an item that is there twice": ("id: edges", "id: does_the_task", "there twice"),
    "a question that is there twice": (
        "ask: Does each function do one thing, at one level of detail?",
        "ask: do names tell what a value is or what a function does,   without a comment?",
        "this question is there twice",
    ),
    "an empty question": ("ask: Do the task's own tests pass?", "ask: ''", "tests_pass: ask is empty"),
    "a question that is no text": (
        "ask: Do the task's own tests pass?",
        "ask: [1]",
        "tests_pass: ask is no text",
    ),
    "a mark that is neither true nor false": ("checks_judge: true", "checks_judge: 2", "true, or left out"),
    "no question at all": ("      ask: Do the task's own tests pass?\n", "", "has id and ask"),
    "a dimension too few": ("  accessibility:", "  looks:", "these six: functionality"),
    "an unknown teller": ("told_by: tests", "told_by: oracle", "known are tests, axe, mutants"),
    "nothing to check judges by": ("checks_judge: true", "checks_judge: false", "0 items have checks_judge"),
    "a key that is there twice": ("rubric: backend\n", "rubric: backend\nrubric: backend\n", "there twice"),
    "another name than the file's": ("rubric: backend", "rubric: back", "is not the file's name"),
    "no version": ('version: "1"', 'version: ""', "version: it is empty"),
    "no YAML": ("dimensions:", "dimensions: [", "cannot be read"),
    "nested without end": (
        "dimensions:",
        "dimensions: " + "[" * 500,
        "cannot be read: it is nested too deeply",
    ),
}


def test_our_rubrics_have_six_dimensions_and_one_item_that_checks_judges() -> None:
    """Each area asks in all six, what runs answer is not asked, and all three can be read."""
    rubrics = read_rubrics()
    assert list(rubrics) == ["backend", "frontend", "tests"]
    for rubric in rubrics.values():
        assert {item.dimension for item in rubric.items} == set(DIMENSIONS)
        assert rubric.checked in rubric.asked
        assert len(rubric.asked) < len(rubric.items)


@pytest.mark.parametrize("what", BROKEN)
def test_a_rubric_that_cannot_be_used_is_refused_with_its_place(what: str, tmp_path: Path) -> None:
    """One line that names the file, the item and what is wrong with it."""
    old, new, said = BROKEN[what]
    assert WHOLE.count(old) >= 1
    path = tmp_path / "backend.yaml"
    path.write_text(WHOLE.replace(old, new, 1))
    with pytest.raises(ProblemsError, match=re.escape(said)) as refused:
        read_rubric(path)
    assert str(path) in str(refused.value)
    assert "\n" not in str(refused.value)


def test_the_digest_of_a_rubric_changes_with_any_item(tmp_path: Path) -> None:
    """What was asked is told apart in the history by more than a version that somebody forgot to raise."""
    path = tmp_path / "backend.yaml"
    path.write_text(WHOLE.replace("without a comment", "without any comment"))
    changed, ours = read_rubric(path), read_rubric(FOLDER / "backend.yaml")
    assert changed.version == ours.version
    assert changed.as_record() != ours.as_record()


def test_a_rubric_of_an_area_that_nobody_asks_is_refused(tmp_path: Path) -> None:
    """Whoever wrote it believes that it is asked."""
    for path in FOLDER.glob("*.yaml"):
        (tmp_path / path.name).write_text(path.read_text())
    (tmp_path / "mobile.yaml").write_text(WHOLE)
    with pytest.raises(
        ProblemsError, match=r"mobile\.yaml: no area is asked it; those that are: backend.yaml"
    ):
        read_rubrics(tmp_path)


def test_a_folder_without_rubrics_says_how_to_name_another(tmp_path: Path) -> None:
    """As after an installation without the clone."""
    with pytest.raises(ProblemsError, match="--rubrics"):
        read_rubrics(tmp_path)
