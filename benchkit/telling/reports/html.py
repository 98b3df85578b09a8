"""The report as one HTML file that needs nothing else: no network, no script, light and dark."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from html import escape
from itertools import chain

from benchkit.rerun import command_of_run
from benchkit.telling.comparison.groups import group_tables
from benchkit.telling.comparison.judgements import judgement_lines
from benchkit.telling.comparison.page import ComparisonPage, remarks, verdict_lines
from benchkit.telling.comparison.part_table import part_table
from benchkit.telling.reports.flips import Flip, FlippedAnswer, JudgedAnswer
from benchkit.telling.reports.material import Material, failure_line, how_asked, infrastructure_lines
from benchkit.telling.reports.svg import DARK, DARK_STYLE, LIGHT, STYLE
from benchkit.telling.tables.formats import as_html
from benchkit.terminal import printable

MOST_BYTES = 940_000  # so that with its style and the names of what was left out it stays under a megabyte
MOST_NAMES = 4
MOST_LEFT_OUT = 1000  # that are named
WORDS = re.compile("BETTER|WORSE|EQUIVALENT|INCONCLUSIVE")

PAGE_STYLE = (
    "body{font:15px/1.5 system-ui,sans-serif;max-width:1100px;margin:2em auto;padding:0 1em;"
    f"background:{LIGHT[0]};color:{LIGHT[1]}}}"
    "h1{font-size:1.5em}h2{font-size:1.25em;margin-top:2em}h3{font-size:1.05em}"
    ".wide{overflow-x:auto}table{border-collapse:collapse;font-size:13px}"
    f"th,td{{padding:.25em .7em;border-bottom:1px solid {LIGHT[3]};text-align:left;white-space:nowrap}}"
    # On a phone a name may break anywhere, and a chart stays as large as its letters need: it scrolls.
    "body{overflow-wrap:break-word}.wide td:first-child{white-space:normal;min-width:15em;max-width:22em}"
    "svg.chart{display:block;width:100%;min-width:660px;max-width:960px;height:auto;margin:1em 0}"
    ".code th{white-space:normal;overflow-wrap:anywhere;vertical-align:bottom}"
    ".code td{white-space:pre-wrap;overflow-wrap:anywhere;border:0;padding:0 .6em;vertical-align:top;"
    "font:12px/1.45 ui-monospace,monospace}.code{width:100%;table-layout:fixed}"
    ".code td.m{width:1.2em;padding:0;text-align:center}tr.c td{font-weight:600}"
    "pre{white-space:pre-wrap;overflow-wrap:anywhere;font:12px/1.45 ui-monospace,monospace}"
    f"tr.c{{background:{LIGHT[3]}55}}summary{{cursor:pointer}}code{{overflow-wrap:anywhere}}"
)
DARK_PAGE = (
    f"@media (prefers-color-scheme:dark){{body{{background:{DARK[0]};color:{DARK[1]}}}"
    f"th,td{{border-color:{DARK[3]}}}tr.c{{background:{DARK[3]}}}a{{color:#6cb6ff}}}}"
)


class Html:
    def render(self, material: Material) -> bytes:
        title = f"Benchmark report, {material.written:%Y-%m-%d %H:%M}"
        body = [f"<h1>{title}</h1>", *_pages(material)]
        body += _list_under("What failed", map(failure_line, material.failures))
        body += _list_under("The machine", (_words(machine) for machine in material.machines))
        text = (
            '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
            '<meta name="viewport" content="width=device-width,initial-scale=1">'
            '<meta name="color-scheme" content="light dark">'
            f"<title>{title}</title><style>{STYLE}{PAGE_STYLE}{DARK_STYLE}{DARK_PAGE}</style></head>\n<body>\n"
            + "\n".join(body)
            + "\n</body></html>\n"
        )
        return text.encode("utf-8", "replace")


def _pages(material: Material) -> Iterator[str]:
    """Each page, its codes in an equal part of the room that everything else leaves."""
    around = [(_results(material, one), _commands(one)) for one in material.pages]
    taken = sum(len(part.encode("utf-8", "replace")) for parts in around for part in chain(*parts))
    room = max(0, MOST_BYTES - taken) // len(around)
    for one, (results, commands) in zip(material.pages, around, strict=True):
        judged = list(material.judged(one))
        flips = _flips(material.flips(one), room // 2 if judged else room)
        left = room - sum(len(part.encode("utf-8", "replace")) for part in flips)
        yield from (*results, *flips, *_judged(judged, left), *commands)


def _results(material: Material, one: ComparisonPage) -> list[str]:
    return [
        f"<h2>{_said(one.section.title)}</h2>",
        f"<p>Asked: {_said(how_asked(one))}</p>",
        f'<div class="wide">{as_html(one.columns, one.rows)}</div>',
        *_parts(one),
        *_groups(one),
        *_list(remarks(one)),
        "<h3>What the scores prove</h3>",
        *(WORDS.sub(r"<strong>\g<0></strong>", item) for item in _list(verdict_lines(one))),
        *_list(infrastructure_lines(one.rows)),
        *_judgements(one),
        *(f'<div class="wide">{canvas.inline()}</div>' for canvas in material.charts(one)),
    ]


def _judgements(one: ComparisonPage) -> list[str]:
    lines = judgement_lines(one.rows)
    return ["<h3>What judges said</h3>", *_list(lines)] if lines else []


def _parts(one: ComparisonPage) -> Iterator[str]:
    if parts := part_table(one.rows):
        yield f'<h3>Parts of the composite</h3><div class="wide">{as_html(parts, one.rows)}</div>'


def _groups(one: ComparisonPage) -> Iterator[str]:
    for table in group_tables(one.rows):
        yield f'<h3>By {_said(table.name)}</h3><div class="wide">{as_html(table.columns, one.rows)}</div>'


def _commands(one: ComparisonPage) -> list[str]:
    return [
        "<h3>To make a row again</h3>",
        *(f"<p><code>{_said(command_of_run(row.run))}</code></p>" for row in one.rows),
    ]


def _flips(flips: Sequence[Flip], room: int) -> list[str]:
    """Both codes of each."""
    head = f"Flipped problems: {len(flips)} that some solved and others did not"
    return _that_fit(head, [(one.task, _flip(one)) for one in flips], room)


def _judged(judged: Sequence[JudgedAnswer], room: int) -> list[str]:
    """What a judge said, beside the code that it saw."""
    head = f"What judges said of {len(judged)} single answers, the worst of each model first"
    named = [(f"{one.attempt.model} {one.task}", _one_judged(one)) for one in judged]
    return _that_fit(head, named, room)


def _that_fit(head: str, named: Sequence[tuple[str, str]], room: int) -> list[str]:
    """As many as there is room for, in bytes; the others are named."""
    if not named:
        return []
    parts, used = [f"<h3>{_said(head)}</h3>"], 0
    for place, (_, part) in enumerate(named):
        used += len(part.encode("utf-8", "replace"))
        if used > room:
            rest = ", ".join(name for name, _ in named[place : place + MOST_LEFT_OUT])
            rest += f" and {more} more" if (more := len(named) - place - MOST_LEFT_OUT) > 0 else ""
            return [*parts, f"<p>Not shown here, to keep this file small: {_said(rest)}</p>"]
        parts.append(part)
    return parts


def _one_judged(one: JudgedAnswer) -> str:
    attempt = one.attempt
    points = one.why_not or "nothing was decided" if one.points is None else f"{one.points:.0f} points"
    head = f"<b>{_said(one.task)}</b> {_said(_attempt_in_words(attempt))}: {_said(points)}"
    code = "\n".join(map(_said, (attempt.code or "the code was not kept").splitlines()))
    return f"<details><summary>{head}</summary><pre>{code}</pre>{_rationale(attempt)}</details>"


def _flip(flip: Flip) -> str:
    who = f"solved by {_names(flip.solved_by)}; not by {_names(flip.failed_by)}"
    head = f"<details><summary><b>{_said(flip.task)}</b> {_said(who)}</summary>"
    if not (flip.solved.code or flip.failed.code):
        return f"{head}<p>{_said(flip.failed.detail or 'the codes were not kept')}</p></details>"
    rows = "".join(
        f"<tr{'' if mark == '=' else ' class=c'}><td>{_said(left)}</td>"
        f"<td class=m>{'' if mark == '=' else mark}</td><td>{_said(right)}</td></tr>"
        for mark, left, right in flip.side_by_side()
    )
    heads = f"<tr><th>{_attempt(flip.failed)}</th><th></th><th>{_attempt(flip.solved)}</th></tr>"
    columns = '<colgroup><col><col style="width:1.4em"><col></colgroup>'
    judged = "".join(_rationale(one) for one in (flip.failed, flip.solved))
    return f'{head}<table class="code">{columns}{heads}{rows}</table>{judged}</details>'


def _rationale(one: FlippedAnswer) -> str:
    """What a judge said, below the codes."""
    if not one.rationale:
        return ""
    head, *lines = one.rationale
    return f"<p>{_said(one.model)} {_said(head)}</p>" + "".join(_list(lines))


def _names(names: Sequence[str]) -> str:
    return ", ".join(names) if len(names) <= MOST_NAMES else f"{len(names)} models"


def _attempt(one: FlippedAnswer) -> str:
    return _said(_attempt_in_words(one))


def _attempt_in_words(one: FlippedAnswer) -> str:
    detail = f": {one.detail}" if one.detail else ""
    return f"{one.model} ({one.verdict}{detail})"


def _list_under(title: str, lines: Iterable[str]) -> list[str]:
    items = _list(lines)
    return [f"<h2>{title}</h2>", *items] if items else []


def _list(lines: Iterable[str]) -> list[str]:
    items = [f"<li>{_said(line)}</li>" for line in lines]
    return [f"<ul>{''.join(items)}</ul>"] if items else []


def _words(machine: dict[str, object]) -> str:
    return ", ".join(f"{name} {value}" for name, value in machine.items())


def _said(text: str) -> str:
    """Somebody else's text as text, never as HTML."""
    return escape(printable(text.replace("\t", "    ")))
