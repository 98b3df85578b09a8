"""What a parser says where a result cannot be taken: in words, and each thing once."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchkit.errors import ParseError
from benchkit.running.runner.record import error_line
from parsers import get_parser
from parsers.regex import RegexParser


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
