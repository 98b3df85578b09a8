"""Scores that other Pythons or toolchains judged stand beside each other, and a line says so."""

from __future__ import annotations

import json
from typing import Any

import pytest

from benchkit.telling.comparison.columns import BY_NAME
from benchkit.telling.comparison.page import ComparisonPage, page, remarks, rendered
from benchkit.telling.comparison.verdicts import verdicts
from tests.telling.comparison.nights import a_contestant, a_section

SAYS = "other Pythons or toolchains may judge otherwise: "


def here(python: str | None = "3.11.7", **toolchains: str | None) -> dict[str, Any]:
    """Results that were judged on the machine that asked."""
    judging = {"toolchains": toolchains} if toolchains else {}
    return {"sandbox": {"python": python}, "further": {"judging": judging}}


def on_boxes(*boxes: tuple[str, str, int]) -> dict[str, Any]:
    told = {name: {"python": python, "answers": answers} for name, python, answers in boxes}
    return {**here("3.11.7"), "further": {"judging": {"boxes": told}}}


def compared(*results: dict[str, Any]) -> ComparisonPage:
    rows = [a_contestant(name, (), results=one) for name, one in zip("ABC", results, strict=False)]
    section = a_section(*rows)
    return page(section, verdicts(section), BY_NAME["score"], None)


@pytest.mark.parametrize(
    ("results", "told"),
    [
        ((here(), here("3.12.1"), here("3.12.1")), ["python 3.11.7 (A), python 3.12.1 (B, C)"]),
        ((here(), on_boxes(("alpha", "3.11.7", 20))), []),
        (
            (here(), on_boxes(("alpha", "3.11.7", 9), ("beta", "3.12.1", 9))),
            ["python 3.11.7 (A, B), python 3.12.1 (B)"],
        ),
        ((here(), on_boxes(("alpha", "3.11.7", 9), ("beta", "3.12.1", 0))), []),  # it judged nothing
        ((here(), here(None), {}), []),  # what is not known differs from nothing
        ((here(rust="1.80"), here("3.12.1", rust="1.95")), ["rust 1.80 (A), rust 1.95 (B)"]),
        ((here(rust="1.80"), here("3.12.1", go="1.27"), here(rust=None)), []),
    ],
)
def test_what_differs_is_named_with_whose_answers_it_judged(
    results: tuple[dict[str, Any], ...], told: list[str]
) -> None:
    """Here or on boxes of a cluster; of programs in another language, Python judged nothing."""
    lines = remarks(compared(*results))
    assert [line.removeprefix(SAYS) for line in lines if line.startswith(SAYS)] == told


def test_programs_read_it_as_json() -> None:
    """Only where something differs."""
    pages = [compared(here(), here("3.12.1")), compared(here(), here())]
    differing, agreeing = json.loads(rendered(pages, "json", None))
    assert differing["judged_with"] == {"python 3.11.7": ["A"], "python 3.12.1": ["B"]}
    assert "judged_with" not in agreeing
