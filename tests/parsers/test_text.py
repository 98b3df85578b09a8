"""Printed text, progress in it, and outputs of any size."""

from __future__ import annotations

import pytest

from benchkit.records import Progress
from parsers import get_parser
from parsers.progress import read_progress
from parsers.text import last_lines, lines, plain

MEGABYTE = 1_000_000


def test_what_a_terminal_would_not_show_is_taken_out() -> None:
    """Colours, cursor moves, titles, links and control characters."""
    assert (
        plain("\x1b[1;31mred\x1b[0m \x1b]8;;http://x\x1b\\link\x1b]8;;\x07 \x1b[2Kend\x07 ") == "red link end"
    )


def test_a_carriage_return_begins_a_line() -> None:
    """Empty lines are left out."""
    assert list(lines("a\rb\r\n\n\x1b[0m\nc")) == ["a", "b", "c"]
    assert last_lines("a\n\nb\rc\n", count=2) == "b\nc"


@pytest.mark.parametrize(
    ("line", "progress"),
    [
        (" 45%|████▌     | 74/164 [01:23<01:41,  1.13s/it]", Progress(74, 164)),
        ("Codegen: 100%|██████████| 3/3 [00:00<00:00]", Progress(3, 3)),
        ("\r 1%|  | 1/164 [00:01<?, ?it/s]\r 2%|  | 3/164 [00:02<?, ?it/s]", Progress(3, 164)),
        ("\x1b[32mProblem 7 of 20\x1b[0m done", Progress(7, 20)),
        ("12/164 solved", Progress(12, 164)),
        ("(12/164)", Progress(12, 164)),
        ("generating 43.5% …", Progress(43, 100)),
        ("HumanEval/12", None),
        ("Failed HumanEval/12 with 3/4/2024", None),
        ("path/1/2", None),
        ("9/3", None),
        ("0/0", None),
        ("400%", None),
        ("", None),
    ],
)
def test_progress_is_read_from_a_line(line: str, progress: Progress | None) -> None:
    """Bars, counts and percentages are; task names, dates and paths are not."""
    assert read_progress(line) == progress
    assert get_parser("human_eval").progress(line) == progress


@pytest.mark.parametrize(
    "noise",
    ["x", "\x1b[31m", "\r 45%|####      | 74/164", "Results: x\n", "{\n"],
    ids=["one line", "colours", "bars", "beginnings", "braces"],
)
@pytest.mark.parametrize("name", ["human_eval", "regex", "json"])
def test_ten_megabytes_before_the_result_do_no_harm(name: str, noise: str) -> None:
    """Whatever they consist of, the result at the end is read; their number squared would take hours."""
    end = '\nResults: x\npass@1: 50.00% (1/2)\n{"a": 50}\nFailed tasks: none\n'
    parser = get_parser(name, {"regex": r"pass@1: (?P<score>[\d.]+)", "json": "a"}.get(name))
    assert parser.parse(noise * (10 * MEGABYTE // len(noise)) + end).score == 50.0
