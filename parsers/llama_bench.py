"""llama-bench of llama.cpp (tools/llama-bench/README.md there): tokens per second, no score.

It prints a Markdown table, or with `-o json|jsonl|csv` the same as data: a test named like `pp512` (reading a
prompt of 512 tokens) or `tg128` (writing 128), its tokens per second and their deviation.
"""

from __future__ import annotations

import csv
import json
import math
import re
from collections.abc import Iterator
from typing import Any

from benchkit.records import Results
from parsers.folder import ResultFolder
from parsers.harness import Harness, Untrue, only
from parsers.text import json_values, lines

_ROW = re.compile(r"\|(.+)\|$")
_SPEED = re.compile(r"(\S+) ± (\S+)$")
_FORMS = ("*.json", "*.jsonl", "*.csv", "*.md")
Test = dict[str, Any]


class LlamaBenchParser(Harness):
    looked_for = "llama-bench's table with the column t/s, or its JSON, JSON lines or CSV with avg_ts"
    progress_form = re.compile(r"benchmark (\d+)/(\d+)")

    def from_folder(self, folder: ResultFolder) -> Results | None:
        files = [path for form in _FORMS for path in folder.files(form)]
        results = [result for path in files if (result := self.from_text(path.read_text(errors="replace")))]
        return only(results, "result files") if results else None

    def from_text(self, output: str) -> Results | None:
        for form in (_in_json, _in_csv, _in_table):
            if tests := list(form(output)):
                return _results(tests)
        return None


def _in_json(output: str) -> Iterator[Test]:
    values = list(json_values(output))[::-1]
    rows = [row for value in values for row in (value if isinstance(value, list) else [value])]
    yield from (_test(row) for row in rows if isinstance(row, dict) and "avg_ts" in row)


def _in_csv(output: str) -> Iterator[Test]:
    head: list[str] = []
    for row in csv.reader(line for line in lines(output) if "," in line):
        if "avg_ts" in row and "n_prompt" in row:
            head = row
        elif head and len(row) == len(head):
            yield _test(dict(zip(head, row, strict=True)))


def _in_table(output: str) -> Iterator[Test]:
    head: list[str] = []
    for line in lines(output):
        if row := _ROW.match(line):
            cells = [cell.strip() for cell in row[1].split("|")]
            if "t/s" in cells and "test" in cells:
                head = cells
            elif len(cells) == len(head) and (speed := _SPEED.match(cells[head.index("t/s")])):
                named = dict(zip(head, cells, strict=True))
                yield _speed(named["model"], named["test"], speed[1], speed[2])


def _test(row: dict[str, Any]) -> Test:
    prompt, generated, depth = (int(row.get(name) or 0) for name in ("n_prompt", "n_gen", "n_depth"))
    parts = [f"pp{prompt}"] * bool(prompt) + [f"tg{generated}"] * bool(generated)
    name = "+".join(parts) + (f" @ d{depth}" if depth else "")
    return _speed(str(row["model_filename"]), name, row["avg_ts"], row.get("stddev_ts", 0))


def _speed(model: str, name: str, average: Any, deviation: Any) -> Test:
    speed, spread = float(average), float(deviation)
    if not math.isfinite(speed) or not math.isfinite(spread) or speed <= 0 or spread < 0:
        raise Untrue(f"{name} has {average} ± {deviation} tokens/s")
    return {"model": model, "test": name, "tokens_per_second": speed, "deviation": spread}


def _results(tests: list[Test]) -> Results:
    only(sorted({test.pop("model") for test in tests}), "models")
    metrics: dict[str, Any] = {"tests": tests}
    for name, kind in (("prompt_tokens_per_second", "pp"), ("tokens_per_second", "tg")):
        of_kind = [test for test in tests if re.fullmatch(rf"{kind}\d+", test["test"])]
        if len(of_kind) == 1:
            metrics[name] = of_kind[0]["tokens_per_second"]
    return Results(score=None, metrics=json.loads(json.dumps(metrics)))
