"""A whole comparison in each format: table, verdict lines, what was left out, how to make it again."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from benchkit.errors import UnknownName, UsageError
from benchkit.records import Status
from benchkit.rerun import command_of_run
from benchkit.telling.comparison import facts
from benchkit.telling.comparison.columns import (
    BY_NAME,
    COLUMNS,
    chosen,
    disturbed,
    gpus,
    informative,
    ordered,
)
from benchkit.telling.comparison.engines import differing_engines, in_words
from benchkit.telling.comparison.groups import group_tables
from benchkit.telling.comparison.part_table import part_remarks, part_table
from benchkit.telling.comparison.selection import Contestant, Section
from benchkit.telling.comparison.speeds import EARLIER
from benchkit.telling.comparison.toolchains import differing_toolchains
from benchkit.telling.comparison.verdicts import (
    MARGIN,
    MOST_JUDGED,
    PairVerdict,
    against,
    line,
    marks,
    verdicts,
)
from benchkit.telling.tables.columns import DOUBTFUL, Column
from benchkit.telling.tables.formats import FORMATS, records
from benchkit.telling.tables.text import as_fitted_text, as_text, fitted
from benchkit.terminal import counted, printable

MOST_FOR_ALL_PAIRS = 10
FORMAT_NAMES = ("table", "json", *FORMATS)


@dataclass(frozen=True)
class ComparisonPage:
    """A section with its rows in order, its columns and its verdicts."""

    section: Section
    rows: tuple[Contestant, ...]
    columns: tuple[Column[Contestant], ...]
    verdicts: tuple[PairVerdict, ...]
    named_columns: bool = False  # they were asked for: none is left out

    def shown_verdicts(self) -> tuple[tuple[PairVerdict, ...], str]:
        """Of many models only the pairs with the first row, seen from the other, and words that say so."""
        if len(self.rows) <= MOST_FOR_ALL_PAIRS or len(self.verdicts) < len(self.rows):
            return self.verdicts, ""
        first = self.rows[0]
        kept = tuple(
            verdict if verdict.before == first else replace(verdict, before=first, after=verdict.before)
            for verdict in self.verdicts
            if first in (verdict.before, verdict.after)
        )
        return (
            kept,
            f"{len(self.verdicts)} pairs in all, these are the ones with {first.label}: see also --baseline",
        )


def page(
    section: Section, verdicts: Sequence[PairVerdict], sort: Column[Contestant], columns: str | None
) -> ComparisonPage:
    rows = ordered(section.contestants, sort)
    wanted = chosen(columns)
    return ComparisonPage(
        section,
        tuple(rows),
        wanted if columns else informative(wanted, rows),
        tuple(verdicts),
        named_columns=columns is not None,
    )


def pages(
    sections: Sequence[Section],
    baseline: str | None,
    sort: Column[Contestant] = BY_NAME["score"],
    columns: str | None = None,
    margin: float = MARGIN,
) -> list[ComparisonPage]:
    """One a section, each pair judged; with a baseline only those that it stands in."""
    if baseline is None:
        return [page(one, verdicts(one, margin=margin), sort, columns) for one in sections]
    judged = [
        page(one, verdicts(one, base, margin), sort, columns)
        for one in sections
        if (base := against(one, baseline)) is not None
    ]
    if not judged:
        raise _no_baseline(sections, baseline)
    return judged


def _no_baseline(sections: Sequence[Section], wanted: str) -> UsageError:
    for why in (why for one in sections for why in one.left_out):
        if why.startswith(f"{wanted}: "):
            return UsageError(f"baseline {wanted} was asked otherwise{why[len(wanted) :]}; --anyway compares")
    return UnknownName("baseline", wanted, [one.label for section in sections for one in section.contestants])


def rendered(pages: Sequence[ComparisonPage], style: str, width: int | None) -> str:
    if style == "table":
        return "\n\n".join(_text(one, width) for one in pages)
    if style == "json":
        return json.dumps([_record(one) for one in pages], ensure_ascii=False, indent=1)
    if style in ("csv", "tsv"):
        columns = pages[0].columns if pages[0].named_columns else COLUMNS
        return FORMATS[style](columns, [row for one in pages for row in one.rows])
    return "\n\n".join(_document(one, style) for one in pages)


def _text(one: ComparisonPage, width: int | None) -> str:
    columns, dropped = (_told_apart(one), []) if one.named_columns else fitted(one.columns, one.rows, width)
    lines = [printable(one.section.title), "", as_text(columns, one.rows, width), ""]
    if dropped:
        lines.append(f"no room for: {', '.join(c.name for c in dropped)} (--columns shows them)")
    if parts := _parts_of(one):
        lines += ["Parts of the composite", "", as_text(parts, one.rows, width), ""]
    for table in group_tables(one.rows):
        lines += [f"By {table.name}", "", as_fitted_text(table.columns, one.rows, width)[0], ""]
    lines += [*remarks(one), ""] if remarks(one) else []
    lines += [*verdict_lines(one), ""]
    lines += ["To make a row again:", *(f"  {printable(command_of_run(row.run))}" for row in one.rows)]
    return "\n".join(lines)


def _told_apart(one: ComparisonPage) -> tuple[Column[Contestant], ...]:
    """The named columns; of several rows the models' names first, where none tells whose a row is."""
    names = {BY_NAME["model"], BY_NAME["run"]}
    return one.columns if len(one.rows) < 2 or names & {*one.columns} else (BY_NAME["model"], *one.columns)


