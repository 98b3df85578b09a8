"""Scores of different engines or builds stand beside each other, and a line says so wherever that is read."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchkit.telling.comparison.catalog import Catalog
from benchkit.telling.comparison.columns import BY_NAME
from benchkit.telling.comparison.page import page, remarks, rendered
from benchkit.telling.comparison.verdicts import verdicts
from benchkit.telling.history import open_store
from benchkit.telling.reports.html import Html
from benchkit.telling.reports.material import Material
from tests.telling.comparison.nights import a_contestant, a_history, a_run, a_section

OLD = {"kind": "llama-server", "version": "b6100"}
NEW = {"kind": "llama-server", "version": "b6300"}
OTHER = {"kind": "xllamacpp", "version": "0.2.4"}
ENDPOINT = {"kind": "endpoint"}
SAYS = "other engines or builds may answer otherwise: "


def _told(*servers: dict[str, str]) -> list[str]:
    rows = [a_contestant(name, (), server=server) for name, server in zip("ABC", servers, strict=False)]
    section = a_section(*rows)
    lines = remarks(page(section, verdicts(section), BY_NAME["score"], None))
    return [line.removeprefix(SAYS) for line in lines if line.startswith(SAYS)]


@pytest.mark.parametrize(
    ("servers", "told"),
    [
        ((OLD, NEW, NEW), ["llama-server b6100 (A), llama-server b6300 (B, C)"]),
        ((OLD, OTHER), ["llama-server b6100 (A), xllamacpp 0.2.4 (B)"]),
        ((OLD, OLD, OLD), []),
        ((OLD, {"kind": "llama-server"}), []),  # an unknown build differs from none
        ((OLD, ENDPOINT, {}), []),  # what answers behind an address nobody knows
        ((OLD, {"kind": "ollama"}), ["llama-server b6100 (A), ollama (B)"]),
    ],
)
def test_what_differs_is_named_with_who_has_it(servers: tuple[dict[str, str], ...], told: list[str]) -> None:
    """Builds of one engine, and engines; what is not known differs from nothing."""
    assert _told(*servers) == told


def test_repeated_runs_of_one_model_are_looked_at_as_well() -> None:
    """With --repeats a row may itself be an average over builds."""
    row = a_contestant("A", (), server=OLD)
    averaged = type(row)(row.label, (row.run, a_run("A", server=NEW)), row.outcomes)
    section = a_section(averaged)
    said = remarks(page(section, verdicts(section), BY_NAME["score"], None))
    assert f"{SAYS}llama-server b6100 (A), llama-server b6300 (A)" in said


def test_a_long_list_names_some_of_them() -> None:
    """Of 30 models on one build the first few are enough to find the rest."""
    rows = [a_contestant(f"m{number}", (), server=NEW if number else OLD) for number in range(9)]
    section = a_section(*rows)
    said = "\n".join(remarks(page(section, verdicts(section), BY_NAME["score"], None)))
    assert "llama-server b6100 (m0), llama-server b6300 (m1, m2, m3, m4, m5 and 3 more)" in said


@pytest.mark.parametrize("style", ["table", "markdown", "html"])
def test_each_form_for_people_says_it(style: str) -> None:
    """`compare`, and `report` as Markdown, which is made of the same."""
    section = a_section(a_contestant("A", (), server=OLD), a_contestant("B", (), server=NEW))
    assert SAYS in rendered([page(section, verdicts(section), BY_NAME["score"], None)], style, None)


def test_programs_read_it_as_json() -> None:
    """Only where something differs."""
    both = a_section(a_contestant("A", (), server=OLD), a_contestant("B", (), server=NEW))
    same = a_section(a_contestant("A", (), server=OLD), a_contestant("B", (), server=OLD))
    pages = [page(one, (), BY_NAME["score"], None) for one in (both, same)]
    differing, agreeing = json.loads(rendered(pages, "json", None))
    assert differing["engines"] == {"llama-server b6100": ["A"], "llama-server b6300": ["B"]}
    assert "engines" not in agreeing


def test_the_report_as_html_says_it(tmp_path: Path) -> None:
    """From a history, as two boxes of one cluster leave it."""
    place = a_history(tmp_path, a_run("A", server=OLD), a_run("B", [1], server=NEW))
    report = Html().render(Material(Catalog(open_store(place))))
    assert SAYS in report.decode()
