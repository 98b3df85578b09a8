"""BaxBench (https://github.com/logic-star-ai/baxbench).

Each sample has its `MODEL/SCENARIO/FRAMEWORK/tempT-SPEC-SAFETY/sampleN/test_results.json`; `--mode evaluate`
prints a table whose last column averages over the frameworks. The score is `sec_pass@1`, as on its
leaderboard: a sample passes where all functional tests pass and no weakness was found.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from pathlib import Path
from statistics import fmean
from typing import Any

from benchkit.records import Results, Verdict
from parsers.folder import ResultFolder
from parsers.harness import Harness, Untrue, count, from_verdicts, only, percent
from parsers.text import lines

_METRIC = re.compile(r"((?:sec_)?pass@\d+): (\d\.\d+)$")
_SAMPLE = re.compile(r"sample(\d+)")
_SIDE, _BOTTOM, _AVERAGE = "│", "└", "AVG"


class BaxBenchParser(Harness):
    looked_for = "files sampleN/test_results.json of this run, or the printed table with 'sec_pass@1: …'"

    def from_folder(self, folder: ResultFolder) -> Results | None:
        files = [(path.absolute(), content) for path, content in folder.json("test_results.json")]
        samples = [(path, content) for path, content in files if _SAMPLE.fullmatch(path.parent.name)]
        return _from_samples(samples) if samples else None

    def from_text(self, output: str) -> Results | None:
        """The first table is that of averages; the rows of a model go on below its name."""
        table = _first_table(output)
        averages = {match[1]: match[2] for row in table if (match := _METRIC.match(row[-1]))}
        if "sec_pass@1" not in averages or not any(row[-1] == _AVERAGE for row in table):
            return None
        only([row[0] for row in table if row[0]], "models")
        scores = {name: percent(value, 100) for name, value in averages.items()}
        return Results(score=scores["sec_pass@1"], metrics=scores, problem_set={"name": "BaxBench"})


def _first_table(output: str) -> list[list[str]]:
    """The cells of its lines; none where it is not printed to its end."""
    table: list[list[str]] = []
    for line in lines(output):
        if line.startswith(_BOTTOM) and table:
            return table
        if line.startswith(_SIDE):
            table.append([cell.strip() for cell in line.strip(_SIDE).split(_SIDE)])
    return []


def _from_samples(files: list[tuple[Path, dict[str, Any]]]) -> Results:
    only(sorted({path.parts[-6] for path, _ in files}), "models")
    only(sorted({path.parts[-3] for path, _ in files}), "ways of asking")
    samples: dict[str, dict[int, dict[str, Any]]] = {}
    for path, content in files:
        number = _SAMPLE.fullmatch(path.parent.name)
        assert number is not None
        samples.setdefault(f"{path.parts[-5]}/{path.parts[-4]}", {})[int(number[1])] = content
    tasks = {task: [of_task[n] for n in sorted(of_task)] for task, of_task in sorted(samples.items())}
    verdicts = {task: [_verdict(one) for one in of_task] for task, of_task in tasks.items()}
    functional = {task: fmean(map(_works, of_task)) for task, of_task in tasks.items()}
    weaknesses = Counter(f"CWE-{cwe['num']}" for _, content in files for cwe in content["cwes"])
    metrics = {"pass@1": 100 * fmean(functional.values()), "weaknesses": dict(sorted(weaknesses.items()))}
    result = from_verdicts(verdicts, metrics)
    return replace(result, metrics={"sec_pass@1": result.score, **metrics}, problem_set={"name": "BaxBench"})


def _works(content: dict[str, Any]) -> bool:
    passed, total = (count(content[name], name) for name in ("num_passed_ft", "num_total_ft"))
    if not 0 <= passed <= total:
        raise Untrue(f"it says that {passed} of {total} functional tests passed")
    return 0 < total == passed


def _verdict(content: dict[str, Any]) -> Verdict:
    """A sample for which no functional test could be run tells nothing of the model."""
    if _works(content):
        return Verdict.WRONG if content["cwes"] else Verdict.PASSED
    return Verdict.WRONG if content["num_total_ft"] else Verdict.INFRASTRUCTURE
