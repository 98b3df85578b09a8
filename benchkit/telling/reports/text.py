"""The report as plain text, for a mail or a terminal."""

from __future__ import annotations

from benchkit.telling.comparison.judgements import judgement_lines
from benchkit.telling.comparison.page import rendered
from benchkit.telling.reports.material import Material, failure_line, how_asked, infrastructure_lines
from benchkit.terminal import printable

WIDTH = 120


class Text:
    def render(self, material: Material) -> bytes:
        lines = [f"Report of {material.written:%Y-%m-%d %H:%M} over {material.catalog.place}", ""]
        for one in material.pages:
            lines += [rendered([one], "table", WIDTH), "", f"asked: {how_asked(one)}"]
            lines += [*judgement_lines(one.rows), *infrastructure_lines(one.rows), ""]
        if material.failures:
            lines += ["What failed:", *(f"  {failure_line(run)}" for run in material.failures), ""]
        for machine in material.machines:
            lines.append("machine: " + ", ".join(f"{name} {value}" for name, value in machine.items()))
        clean = (printable(line) for part in lines for line in part.split("\n"))
        return ("\n".join(clean) + "\n").encode("utf-8", "replace")
