"""Parsers without code: a pattern, or a path into JSON; and the registry that knows them all."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import pytest

from benchkit.errors import ParseError, UnknownName, UsageError
from benchkit.records import Progress, Results, ScoreScale
from parsers import NEEDED_SETTING, PARSERS, get_parser
from parsers.harness import Untrue
from parsers.json_path import look_up
from parsers.matching import last_match


@pytest.mark.parametrize(
    ("pattern", "score"),
    [
        (r"score: (?P<score>[\d.]+)%", 70.5),
        (r"accuracy (?P<fraction>[\d.]+)", 25.0),
        (r"(?P<passed>\d+) passed of (?P<total>\d+)", 75.0),
        (r"^first\nsecond (?P<score>\d+)$", 9.0),
    ],
)
def test_a_pattern_gives_the_last_score(pattern: str, score: float) -> None:
    """As percent, as fraction, from counts, and over several lines; colours do not hinder it."""
    text = "score: 1%\nscore: \x1b[1m70.5%\x1b[0m\naccuracy 0.25\n3 passed of 4\nfirst\nsecond 9\nbye"
    assert get_parser("regex", pattern).parse(text).score == score


def test_named_groups_become_counts_time_and_metrics() -> None:
    """What has a name of its own goes there, the rest to the metrics."""
    pattern = r"(?P<passed>\d+)/(?P<total>\d+) in (?P<time>[\d.]+) s, (?P<tool>\w+)"
    results = get_parser("regex", pattern).parse("3/4 in 1.5 s, mine")
    assert results == Results(75.0, 3, 4, 1.5, metrics={"tool": "mine"})


@pytest.mark.parametrize("text", ["score 170", "score -3", "score nan", "score x", "score ", ""])
def test_a_pattern_that_finds_no_true_score_is_an_error(text: str) -> None:
    """What was looked for is told with it."""
    with pytest.raises(ParseError, match=r"looked for the pattern|printed nothing"):
        get_parser("regex", r"score (?P<score>\S*)").parse(text)


def test_a_score_outside_its_scale_is_told_as_it_was_printed() -> None:
    """A fraction of 3 is told as 3 of 0 to 1, not as 300 of 0 to 100."""
    with pytest.raises(ParseError, match=r"the score is 3, which is not from 0 to 1$"):
        get_parser("regex", r"score (?P<score>\S*)", "fraction").parse("score 3")
    with pytest.raises(ParseError, match=r"the score is 170, which is not from 0 to 100$"):
        get_parser("regex", r"score (?P<score>\S*)").parse("score 170")


@pytest.mark.parametrize("pattern", ["(", "score", r"(?P<name>.)", r"(?P<passed>\d)"])
def test_a_pattern_without_a_score_is_refused_before_anything_runs(pattern: str) -> None:
    """The error says how to name one."""
    with pytest.raises(UsageError, match="--score-pattern"):
        get_parser("regex", pattern)


DATA = {"results": {"task-1.a": {"acc,none": 0.5}, "list": [1, {"x": 40}]}, "a": {"b": 1}, "a.b": 2}


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("results.list.0", 1),
        ("results.list.-1.x", 40),
        ("results.task-1.a.acc,none", 0.5),
        ("a.b", 2),
        ("results.list.2", None),
        ("results.list.x", None),
        ("results.none.b", None),
        ("a.b.c", None),
    ],
)
def test_a_path_leads_through_objects_and_lists(path: str, value: object) -> None:
    """Names may hold dots; what is not there is None."""
    assert look_up(DATA, path) == value


def test_a_path_is_looked_up_in_the_runs_files_first(tmp_path: Path) -> None:
    """Then in the last JSON that was printed."""
    parser = get_parser("json", "a.score * 100")
    printed = 'log\n{"a": {"score": 0.1}}\n{\n "a": {\n  "score": 0.25\n }\n}\n{"other": 1}\nbye'
    assert parser.parse(printed, tmp_path).score == 25.0
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "result.json").write_text('{"a": {"score": 0.5}}')
    (tmp_path / "broken.json").write_text('{"a": {"score": 0.5')
    assert parser.parse(printed, tmp_path).score == 50.0
    (tmp_path / "again.json").write_text('{"a": {"score": 0.6}}')
    with pytest.raises(ParseError, match="2 files hold it, with different values"):
        parser.parse(printed, tmp_path)


@pytest.mark.parametrize("value", [None, "NaN", "Infinity", "-1", "100.5", '"many"', "[1]", "true"])
def test_a_path_to_no_true_score_is_an_error(value: str | None) -> None:
    """Also when nothing is there."""
    with pytest.raises(ParseError, match="looked for 'score'"):
        get_parser("json", "score").parse(f'{{"score": {value}}}' if value else "{}\n")


def test_a_missing_setting_and_a_wrong_scale_are_usage_errors() -> None:
    """The flag to give is named."""
    with pytest.raises(UsageError, match="parser regex needs --score-pattern"):
        get_parser("regex")
    with pytest.raises(UsageError, match="parser json needs --score-path"):
        get_parser("json")
    with pytest.raises(UsageError, match="--score-path"):
        get_parser("json", "a * b")


def test_an_unknown_parser_lists_the_known_ones() -> None:
    """The nearest comes first."""
    with pytest.raises(UnknownName, match=r"did you mean human_eval\? known are .*regex"):
        get_parser("human_evl")


@pytest.mark.parametrize("name", sorted(PARSERS))
def test_every_parser_refuses_an_empty_output(name: str, tmp_path: Path) -> None:
    """No parser makes a result of nothing, with and without an empty folder."""
    parser = get_parser(name, "(?P<score>x)" if name == "regex" else "x")
    for folder in (None, tmp_path, tmp_path / "missing"):
        with pytest.raises(ParseError, match="printed nothing"):
            parser.parse("", folder)
        with pytest.raises(ParseError, match="looked for"):
            parser.parse("Traceback (most recent call last):\n", folder)


@pytest.fixture
def announced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A package with three parsers, of which one works, as pip installs it."""
    info = tmp_path / "other-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: other\nVersion: 1.0\n")
    points = ["other = other_parser:OtherParser", "gone = other_parser:Gone", "absent = not_there:Parser"]
    (info / "entry_points.txt").write_text("\n".join(["[bench_runner.parsers]", *points, ""]))
    (tmp_path / "other_parser.py").write_text(OTHER)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "other_parser", raising=False)


