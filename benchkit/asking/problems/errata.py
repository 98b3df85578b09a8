"""LiveCodeBench's own list of problems that it grades wrongly, by id or by the words of the title.

The list is ERRATA.md of the LiveCodeBench repository, as of July 2025.
"""

from __future__ import annotations

import re

MANY_ANSWERS = "several outputs are right, the tests accept one"
INTERACTIVE = "interactive: it wants to talk to a judge"
WRONG_TESTS = "its tests are wrong"

ERRATA: dict[str, str] = {
    "abc311_c": MANY_ANSWERS,
    "abc326_d": MANY_ANSWERS,
    "abc327_b": MANY_ANSWERS,
    "abc333_e": MANY_ANSWERS,
    "abc343_e": MANY_ANSWERS,
    "abc343_a": MANY_ANSWERS,
    "abc362_c": MANY_ANSWERS,
    "arc185_c": MANY_ANSWERS,
    "find-words-containing-character": MANY_ANSWERS,
    "find-the-peaks": MANY_ANSWERS,
    "generate-binary-strings-without-adjacent-zeros": MANY_ANSWERS,
    "abc337_e": INTERACTIVE,
    "abc355_e": INTERACTIVE,
    "abc350_c": WRONG_TESTS,
    "apply-operations-to-make-string-empty": WRONG_TESTS,
    "arc189_a": WRONG_TESTS,
    "most-frequent-ids": WRONG_TESTS,
}


def erratum(problem_id: str, title: str) -> str | None:
    """What is wrong with the problem, if it is on the list."""
    slug = re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")
    return ERRATA.get(problem_id) or ERRATA.get(slug)
