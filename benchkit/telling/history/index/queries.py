"""Filters, orders and pages as SQL. Every name in a text comes from our tables, every value is bound."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from benchkit.telling.history.finding import Filter, Page, SortOrder
from benchkit.telling.history.index.database import FILTERED, TEXT_PLACE, storable
from benchkit.telling.history.listing import order_clause

Query = tuple[str, list[Any]]


def count_query(wanted: Filter, tagged: Sequence[str]) -> Query:
    where, values = _where(wanted, tagged)
    return f"SELECT count(*) FROM {where}", values


def page_query(wanted: Filter, tagged: Sequence[str], order: SortOrder, page: Page) -> Query:
    """The positions of a page's runs, which the indexes alone can tell."""
    where, values = _where(wanted, tagged)
    limit = -1 if page.limit is None else page.limit
    text = f"SELECT position FROM {where} {order_clause(order, 'position')} LIMIT ? OFFSET ?"
    return text, [*values, limit, page.offset]


def places_query(positions: Sequence[int]) -> Query:
    """Where the lines of these runs lie."""
    text = "SELECT position, offset, length FROM runs WHERE position IN (SELECT value FROM json_each(?))"
    return text, [json.dumps(list(positions))]


def latest_query(columns: Sequence[str]) -> str:
    """Of each status, benchmark, model and problem set the last run."""
    return f"""
        SELECT {", ".join(columns)} FROM runs WHERE position IN (
            SELECT position FROM (
                SELECT position, row_number() OVER (
                    PARTITION BY status, benchmark, model, problems ORDER BY moment DESC, position DESC
                ) AS place FROM runs
            ) WHERE place = 1
        ) ORDER BY position
    """


def _where(wanted: Filter, tagged: Sequence[str]) -> Query:
    """The table, and what its rows must have."""
    decided = wanted.conditions()
    parts = [
        f"{column} {sign} {TEXT_PLACE if isinstance(value, str) else '?'}" for column, sign, value in decided
    ]
    values: list[Any] = [storable(value) for *_, value in decided]
    if wanted.text is not None:
        parts.append(f"position IN (SELECT position FROM runs WHERE instr(searched, {TEXT_PLACE}))")
        values.append(storable(wanted.text.casefold()))
    if wanted.tag is not None:
        parts.append("id IN (SELECT value FROM json_each(?))")
        values.append(json.dumps(list(tagged)))
    # The planner would rather follow the order, and look into each run on its way.
    table = f"runs INDEXED BY {FILTERED}" if decided else "runs"
    return (f"{table} WHERE {' AND '.join(parts)}" if parts else table), values
