"""Exercises in C++: a header of the answer shares a file with the tests, and Catch2 is precompiled."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.polyglot.exercises import answer, write_exercise
from tests.polyglot.test_polyglot_runs import lay_down_catch, replay

SUM = "cpp/sum"
ADDS_NOTHING = '#include "sum.h"\nint sum::add(int, int) { return 7; }\n'
HEADER = "#pragma once\n{}namespace sum {{ int add(int a, int b); }}\n"
TRICKS = {
    "checks nothing": "#undef REQUIRE\n#define REQUIRE(...) (void)(__VA_ARGS__)\n",
    "tests nothing": "#ifdef TEST_CASE\n#undef TEST_CASE\n#define TEST_CASE(name) void test()\n#endif\n",
}


@pytest.mark.heavy
@pytest.mark.parametrize("trick", TRICKS.values(), ids=TRICKS)
def test_a_header_cannot_take_the_checks_out_of_the_tests(
    trick: str, tmp_path: Path, shared_data: Path
) -> None:
    """Tests include it before Catch2, which therefore has the last word."""
    lay_down_catch(shared_data, write_exercise(tmp_path / "checkout", SUM))
    files = {"sum.h": HEADER.format(trick), "sum.cpp": ADDS_NOTHING}
    row = replay(tmp_path / "checkout", SUM, answer(files), tmp_path / "out")
    assert (row["verdict"], row["checks"]) == ("wrong", 2)
