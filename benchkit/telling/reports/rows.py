"""One row a run, or with the attempts one a problem, as CSV and as JSON lines."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from typing import Any

from benchkit.errors import UsageError
from benchkit.telling.comparison.columns import COLUMNS
from benchkit.telling.comparison.selection import contestant
from benchkit.telling.reports.flips import attempt_rows
from benchkit.telling.reports.material import Material
from benchkit.telling.tables.columns import plain_value

NOT_OF_ONE_RUN = ("mark", "runs")


def rows(material: Material) -> list[dict[str, Any]]:
    """Every run of the models in question, failed ones too."""
    all_rows = list(_rows(material))
    if not all_rows:
        raise UsageError("no attempts are known of these runs: their folders are gone")
    return all_rows


def _rows(material: Material) -> Iterator[dict[str, Any]]:
    runs = material.all_runs()
    if material.attempts:
        for run in runs:
            yield from attempt_rows(run, material.catalog.store)
        return
    for run in runs:
        one = contestant(material.catalog, [run], run.model)
        facts = {
            column.name: plain_value(column, one) for column in COLUMNS if column.name not in NOT_OF_ONE_RUN
        }
        yield {
            "run": run.id,
            "timestamp": run.timestamp,
            "benchmark": run.benchmark,
            "status": run.status.value,
            "error": run.error,
            **facts,
        }


class Csv:
    def render(self, material: Material) -> bytes:
        all_rows = rows(material)
        text = io.StringIO()
        writer = csv.DictWriter(text, list(all_rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(all_rows)
        return text.getvalue().encode("utf-8", "replace")


class JsonLines:
    def render(self, material: Material) -> bytes:
        lines = (json.dumps(row, ensure_ascii=False) + "\n" for row in rows(material))
        return "".join(lines).encode("utf-8", "replace")
