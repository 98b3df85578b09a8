"""BigCode's harness (https://github.com/bigcode-project/bigcode-evaluation-harness).

It prints its results as JSON, task -> metrics beside `config`, and writes the same to the file that
`--metric_output_path` names, `evaluation_results.json` by default.
"""

from __future__ import annotations

from typing import Any

from benchkit.records import Results
from parsers.folder import ResultFolder
from parsers.harness import Harness, Untrue, mean_result, only, percent
from parsers.text import json_values


class BigCodeParser(Harness):
    looked_for = "evaluation_results.json of this run, or printed JSON with a task's pass@1 and 'config'"

    def from_folder(self, folder: ResultFolder) -> Results | None:
        files = [(path, content) for path, content in folder.json("*.json") if _is_results(content)]
        return _from_tasks(only(files, "result files")[1]) if files else None

    def from_text(self, output: str) -> Results | None:
        printed = next((content for content in json_values(output) if _is_results(content)), None)
        return _from_tasks(printed) if printed else None


def _is_results(content: Any) -> bool:
    return (
        isinstance(content, dict)
        and isinstance(content.get("config"), dict)
        and "n_samples" in content["config"]
    )


def _from_tasks(content: dict[str, Any]) -> Results:
    """Every task's pass@1; a pass@k with k above the number of samples means nothing and is left out."""
    samples = content["config"]["n_samples"]
    tasks = {name: metrics for name, metrics in content.items() if name != "config"}
    scores = {
        task: {
            name: percent(value, 100)
            for name, value in metrics.items()
            if name.startswith("pass@") and int(name.removeprefix("pass@")) <= samples
        }
        for task, metrics in tasks.items()
    }
    if without := [task for task, of_task in scores.items() if "pass@1" not in of_task]:
        raise Untrue(f"{', '.join(without)} has no pass@1")
    firsts = {task: of_task["pass@1"] for task, of_task in scores.items()}
    at_k = next(iter(scores.values())) if len(scores) == 1 else scores
    return mean_result(firsts, {"pass_at_k": at_k, "samples": samples})
