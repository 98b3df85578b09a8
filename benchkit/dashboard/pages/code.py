"""Code with its words marked for the style sheet, which gives the colours in light and dark."""

from __future__ import annotations

import re

from markupsafe import Markup, escape
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import get_lexer_by_name
from pygments.util import ClassNotFound

LONGEST = 200_000  # characters: marking more takes seconds, and nobody reads it here
LABEL = re.compile(r"^```([\w+#-]+)", re.MULTILINE)


def marked(code: str, language: str) -> Markup:
    """HTML of the code; of one that is too long or in no known language, the plain text."""
    try:
        lexer = get_lexer_by_name(language, stripnl=False)
    except ClassNotFound:
        return escape(code)
    return escape(code) if len(code) > LONGEST else Markup(highlight(code, lexer, HtmlFormatter(nowrap=True)))


def language_of(response: str, recorded: object) -> str:
    """What the problem says, else the first fence of the answer, else what all benchmarks asked for once."""
    label = LABEL.search(response)
    if isinstance(recorded, str) and recorded:
        return recorded
    return label.group(1).lower() if label else "python"
