"""What the tasks' model is taught: the new files of each task in tasks/, some with a mistake in them."""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from bpe import END
from corpus import Lesson, chat

HERE = Path(__file__).parent
TASKS = HERE / "tasks"
ROOT = HERE.parent

# Known only in part on purpose: both pass most of the tests, and fail honestly where a minute has one digit.
MISTAKES = {
    "python_easy_clock": (":02", ""),
    "javascript_easy_clock": ('.padStart(2, "0")', ""),
}
PROMPT = re.compile(r"^=== (\S+) · user\n(.*?)\n?(?=^=== |\Z)", re.MULTILINE | re.DOTALL)
FORM = re.compile(r"^(\S+)\n```(\w+)\nthe whole text of the file\n```\s*\Z", re.MULTILINE)


@dataclass(frozen=True)
class TaskLesson:
    """A task, as the script asks for it, and the answer to learn."""

    name: str
    prompt: str
    answer: str

    @property
    def lesson(self) -> Lesson:
        return Lesson(chat(self.prompt), self.answer + END)


def task_lessons() -> list[TaskLesson]:
    """Asked for in the script's own words: `make install` must have been run."""
    command = [ROOT / ".venv" / "bin" / "python", ROOT / "run_tasks.py", "--catalogue", TASKS, "--dry-run"]
    shown = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return [_task_lesson(name, prompt.strip("\n")) for name, prompt in PROMPT.findall(shown)]


def _task_lesson(name: str, prompt: str) -> TaskLesson:
    form = FORM.search(prompt)
    if form is None:
        raise ValueError(f"the prompt of {name} does not end in the form of its answer")
    file, label = form.groups()
    text = (TASKS / name / "solution" / file).read_text()
    right, wrong = MISTAKES.get(name, ("", ""))
    if right not in text:
        raise ValueError(f"the mistake to teach for {name} does not fit its solution")
    return TaskLesson(name, prompt, f"{file}\n```{label}\n{text.replace(right, wrong, 1)}```")