@pytest.mark.usefixtures("announced")
def test_a_parser_of_another_package_is_found() -> None:
    """Through its entry point; it is listed beside ours."""
    parser = get_parser("other")
    assert parser.parse(json.dumps(42)).score == 42.0
    assert parser.progress("7") == Progress(7)
    with pytest.raises(UnknownName, match=r"known are absent, aider, .*, other, regex"):
        get_parser("nothing")


@pytest.mark.usefixtures("announced")
@pytest.mark.parametrize(("name", "why"), [("gone", "has no attribute 'Gone'"), ("absent", "not_there")])
def test_a_parser_that_its_package_does_not_hold(name: str, why: str) -> None:
    """The package is named, and what is wrong with it: it is no bug of ours."""
    with pytest.raises(UsageError, match=f"parser {name} of the package other cannot be loaded: .*{why}"):
        get_parser(name)


OTHER = """
from benchkit.records import Progress, Results

class OtherParser:
    def parse(self, output, folder=None, since=None):
        return Results(score=float(output))

    def progress(self, line):
        return Progress(int(line))
"""


@pytest.mark.parametrize("name", ["json", "regex"])
@pytest.mark.parametrize(
    ("value", "scale", "score", "warned"),
    [
        ("0.85", None, 0.85, True),
        ("1", None, 1.0, True),
        ("0", None, 0.0, False),
        ("1.5", None, 1.5, False),
        ("0.85", "percent", 0.85, False),
        ("0.85", "fraction", 85.0, False),
    ],
)
def test_a_score_between_0_and_1_is_doubted_unless_its_scale_was_given(
    name: str, value: str, scale: ScoreScale | None, score: float, warned: bool
) -> None:
    """It is taken as percent, as before, with a warning that names the way to say what it is."""
    setting = {"json": "accuracy", "regex": r'"accuracy": (?P<score>[\d.]+)'}[name]
    results = get_parser(name, setting, scale).parse(f'{{"accuracy": {value}}}\n')
    assert results.score == pytest.approx(score)
    assert [("--score-scale fraction" in warning) for warning in results.warnings] == [True] * warned


@pytest.mark.parametrize(
    ("name", "setting"), [("json", "a * 100"), ("regex", r"(?P<fraction>\d)"), ("lm_eval", None)]
)
def test_a_scale_that_has_nothing_to_say_is_refused(name: str, setting: str | None) -> None:
    """Where the score's scale is known already, or another parser's business."""
    with pytest.raises(UsageError, match="--score-scale"):
        get_parser(name, setting, "fraction")


def test_a_pattern_that_backtracks_without_end_is_ended() -> None:
    """It holds up nothing, and the error says what to do."""
    began = time.monotonic()
    with pytest.raises(Untrue, match=r"takes more than 0\.3 s to match: write it so"):
        last_match("(?P<score>(a+)+)b", "a" * 60, seconds=0.3)
    assert time.monotonic() - began < 20  # on a busy machine, of a time without end


def test_a_pattern_is_not_to_blame_for_a_machine_that_is_slow(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What counts is the processor time that it takes, however long it waits for its turn."""
    late = tmp_path / "python"
    late.write_text(f'#!/bin/sh\nsleep 0.5\nexec "{sys.executable}" "$@"\n')
    late.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(late))
    assert last_match(r"score (?P<score>\d+)", "score 7", seconds=0.2) == {"score": "7"}


@pytest.mark.parametrize("name", [name for name in PARSERS if name not in NEEDED_SETTING])
@pytest.mark.parametrize(
    "piece",
    ["1", "1%|", "|", " ", "1/", "Samples:", "a", "1 of ", "\x1b[", "\x1b]0;", "1:", "%", "- ", "("],
)
def test_a_line_of_progress_is_read_in_bounded_time(name: str, piece: str) -> None:
    """Lines that look like many beginnings of a progress bar do not hold up the display."""
    line = (piece * 2048)[:2048]
    parser = get_parser(name)
    began = time.process_time()
    for text in (line, f"1%|{line}", f"{line}x", f"3/4 {line}!"):
        parser.progress(text)
    assert time.process_time() - began < 1.0
