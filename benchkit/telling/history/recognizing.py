"""Which harness wrote a file or folder of results, detected by letting every parser try."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from benchkit.errors import ParseError, UsageError
from benchkit.telling.history.adding import text_of

if TYPE_CHECKING:
    from parsers.base import Parser


def writer_of(source: Path) -> str:
    """The one parser that reads it; UsageError names those that do where it is not exactly one."""
    from parsers import NEEDED_SETTING, PARSERS, get_parser

    parsers = {name: get_parser(name) for name in PARSERS if name not in NEEDED_SETTING}
    kinds = {type(parser) for parser in parsers.values()}
    text = text_of(source)
    fits_by_parser = {
        name: _tried(parser, source, text)
        for name, parser in parsers.items()
        if not kinds.intersection(type(parser).__mro__[1:])  # what is made after another has the same form
    }
    # What nobody can take may still be somebody's, who then says why it cannot be taken.
    fitting = [name for name, fits in fits_by_parser.items() if fits] or [
        n for n, fits in fits_by_parser.items() if fits is None
    ]
    if len(fitting) == 1:
        return fitting[0]
    if fitting:
        raise UsageError(f"{source} is of the form of {' and '.join(fitting)}: say which with --parser")
    raise UsageError(
        f"{source} is no record of ours, and none of {', '.join(fits_by_parser)} reads it:"
        " say who wrote it with --parser"
    )


def _tried(parser: Parser, source: Path, text: str) -> bool | None:
    """Whether it reads it; None where it knows the form and cannot take the result."""
    from parsers.harness import Untrue

    try:
        parser.parse(text, source)
    except ParseError as error:
        return None if isinstance(error.__cause__, Untrue) else False
    return True
