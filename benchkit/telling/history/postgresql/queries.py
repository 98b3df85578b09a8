"""Statements over the table `run`. Every name in a text comes from our tables, every value is bound."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from benchkit.telling.history.finding import Filter, Page, SortOrder
from benchkit.telling.history.listing import FACTS, HEAD_COLUMNS, order_clause
from benchkit.telling.history.postgresql.rows import RECORD, storable_text

Query = tuple[str, list[Any]]

HEADS = f"SELECT sequence, {', '.join(HEAD_COLUMNS)} FROM run"

LATEST_HEADS = f"""
    {HEADS} WHERE sequence IN (
        SELECT DISTINCT ON (status, benchmark, model, problems) sequence FROM run
        ORDER BY status, benchmark, model, problems, moment DESC, sequence DESC
    ) ORDER BY sequence
"""
"""Of each status, benchmark, model and problem set the last run: the index run_by_latest alone tells it."""

COUNTS = """
    SELECT model, count(*), count(*) FILTER (WHERE status <> 'ok'), max(moment)
    FROM run GROUP BY model ORDER BY model
"""

_COLUMNS = ("box", "record", "exact", "lease_group", "attempt", *FACTS)
_VALUES = (
    ", ".join(f"%({name})s" for name in _COLUMNS)
    .replace("%(record)s", "%(record)s::jsonb")
    .replace("%(exact)s", "%(exact)s::json")
)

ADD = f"""
    INSERT INTO run ({", ".join(_COLUMNS)}) VALUES ({_VALUES}) ON CONFLICT (id) DO NOTHING RETURNING id
"""

SAYS_THE_SAME = "SELECT record = %(record)s::jsonb FROM run WHERE id = %(id)s"
"""Of a run that is there already."""

ADD_IF_CURRENT = f"""
    WITH present AS (
        SELECT FROM lease
        WHERE "group" = %(lease_group)s AND attempt = %(attempt)s AND box = %(box)s AND outcome IS NULL
        FOR UPDATE
    ), added AS (
        INSERT INTO run ({", ".join(_COLUMNS)}) SELECT {_VALUES} FROM present
        ON CONFLICT (id) DO NOTHING RETURNING id
    )
    SELECT
        EXISTS (SELECT FROM added),
        EXISTS (SELECT FROM run WHERE id = %(id)s AND lease_group = %(lease_group)s AND attempt = %(attempt)s)
"""
"""Whether the run was added now, and whether the same attempt had added it before."""

_TAGS = """
    ARRAY(
        SELECT tag FROM unnest({kept} || %(tags)s::text[]) WITH ORDINALITY AS one (tag, place)
        WHERE tag <> ALL (%(without)s::text[]) GROUP BY tag ORDER BY min(place)
    )
"""

ANNOTATE = f"""
    INSERT INTO note (run, note, tags)
    VALUES (%(run)s, coalesce(%(text)s::text, ''), {_TAGS.format(kept="'{}'::text[]")})
    ON CONFLICT (run) DO UPDATE SET
        note = coalesce(%(text)s::text, note.note),
        tags = {_TAGS.format(kept="note.tags")}
    RETURNING note, tags
"""
"""Sets the text where one is given, adds tags in their order and drops those `without`."""


def count_query(wanted: Filter) -> Query:
    where, values = _where(wanted)
    return f"SELECT count(*) FROM run {where}", values


def page_query(wanted: Filter, order: SortOrder, page: Page) -> Query:
    """The records of a page's runs."""
    where, values = _where(wanted)
    text = f"SELECT sequence, {RECORD} FROM run {where} {order_clause(order, 'sequence')} LIMIT %s OFFSET %s"
    return text, [*values, page.limit, page.offset]


def _where(wanted: Filter) -> Query:
    decided: Sequence[tuple[str, str, Any]] = wanted.conditions()
    parts = [f"{column} {sign} %s" for column, sign, _ in decided]
    values = [storable_text(value) if isinstance(value, str) else value for *_, value in decided]
    if wanted.text is not None:
        parts.append("strpos(searched, %s) > 0")
        values.append(storable_text(wanted.text.casefold()))
    if wanted.tag is not None:
        parts.append("id IN (SELECT run FROM note WHERE %s = ANY (tags))")
        values.append(storable_text(wanted.tag))
    return (f"WHERE {' AND '.join(parts)}" if parts else ""), values
