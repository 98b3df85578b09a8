"""Whether a line that a judge quotes stands in the code: a judge that invents lines has seen nothing."""

from __future__ import annotations

from collections.abc import Mapping

COMMENTS = ("# ", "##", "//", "/*", "*/", "* ", "<!--", "-->", '"""', "'''")
"""What a line begins with that is a remark on code and no code: it proves nothing, whatever it claims."""
SHORTEST = 3  # characters: less stands everywhere
NUMBERED = "0123456789"


class Lines:
    """The lines of an answer's files, ready to be looked up."""

    def __init__(self, files: Mapping[str, str]) -> None:
        lines = (_plain(line) for text in files.values() for line in text.splitlines())
        self._lines = tuple(dict.fromkeys(line for line in lines if line and not line.startswith(COMMENTS)))

    def hold(self, quoted: str) -> bool:
        """Whether the quoted text is a line of the code, or a part of one; spaces and quotes aside."""
        wanted = [plain for line in quoted.splitlines() if (plain := _quoted(line))]
        return bool(wanted) and all(self._holds_line(line) for line in wanted)

    def _holds_line(self, wanted: str) -> bool:
        if wanted in self._lines:
            return True
        return len(wanted) >= SHORTEST and any(wanted in line for line in self._lines)


def _quoted(line: str) -> str:
    """Judges put code between backquotes, and some a number before it, as in `12: x = 1`."""
    plain = _plain(line)
    if len(plain) > 1 and plain[0] == plain[-1] == "`":
        plain = plain.strip("`").strip()
    number, colon, rest = plain.partition(": ")
    return rest.strip() if colon and number.strip(NUMBERED) == "" and number else plain


def _plain(line: str) -> str:
    return " ".join(line.split())
