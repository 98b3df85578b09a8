"""Both codes of a flipped problem side by side, for a terminal."""

from __future__ import annotations

from collections.abc import Iterator

from benchkit.telling.reports.flips import Flip, FlippedAnswer
from benchkit.telling.tables.width import shown_width
from benchkit.terminal import printable

WITHOUT_TERMINAL = 160
NARROWEST = 20
BETWEEN = 3


def code_lines(flip: Flip, width: int | None) -> Iterator[str]:
    """The failing code at the left, the solving one at the right; what differs is marked between them."""
    half = max(NARROWEST, ((width or WITHOUT_TERMINAL) - BETWEEN) // 2)
    yield f"{flip.task}: solved by {', '.join(flip.solved_by)}; not by {', '.join(flip.failed_by)}"
    for one in (flip.failed, flip.solved):
        yield f"  {_said(one)}"
        yield from (f"    {printable(line)}" for line in one.rationale)
    if not (flip.failed.code or flip.solved.code):
        yield "  the codes were not kept"
        return
    yield _line(flip.failed.model, " ", flip.solved.model, half)
    yield "─" * half + "┼".center(BETWEEN, "─") + "─" * half
    for mark, left, right in flip.side_by_side():
        yield _line(left, "│" if mark == "=" else mark, right, half)


def _said(one: FlippedAnswer) -> str:
    return printable(f"{one.model}: {one.verdict}{f': {one.detail}' if one.detail else ''}")


def _line(left: str, mark: str, right: str, half: int) -> str:
    cut = _cut(left, half)
    return f"{cut}{' ' * (half - shown_width(cut))} {mark} {_cut(right, half)}".rstrip()


def _cut(text: str, width: int) -> str:
    """Code is read from its beginning: what is too long loses its end."""
    clean = printable(text.replace("\t", "    "))
    if shown_width(clean) <= width:
        return clean
    while shown_width(clean) > width - 1:
        clean = clean[: max(len(clean) - max(1, (shown_width(clean) - width) // 2), 0)]
    return clean + "…"