def verdict_lines(one: ComparisonPage) -> list[str]:
    shown, said = one.shown_verdicts()
    lines = []
    for verdict in shown:
        odd = marks(verdict)
        lines.append(printable(f"{line(verdict)} · {odd}" if odd else line(verdict)))
    if not lines and len(one.rows) > 1:
        lines.append("No run here has a score: nothing to judge.")
    elif not lines:
        lines.append("One run: nothing to compare it with yet.")
    return [*lines, *([said] if said else [])]


def remarks(one: ComparisonPage) -> list[str]:
    """What a person must know before reading the table."""
    said = [f"left out, not under the same conditions: {printable(why)}" for why in one.section.left_out]
    said += [f"≠ {printable(row.label)}: {printable(row.mark)}" for row in one.rows if row.mark]
    said += [
        f"{printable(row.label)} {printable(row.run.error or Status.STOPPED)}; its interval is of all of them"
        for row in one.rows
        if row.outcomes.stopped
    ]
    said += map(printable, part_remarks(one.rows, one.columns if one.named_columns else _parts_of(one)))
    said += [
        f"{printable(row.label)}: {counted(count, 'answer is that', 'answers are those')} of earlier runs"
        for row in one.rows
        if (count := row.run.results.reused_answers)
    ]
    if earlier := [f"{row.label} ({row.earlier.id})" for row in one.rows if row.earlier]:
        said.append(f"speeds marked {EARLIER} are those of an earlier run: {printable(', '.join(earlier))}")
    if len(one.rows) > MOST_JUDGED:
        said.append(f"too many models for all pairs: the {MOST_JUDGED} best are judged")
    if len(gpus(one.rows)) > 1:
        said.append(
            f"speeds are of different machines and not ranked: {', '.join(map(printable, gpus(one.rows)))}"
        )
    if engines := differing_engines(one.rows):
        said.append(printable(f"other engines or builds may answer otherwise: {in_words(engines)}"))
    if toolchains := differing_toolchains(one.rows):
        said.append(printable(f"other Pythons or toolchains may judge otherwise: {in_words(toolchains)}"))
    if odd := disturbed(one.rows):
        said.append(
            f"speeds marked {DOUBTFUL} are not ranked, other programs took a part of the processor: "
            + ", ".join(printable(f"{row.label} ({_taken(row)})") for row in odd)
        )
    return said


