"""What aider's figures count: tries by their verdict and by what tests printed."""

from __future__ import annotations

from benchkit.asking.tasks import Catalogue
from benchkit.judging.polyglot_figures import Figures, Try
from benchkit.verdict import Verdict


def test_each_try_counts_by_what_came_of_it() -> None:
    """Timeouts, used up budgets, errors of Python by their names; an exercise passes at the try that does."""
    figures = Figures()
    for exercise, verdict, output, truncated in (
        ("python/a", Verdict.TIMEOUT, "", False),
        ("python/a", Verdict.TIMEOUT, "", False),
        ("python/b", Verdict.ERROR, "IndentationError: unexpected indent", False),
        ("python/b", Verdict.PASSED, "", False),
        ("go/c", Verdict.TRUNCATED, "SyntaxError", True),
    ):
        said = "# the rest ... stays\n"
        figures.add(exercise, Try(verdict, said, output, truncated, 1.0, None))
    record = figures.as_record(Catalogue("polyglot", None, "", ()), 2)
    counted = {name: record[name] for name in ("test_timeouts", "indentation_errors", "syntax_errors")}
    assert counted == {"test_timeouts": 2, "indentation_errors": 1, "syntax_errors": 1}
    assert (record["exhausted_context_windows"], record["lazy_comments"]) == (1, 5)
    assert record["total_cost"] is None
