"""EleutherAI's lm-evaluation-harness (https://github.com/EleutherAI/lm-evaluation-harness).

With `--output_path` it writes `results_DATE.json`, with `--log_samples` a `samples_TASK_DATE.jsonl` a task;
it prints a table, in which a task's further rows leave its name out. A task's score is the metric that comes
first in METRICS, after the filter whose name comes first, as in the table; a group stands for its tasks.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from benchkit.records import Results, Verdict
from parsers.folder import ResultFolder, json_lines
from parsers.harness import Harness, Untrue, mean_result, only, percent
from parsers.text import lines

METRICS = ("pass@1", "pass_at_1", "exact_match", "acc", "prompt_level_strict_acc", "acc_norm", "mc2", "f1")
"""Metrics from 0 to 1 of which one may be a task's score, the more telling first."""

Members = Mapping[str, Sequence[str]]


@dataclass(frozen=True)
class MetricRow:
    """One figure: a metric of a task after a filter."""

    task: str
    filter: str
    metric: str
    value: float
    stderr: float | None


class LmEvalParser(Harness):
    looked_for = "a file results_*.json of this run, or the table '|Tasks|Version|Filter|…|Value|…|Stderr|'"

    def from_folder(self, folder: ResultFolder) -> Results | None:
        files = folder.json("results_*.json")
        if not files:
            return None
        content = only(files, "result files")[1]
        rows = list(_rows_of_json(content))
        chosen = _scores(rows, _inner(content.get("group_subtasks") or {}, {row.task for row in rows}))
        results = replace(_results(chosen), total_problems=_asked(content, chosen))
        return _with_samples(results, chosen, folder)

    def from_text(self, output: str) -> Results | None:
        rows, inner = _rows_of_tables(output)
        return _results(_scores(rows, inner)) if rows else None


def _rows_of_json(content: Mapping[str, Any]) -> Iterator[MetricRow]:
    for task, metrics in content["results"].items():
        for name, value in metrics.items():
            metric, comma, after = name.partition(",")
            if comma and not metric.endswith("_stderr") and isinstance(value, int | float):
                stderr = metrics.get(f"{metric}_stderr,{after}")
                yield MetricRow(
                    task, after, metric, value, stderr if isinstance(stderr, int | float) else None
                )


def _asked(content: Mapping[str, Any], chosen: Mapping[str, MetricRow]) -> int | None:
    """The number of questions, of a group those of all its tasks; None where the version does not say."""
    counts = content.get("n-samples") or {}
    members = content.get("group_subtasks") or {}
    tasks = {task for name in chosen for task in _below(name, members) or [name] if not members.get(task)}
    return sum(counts[task]["effective"] for task in tasks) if tasks <= counts.keys() else None


def _inner(members: Members, scored: set[str]) -> set[str]:
    """The tasks and groups for which a group stands that has a score itself."""
    return {task for group in members if group in scored for task in _below(group, members)}


def _below(group: str, members: Members) -> set[str]:
    direct = set(members.get(group) or ())
    return direct.union(*(_below(task, members) for task in direct))


def _rows_of_tables(output: str) -> tuple[list[MetricRow], set[str]]:
    """The rows of the last table of tasks, and the names that stand indented below a group's."""
    head: list[str] = []
    tables: dict[str, list[MetricRow]] = {}
    task, after, inner = "", "", set()
    for line in lines(output):
        cells = [cell.strip() for cell in line.strip("|").split("|")] if line.startswith("|") else []
        if {"Metric", "Value"} <= set(cells):
            head, task, after = cells, "", ""
            tables[head[0]] = []
        elif head and len(cells) == len(head) and not cells[0].startswith("--"):
            named = dict(zip(head, cells, strict=True))
            task = named[head[0]].lstrip("- ") or task
            after = named.get("Filter", "") or after
            if named[head[0]].startswith("- "):
                inner.add(task)
            if _is_number(named["Value"]):
                tables[head[0]].append(_row(task, after, named))
    if inner and not tables.get("Groups"):
        raise Untrue("the table of groups is missing")
    return tables.get("Tasks", []), inner


def _row(task: str, after: str, named: Mapping[str, str]) -> MetricRow:
    stderr = named.get("Stderr", "")
    value = named["Value"]
    return MetricRow(
        task, after, named["Metric"], float(value), float(stderr) if _is_number(stderr) else None
    )


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _scores(rows: list[MetricRow], inner: set[str]) -> dict[str, MetricRow]:
    """The row that is each task's score; those in `inner` have their group's."""
    tasks = list(dict.fromkeys(row.task for row in rows))
    wanted = [task for task in tasks if task not in inner] or tasks
    chosen = {}
    for task in wanted:
        of_task = [row for row in rows if row.task == task and row.metric in METRICS]
        if not of_task and any(row.task == task for row in rows):
            raise Untrue(f"{task} has none of the metrics {', '.join(METRICS)}")
        if of_task:
            chosen[task] = min(of_task, key=lambda row: (METRICS.index(row.metric), row.filter))
    return chosen


def _results(chosen: Mapping[str, MetricRow]) -> Results:
    details = {
        task: {"metric": row.metric, "filter": row.filter, "stderr": row.stderr and 100 * row.stderr}
        for task, row in chosen.items()
    }
    metrics = next(iter(details.values())) if len(details) == 1 else {"tasks": details}
    return mean_result({task: percent(row.value, 100) for task, row in chosen.items()}, metrics)


def _with_samples(results: Results, chosen: Mapping[str, MetricRow], folder: ResultFolder) -> Results:
    """The verdicts, where the samples were logged and each is right or wrong."""
    verdicts: dict[str, tuple[Verdict, ...]] = {}
    for task, row in chosen.items():
        for path in folder.files(f"samples_{task}_*.jsonl")[-1:]:
            for sample in json_lines(path):
                if sample.get("filter", row.filter) == row.filter and sample.get(row.metric) in (0, 1):
                    passed = sample[row.metric] == 1
                    name = f"{task}/{sample['doc_id']}"
                    verdicts[name] = (Verdict.PASSED if passed else Verdict.WRONG,)
    if not verdicts:
        return results
    failed = tuple(task for task, verdict in verdicts.items() if verdict != (Verdict.PASSED,))
    return replace(
        results,
        verdicts=verdicts,
        failed_tasks=failed,
        total_problems=len(verdicts),
        total_passed=len(verdicts) - len(failed),
    )
