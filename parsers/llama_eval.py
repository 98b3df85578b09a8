"""llama-eval of llama.cpp (examples/llama-eval there): GSM8K, AIME and GPQA against llama-server.

It writes a state file, `llama-eval-state.json` by default, with every case, and prints
`Results: 31/40 correct (77.5%) [62.5%, 87.7%]`.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from typing import Any

from benchkit.records import Results, Verdict
from parsers.folder import ResultFolder
from parsers.harness import Harness, Untrue, from_verdicts, only, percent, share
from parsers.text import lines

_PRINTED = re.compile(r"Results: (\d+)/(\d+) correct \((\S+)%\)")


class LlamaEvalParser(Harness):
    looked_for = "llama-eval's state file of this run, or the line 'Results: passed/total correct (…%)'"
    progress_form = re.compile(r"^\s*(\d+)/\s*(\d+)  \S+_\d+_\d+ ")

    def from_folder(self, folder: ResultFolder) -> Results | None:
        files = [(path, content) for path, content in folder.json("*.json") if _is_state(content)]
        return _from_state(only(files, "state files")[1]) if files else None

    def from_text(self, output: str) -> Results | None:
        printed = [match for line in lines(output) if (match := _PRINTED.match(line))]
        if not printed:
            return None
        passed, total = int(printed[-1][1]), int(printed[-1][2])
        if abs(share(passed, total) - percent(printed[-1][3])) > 0.06:
            raise Untrue(f"it says {printed[-1][3]}% and {passed} of {total}")
        return Results(score=share(passed, total), total_passed=passed, total_problems=total)


def _is_state(content: Any) -> bool:
    return isinstance(content, dict) and isinstance(content.get("task_states"), dict)


def _from_state(state: dict[str, Any]) -> Results:
    """The score is the tool's own, in which a case that was not answered counts as not solved."""
    states = state["task_states"]
    verdicts = {task: [_verdict(case)] for task, case in states["cases"].items()}
    counts = Counter(str(of_task[0]) for of_task in verdicts.values())
    results = from_verdicts(verdicts, {"counts": dict(counts)})
    if (states["correct"], states["total"]) != (results.total_passed, results.total_problems):
        raise Untrue(f"it says {states['correct']} of {states['total']}, its cases {results.total_passed}")
    return replace(results, time_taken=states.get("total_time"), problem_set={"name": state["id"]})


def _verdict(case: dict[str, Any]) -> Verdict:
    if case["status"] == "ok":
        return Verdict.PASSED if case["correct"] is True else Verdict.WRONG
    return Verdict.TRUNCATED if "finish_reason=length" in case["status"] else Verdict.INFRASTRUCTURE
