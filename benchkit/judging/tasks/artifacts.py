"""Writes an attempt's files into the run's folder, for people who want to see what happened."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchkit.asking.script.base import Prompt
from benchkit.asking.script.journal import explained
from benchkit.contract import ATTEMPTS, AttemptFile
from benchkit.files import atomic_write
from benchkit.judging.tasks.browser import browser_files
from benchkit.judging.tasks.judge import Attempt

LATEST_SUMMARY, LATEST_TASK = "latest_summary.json", "{task}_latest.json"


@dataclass(frozen=True)
class AttemptsFolder:
    """The attempts' folder of one run of one model."""

    folder: Path
    model: str

    def name_of(self, task_id: str, sample: int) -> str:
        """The attempt's folder."""
        return f"{safe_name(task_id)}__{safe_name(self.model)}__sample{sample:02}"

    def keep(
        self,
        task_id: str,
        sample: int,
        prompt: Prompt,
        response: str,
        attempt: Attempt,
        verdict: Mapping[str, Any],
        earlier_try: int | None = None,
    ) -> Path:
        """Write one attempt; an earlier try gets a folder within the attempt's own."""
        folder = self.folder / ATTEMPTS / self.name_of(task_id, sample)
        if earlier_try is not None:
            folder /= f"try{earlier_try}"
        with explained(folder):
            folder.mkdir(parents=True, exist_ok=True)
            _write(
                folder / AttemptFile.PROMPT, "\n".join(f"=== {role}\n{text}" for role, text in prompt.parts)
            )
            _write(folder / AttemptFile.RESPONSE, response)
            (folder / AttemptFile.PATCH).write_bytes(attempt.patch)
            (folder / AttemptFile.STDOUT).write_bytes(attempt.tested.stdout)
            (folder / AttemptFile.STDERR).write_bytes(attempt.tested.stderr)
            _write(folder / AttemptFile.VERDICT, json.dumps(_verdict(attempt, verdict), indent=1) + "\n")
            for name, seen in browser_files(attempt.seen):
                (folder / name).write_bytes(seen)
            shutil.rmtree(folder / "files", ignore_errors=True)  # of an earlier judging
            for path, content in attempt.files.items():
                place = folder / "files" / path
                place.parent.mkdir(parents=True, exist_ok=True)
                place.write_bytes(content)
        return folder


def _verdict(attempt: Attempt, verdict: Mapping[str, Any]) -> dict[str, Any]:
    checks = [
        {"status": check.status, "name": check.name, "message": check.message}
        for check in attempt.tested.proof.checks
    ]
    return {**verdict, "each_check": checks}


def keep_latest(
    beside: Path, summary: Mapping[str, Any], by_task: Mapping[str, list[dict[str, Any]]]
) -> None:
    """Write the latest results under names that never change."""
    with explained(beside):
        atomic_write(beside / LATEST_SUMMARY, json.dumps(summary, indent=1) + "\n")
        for task, rows in by_task.items():
            atomic_write(beside / LATEST_TASK.format(task=safe_name(task)), json.dumps(rows, indent=1) + "\n")


def safe_name(name: str) -> str:
    """A model's or a task's name as part of a file's."""
    return re.sub(r"[^\w.+-]+", "-", name).strip("-.") or "unnamed"


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8", errors="backslashreplace")
