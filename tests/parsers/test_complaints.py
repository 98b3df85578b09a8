"""What a parser says where a result cannot be taken: in words, and each thing once."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from benchkit.errors import ParseError
from benchkit.records import Results
from benchkit.running.runner.record import error_line
from parsers import get_parser
from parsers.harness import Harness
from parsers.regex import RegexParser
from tests.parsers.test_harnesses import CASES, Case


def complaint(name: str, folder: Path) -> str:
    with pytest.raises(ParseError) as caught:
        get_parser(name).parse("", folder)
    return str(caught.value)


def test_a_field_that_is_missing_is_named(tmp_path: Path) -> None:
    """A result file without a field that its form has."""
    (tmp_path / "samples_results.jsonl").write_text(json.dumps({"task_id": "HumanEval/0"}) + "\n")
    assert complaint("human_eval_official", tmp_path).endswith("but what is there has no field 'passed'")


def test_a_file_of_another_form_is_told_without_our_own_errors(tmp_path: Path) -> None:
    """The name of a Python exception helps nobody."""
    (tmp_path / "samples_results.jsonl").write_text("[1, 2]\n")
    assert complaint("human_eval_official", tmp_path).endswith("but what is there is of another form")


@pytest.mark.parametrize("found", ["all", "1e3", "²", "-", "9" * 5000])
def test_a_count_that_is_no_number_is_shown(found: str) -> None:
    """A pattern of the person's may find a word where a number belongs."""
    parser = RegexParser(r"(?P<passed>\S+) of (?P<total>\S+)")
    with pytest.raises(ParseError) as caught:
        parser.parse(f"{found} of 10\n")
    assert f"but 'passed' is '{found[:20]}" in str(caught.value)
    assert len(str(caught.value)) < 400


def test_the_record_says_once_that_there_is_no_result() -> None:
    """The error's own text begins with its cause."""
    with pytest.raises(ParseError) as caught:
        get_parser("evalplus").parse("nothing\n")
    line = error_line(caught.value)
    assert line is not None
    assert line.count("no result") == 1


class Failing(Harness):
    """A parser that fails as it is told."""

    looked_for = "nothing"

    def __init__(self, fail: Callable[[], Any]) -> None:
        self._fail = fail

    def from_text(self, _output: str) -> Results | None:
        self._fail()
        return None


NUMBER: Any = 5
HERE: Any = Path()


@pytest.mark.parametrize(
    "fail",
    [
        lambda: NUMBER.get,
        lambda: NUMBER[0],
        lambda: [][NUMBER],
        lambda: dict[str, int]()["x"],
        lambda: int("x"),
        lambda: NUMBER // 0,
    ],
)
def test_data_of_another_form_is_no_bug(fail: Callable[[], Any]) -> None:
    """Whatever a file holds instead of what its form promises, it holds no result."""
    with pytest.raises(ParseError, match="no result"):
        Failing(fail).parse("text\n")


@pytest.mark.parametrize("fail", [lambda: HERE.no_such_method, lambda: exec("no_such_name")])
def test_a_bug_of_a_parser_is_not_taken_for_a_missing_result(fail: Callable[[], Any]) -> None:
    """It is raised, so that it is reported as a bug."""
    with pytest.raises((NameError, AttributeError)):
        Failing(fail).parse("text\n")


@pytest.mark.parametrize("case", [one for one in CASES if one.parser != "aider"], ids=lambda case: case.file)
def test_a_file_with_other_values_gives_a_result_or_a_complaint(case: Case, tmp_path: Path) -> None:
    """Any value of a result file replaced by one of another kind breaks no parser."""
    path = case.put(tmp_path)
    whole = path.read_text()
    chance = random.Random(case.file)
    values, read = list(re.finditer(r"(?<=: )(?:[\d.]+|\"[^\"]*\"|null|true|false|\[\]|\{\})", whole)), 0
    for found in chance.sample(values, min(60, len(values))):
        for other in ("null", "[]", "{}", '"x"', "-1", "1e999", "[[1]]", "true"):
            path.write_text(whole[: found.start()] + other + whole[found.end() :])
            with suppress(ParseError):
                get_parser(case.parser).parse("", tmp_path)
                read += 1
    assert read, "some values are of no importance"
