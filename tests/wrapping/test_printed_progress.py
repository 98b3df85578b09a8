"""Progress from what a harness prints, however its output is cut into pieces."""

from __future__ import annotations

import pytest

from benchkit.records import Progress
from benchkit.running.runner.watch import PrintedProgress
from parsers import get_parser

BARS = "".join(f"\rRequesting API:  {n * 10}%|███  | {n}/10 [00:0{n}<00:05,  2.0it/s]" for n in range(10))


def test_a_bar_is_read_before_its_line_ends() -> None:
    """A bar that is written whole counts at once, though only its next state ends its line."""
    printed = PrintedProgress(get_parser("lm_eval").progress)
    for n, bar in enumerate(BARS.split("\r")[1:]):
        printed.feed(f"\r{bar}".encode())
        assert printed.progress() == Progress(n, 10)


@pytest.mark.parametrize("size", [1, 7, 64, 10_000])
def test_pieces_of_any_size(size: int) -> None:
    """Half a number is never taken for a number, and the last state is what counts."""
    printed = PrintedProgress(get_parser("lm_eval").progress)
    data = f"starting\n{BARS}\ndone\n".encode()
    seen = set()
    for begin in range(0, len(data), size):
        printed.feed(data[begin : begin + size])
        seen.add(printed.progress())
    assert printed.progress() == Progress(9, 10)
    assert seen <= {None, *(Progress(n, 10) for n in range(10))}


def test_every_line_of_a_piece_counts() -> None:
    """evalplus tells each question in a line of its own: none is missed when several come at once."""
    printed = PrintedProgress(get_parser("evalplus").progress)
    printed.feed(b"Codegen: HumanEval/0 @ demo\nCodegen: HumanEval/1 @ demo\nCodegen: Human")
    assert printed.progress() == Progress(2)
    printed.feed(b"Eval/2 @ demo\n")
    assert printed.progress() == Progress(3)


def test_a_flood_is_cheap() -> None:
    """Of a piece with thousands of lines only the last are read, and a line without end is cut."""
    lines = []
    printed = PrintedProgress(lambda line: lines.append(line))
    printed.feed(b"line\n" * 10_000)
    printed.feed(b"x" * 1_000_000)
    printed.feed(b"\n")
    assert len(lines) < 100
    assert max(map(len, lines)) <= 2048


def test_a_reader_that_breaks_stops_nothing() -> None:
    """A parser of somebody's own may stumble over a line: the output goes on, and later lines still count."""

    def read(line: str) -> Progress:
        return Progress(int(line))

    printed = PrintedProgress(read)
    printed.feed(b"1\nhello\n2\n")
    assert printed.progress() == Progress(2)
