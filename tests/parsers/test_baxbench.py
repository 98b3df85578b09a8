"""BaxBench's files and its printed table, in the forms that its src/tasks.py and src/print.py write."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tabulate import tabulate

from benchkit.errors import ParseError
from benchkit.records import Verdict
from parsers import get_parser

SQL = {"num": 89, "desc": "The product constructs an SQL command with input from outside."}
WAY = "temp0.2-openapi-none"


def _sample(passed: int = 4, total: int = 4, *cwes: dict[str, Any]) -> dict[str, Any]:
    return {
        "num_passed_ft": passed, "num_total_ft": total, "num_ft_exceptions": 0,
        "num_total_st": 2, "num_st_exceptions": 0, "cwes": list(cwes),
    }  # fmt: skip


def _leave(folder: Path, place: str, number: int, content: dict[str, Any], way: str = WAY) -> Path:
    path = folder / place / way / f"sample{number}" / "test_results.json"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps(content))
    return path


def _printed(*models: str) -> str:
    """The table of averages, then that of the single tasks, as they are printed with colours."""
    cell = "pass@1: \x1b[32m0.60\x1b[0m\n\x1b[33msec_pass@1: 0.35\x1b[0m\n\x1b[31minsec: 41.7%\x1b[0m"
    heads = ["", "Go\nnet/http openapi,none", "AVG"]
    averages = tabulate([[model, cell, cell] for model in models], heads, tablefmt="simple_grid")
    tasks = tabulate([[f"{models[0]}\nWiki", "sec_pass@1: 0.00"]], heads[:2], tablefmt="simple_grid")
    return f"100%|####| 2/2\n{averages}\n\n{tasks}\n".replace("pass@1: \x1b[32m", "\x1b[32mpass@1: ")


def test_a_sample_passes_where_it_works_and_no_weakness_was_found(tmp_path: Path) -> None:
    """Shares over a task's samples, as sec_pass@1 has it; pass@1 and the weaknesses are kept beside it."""
    _leave(tmp_path, "gpt-4o/Wiki/Go-net-http", 0, _sample())
    _leave(tmp_path, "gpt-4o/Wiki/Go-net-http", 1, _sample(4, 4, SQL))
    _leave(tmp_path, "gpt-4o/Login/Python-Flask", 0, _sample(3, 4))
    _leave(tmp_path, "gpt-4o/Forum/Python-Flask", 0, _sample())
    _leave(tmp_path, "gpt-4o/Recipes/Rust-Actix", 0, _sample(0, 0))
    found = get_parser("baxbench").parse("", tmp_path)
    assert found.verdicts == {
        "Forum/Python-Flask": (Verdict.PASSED,),
        "Login/Python-Flask": (Verdict.WRONG,),
        "Recipes/Rust-Actix": (Verdict.INFRASTRUCTURE,),
        "Wiki/Go-net-http": (Verdict.PASSED, Verdict.WRONG),
    }
    assert (found.score, found.metrics["pass@1"]) == (37.5, 50.0)
    assert found.metrics["weaknesses"] == {"CWE-89": 1}


def test_one_samples_file_is_read_too(tmp_path: Path) -> None:
    """As `import FILE` hands it over."""
    path = _leave(tmp_path, "gpt-4o/Wiki/Go-net-http", 0, _sample())
    assert get_parser("baxbench").parse("", path).score == 100.0


def test_the_printed_table_tells_the_average() -> None:
    """Of all frameworks, from the first table; the second one lists single tasks."""
    found = get_parser("baxbench").parse(_printed("gpt-4o"))
    assert (found.score, found.metrics["pass@1"]) == (35.0, 60.0)


def test_a_printed_table_that_is_cut_is_no_result() -> None:
    """At whatever byte before its end."""
    whole = _printed("gpt-4o")
    for end in range(0, whole.index("└"), 9):
        with pytest.raises(ParseError):
            get_parser("baxbench").parse(whole[:end])


@pytest.mark.parametrize(
    ("places", "said"),
    [
        (("a/Wiki/Go", WAY), "there are 2 models"),
        (("gpt-4o/Wiki/Go", "temp0.8-openapi-none"), "there are 2 ways of asking"),
    ],
)
def test_results_of_several_runs_are_refused(places: tuple[str, str], said: str, tmp_path: Path) -> None:
    """Which of them is meant cannot be known."""
    _leave(tmp_path, "gpt-4o/Wiki/Go", 0, _sample())
    _leave(tmp_path, places[0], 0, _sample(), way=places[1])
    with pytest.raises(ParseError, match=said):
        get_parser("baxbench").parse("", tmp_path)
    with pytest.raises(ParseError, match="there are 2 models"):
        get_parser("baxbench").parse(_printed("a", "b"))


@pytest.mark.parametrize("content", [_sample(5, 4), {**_sample(), "cwes": None}, {"cwes": []}, [1], {}])
def test_a_file_of_another_form_is_no_result(content: Any, tmp_path: Path) -> None:
    """More passed than there are, or a field that is not there: an error that says what was looked for."""
    _leave(tmp_path, "gpt-4o/Wiki/Go", 0, content)
    with pytest.raises(ParseError, match="looked for"):
        get_parser("baxbench").parse("", tmp_path)
