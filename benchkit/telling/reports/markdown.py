"""The report as Markdown, for a repository or a forum."""

from __future__ import annotations

from benchkit.telling.comparison.judgements import judgement_lines
from benchkit.telling.comparison.page import markdown_text, rendered
from benchkit.telling.reports.material import Material, failure_line, how_asked, infrastructure_lines


class Markdown:
    def render(self, material: Material) -> bytes:
        parts = [f"# Benchmark report, {material.written:%Y-%m-%d %H:%M}"]
        for one in material.pages:
            asked = [f"asked: {how_asked(one)}", *judgement_lines(one.rows), *infrastructure_lines(one.rows)]
            parts += [rendered([one], "markdown", None), _list(asked)]
        if material.failures:
            parts += ["## What failed", _list([failure_line(run) for run in material.failures])]
        if material.machines:
            machines = [
                ", ".join(f"{name} {value}" for name, value in one.items()) for one in material.machines
            ]
            parts += ["## The machine", _list(machines)]
        return ("\n\n".join(parts) + "\n").encode("utf-8", "replace")


def _list(lines: list[str]) -> str:
    return "\n".join(f"- {markdown_text(line)}" for line in lines)
