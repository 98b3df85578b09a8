"""OpenAI's human-eval (https://github.com/openai/human-eval): `SAMPLES_results.jsonl` and a printed dict."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from benchkit.records import Results, Verdict
from parsers.folder import ResultFolder, json_lines
from parsers.harness import Harness, from_verdicts, only, percent
from parsers.text import lines

_DICT = re.compile(r"\{'pass@\d+': .*\}$")
_SCORE = re.compile(r"'pass@(\d+)': (?:np\.float64\()?([^\s,})]+)")


class OfficialHumanEvalParser(Harness):
    looked_for = "a file *_results.jsonl of this run, or the printed {'pass@1': …}"

    def from_folder(self, folder: ResultFolder) -> Results | None:
        files = folder.files("*_results.jsonl")
        return from_verdicts(_verdicts(only(files, "result files"))) if files else None

    def from_text(self, output: str) -> Results | None:
        printed = [line for line in lines(output) if _DICT.match(line)]
        if not printed:
            return None
        scores = {f"pass@{k}": percent(value, 100) for k, value in _SCORE.findall(printed[-1])}
        return Results(score=scores["pass@1"], metrics={"pass_at_k": scores})


def _verdicts(path: Path) -> dict[str, list[Verdict]]:
    verdicts: dict[str, list[Verdict]] = {}
    for sample in json_lines(path):
        verdicts.setdefault(sample["task_id"], []).append(_verdict(sample))
    return verdicts


def _verdict(sample: dict[str, Any]) -> Verdict:
    if sample["passed"] is True:
        return Verdict.PASSED
    if sample["result"] == "timed out":
        return Verdict.TIMEOUT
    return Verdict.WRONG  # "failed: …" also when it raised: an assertion's own text looks the same
