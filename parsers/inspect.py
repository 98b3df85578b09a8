"""Inspect (https://inspect.aisi.org.uk/eval-logs.html): logs as `.eval`, a zip archive, or as `.json`.

A log counts only when its status is "success". The first scorer's accuracy, or else its mean, is the score.
"""

from __future__ import annotations

import re
import zipfile
from pathlib import Path
from typing import Any

from benchkit.records import Results, Verdict
from parsers.folder import ResultFolder
from parsers.harness import Harness, Untrue, only, percent
from parsers.text import lines
from parsers.zip_archive import read_json_members

_METRICS = ("accuracy", "mean")
_LOG = re.compile(r"Log: (\S+\.(?:eval|json))$")


class InspectParser(Harness):
    looked_for = "an Inspect log of this run, *.eval or *.json with 'eval', 'status' and 'results'"
    progress_form = re.compile(r"Samples:\s*(\d+)/\s*(\d+)")

    def from_folder(self, folder: ResultFolder) -> Results | None:
        logs = [_log_of_archive(path) for path in folder.files("*.eval") if zipfile.is_zipfile(path)]
        logs += [content for _, content in folder.json("*.json") if _is_log(content)]
        return _from_log(only(logs, "logs")) if logs else None

    def from_text(self, output: str) -> Results | None:
        """The log that the output names, when it was not written into the folder."""
        named = [Path(match[1]) for line in lines(output) if (match := _LOG.search(line))]
        return self.from_folder(ResultFolder(only(named, "logs"))) if named and named[-1].is_file() else None


def _is_log(content: Any) -> bool:
    return isinstance(content, dict) and {"eval", "status"} <= content.keys()


def _log_of_archive(path: Path) -> dict[str, Any]:
    """The header, and of the samples the summaries, which have the scores."""
    header, summaries = read_json_members(path, "header.json", "summaries.json")
    if header is None:
        raise Untrue(f"{path.name} has no header: the evaluation did not end")
    return {**header, "samples": summaries or []}


def _from_log(log: dict[str, Any]) -> Results:
    if log["status"] != "success":
        message = (log.get("error") or {}).get("message", "no reason given")
        raise Untrue(f"its status is {log['status']!r}: {str(message).splitlines()[0]}")
    if not log["results"]["scores"]:
        raise Untrue("nothing in it was scored")
    scorer = log["results"]["scores"][0]
    metric = next((name for name in _METRICS if name in scorer["metrics"]), None)
    if metric is None:
        raise Untrue(f"scorer {scorer['name']} has no {' and no '.join(_METRICS)}")
    score = percent(scorer["metrics"][metric]["value"], 100)
    verdicts = _verdicts(log.get("samples") or [], scorer["name"])
    unjudged = [task for task, samples in verdicts.items() if {*samples} == {Verdict.INFRASTRUCTURE}]
    judged = {task: samples for task, samples in verdicts.items() if task not in unjudged}
    failed = tuple(task for task, samples in judged.items() if Verdict.PASSED not in samples)
    further = {"further": {"unjudged": unjudged}} if unjudged else {}
    return Results(
        score=score,
        total_passed=len(judged) - len(failed) if _is_one_each(judged) else None,
        total_problems=len(judged) or None,
        failed_tasks=failed,
        metrics={**_metrics(log, scorer, metric), **further},
        problem_set={"name": log["eval"].get("task")},
        verdicts=verdicts,
    )


def _is_one_each(verdicts: dict[str, tuple[Verdict, ...]]) -> bool:
    return bool(verdicts) and all(len(samples) == 1 for samples in verdicts.values())


def _metrics(log: dict[str, Any], scorer: dict[str, Any], metric: str) -> dict[str, Any]:
    usage = (log.get("stats") or {}).get("model_usage") or {}
    stderr = (scorer["metrics"].get("stderr") or {}).get("value")
    return {
        "scorer": scorer["name"],
        "metric": metric,
        "stderr": None if stderr is None else 100 * stderr,
        "prompt_tokens": _tokens(usage, "input_tokens"),
        "completion_tokens": _tokens(usage, "output_tokens"),
    }


def _tokens(usage: dict[str, dict[str, Any]], kind: str) -> int | None:
    """All of that kind: what a server had in its cache is counted apart, as `…_cache_read`."""
    counts = [
        count for of_model in usage.values() for name, count in of_model.items() if name.startswith(kind)
    ]
    return sum(count or 0 for count in counts) if usage else None


def _verdicts(samples: list[dict[str, Any]], scorer: str) -> dict[str, tuple[Verdict, ...]]:
    """Each sample's verdict, its epochs in order; none of any where a score is neither right nor wrong."""
    verdicts: dict[str, tuple[Verdict, ...]] = {}
    for sample in sorted(samples, key=lambda sample: int(sample.get("epoch", 1))):
        verdict = _verdict(sample, scorer)
        if verdict is None:
            return {}
        task = str(sample["id"])
        verdicts[task] = (*verdicts.get(task, ()), verdict)
    return verdicts


def _verdict(sample: dict[str, Any], scorer: str) -> Verdict | None:
    if sample.get("error"):
        return Verdict.INFRASTRUCTURE
    value = ((sample.get("scores") or {}).get(scorer) or {}).get("value")
    if value in ("C", 1, True):
        return Verdict.PASSED
    return Verdict.WRONG if value in ("I", "N", 0, False) else None