def _parts_of(one: ComparisonPage) -> tuple[Column[Contestant], ...]:
    """The table of the parts, where it is not the columns that were asked for."""
    return () if one.named_columns else part_table(one.rows)


def _taken(row: Contestant) -> str:
    return f"{row.timed.telemetry.cpu_taken_by_others_percent or 0:.0f}%"


def _document(one: ComparisonPage, style: str) -> str:
    table = FORMATS[style](one.columns, one.rows)
    parts = _parts_of(one)
    by_group = [
        *([("Parts of the composite", FORMATS[style](parts, one.rows))] if parts else []),
        *((f"By {each.name}", FORMATS[style](each.columns, one.rows)) for each in group_tables(one.rows)),
    ]
    lines = [*remarks(one), *verdict_lines(one)]
    if style == "markdown":
        commands = "\n".join(printable(command_of_run(row.run)) for row in one.rows)
        said = "\n".join(f"- {markdown_text(text)}" for text in lines)
        tables = "\n\n".join([table, *(f"{title}:\n\n{each}" for title, each in by_group)])
        return f"## {markdown_text(one.section.title)}\n\n{tables}\n\n{said}\n\n```sh\n{commands}\n```"
    if style == "html":
        from html import escape

        said = "\n".join(f"<li>{escape(text)}</li>" for text in lines)
        tables = "\n".join([table, *(f"<h3>{title}</h3>\n{each}" for title, each in by_group)])
        return f"<h2>{escape(one.section.title)}</h2>\n{tables}\n<ul>\n{said}\n</ul>"
    return "\n\n".join([table, *(each for _, each in by_group)])


def markdown_text(text: str) -> str:
    """Somebody else's text, with nothing in it that Markdown would take for HTML or a new line."""
    return printable(" ".join(text.split())).replace("<", "&lt;")


def _record(one: ComparisonPage) -> dict[str, Any]:
    columns = chosen(None) if not one.named_columns else one.columns
    rows = records(columns, one.rows)
    for row, contestant in zip(rows, one.rows, strict=True):
        row |= {"run": contestant.run.id, "command": command_of_run(contestant.run)}
        row |= {"parts": contestant.composite.as_record()} if contestant.composite else {}
        row |= {"speed_disturbed": True} if facts.speed_is_disturbed(contestant.timed) else {}
        row |= {"speed_of_run": contestant.earlier.id} if contestant.earlier else {}
    engines, toolchains = differing_engines(one.rows), differing_toolchains(one.rows)
    return {
        "title": one.section.title,
        "conditions": dict(one.section.conditions),
        **({"engines": engines} if engines else {}),
        **({"judged_with": toolchains} if toolchains else {}),
        "rows": rows,
        "groups": {table.name: records(table.columns, one.rows) for table in group_tables(one.rows)},
        "verdicts": [_verdict_record(verdict) for verdict in one.shown_verdicts()[0]],
        "pairs": len(one.verdicts),
        "left_out": list(one.section.left_out),
    }


def _verdict_record(verdict: PairVerdict) -> dict[str, Any]:
    shown = verdict.evidence
    record: dict[str, Any] = {
        "before": verdict.before.label,
        "after": verdict.after.label,
        "verdict": verdict.word.value,
        "line": line(verdict),
        "same_conditions": not marks(verdict),
    }
    if shown is None:
        return record
    return record | {
        "paired": shown.fixed is not None,
        "problems": list(shown.problems),
        "scores": [round(100 * share, 4) for share in shown.shares],
        "score_intervals": [[round(100 * end, 4) for end in interval] for interval in shown.intervals],
        "difference": round(100 * shown.difference, 4),
        "interval": [round(100 * end, 4) for end in shown.interval],
        "fixed": shown.fixed,
        "broken": shown.broken,
        "p": shown.p,
        "p_holm": verdict.p_corrected,
    }
