"""Comparing an output costs what the wanted one is worth, however much was printed."""

from __future__ import annotations

import time

import pytest

from benchkit.judging.judges.contest_output import difference

MUCH = 16 << 20


@pytest.mark.parametrize(
    "got",
    ["x\n" * (MUCH // 2), "1 " * (MUCH // 2), "\n" * MUCH + "2", " " * MUCH + "2", "2" * MUCH],
    ids=["lines", "words", "empty lines", "spaces", "digits"],
)
def test_much_output_is_compared_in_no_time(got: str) -> None:
    """All that an output may hold: it is neither split nor converted further than it can be right."""
    began = time.process_time()
    assert difference(got, "1 2 3") is not None
    assert time.process_time() - began < 0.5


def test_words_are_compared_as_numbers() -> None:
    """As many of them, each equal as a decimal."""
    assert difference("1.0 2.00 3", "1 2 3") is None
    assert difference("1 2 3 4", "1 2 3") is not None
    assert difference("1 2", "1 2 3") is not None
    assert difference("1 2 x", "1 2 3") is not None
