"""Builds a task's prompts: its instructions, its files, and the form that the answer must have."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import PurePosixPath

from benchkit.asking.answers.edits import decoded
from benchkit.asking.script.base import Message, Prompt
from benchkit.asking.tasks.base import Task

WHOLE = """Reply with the whole new text of each file that you change or create. Before each file write its
name on a line of its own, then the text in a fenced block:

{name}
```{label}
the whole text of the file
```"""
EDITS = """Reply with edit blocks. Each begins with the file's name on a line of its own, then the exact lines
to find, which must stand in the file once, and the lines to put in their place. An empty SEARCH part makes a
new file:

{name}
<<<<<<< SEARCH
lines that are in the file now
=======
lines that replace them
>>>>>>> REPLACE"""
DIFF = """Reply with one unified diff in a fenced block, with a few lines of context around each change:

```diff
--- a/{name}
+++ b/{name}
@@ -1,3 +1,3 @@
 a line of context
-a line that goes
+a line that comes
```"""
FORMS: Mapping[str, str] = {"whole": WHOLE, "edits": EDITS, "diff": DIFF}
"""The instructions for each form of answers, by its name in `--answer`."""

AGAIN = """The tests were run on your answer, and it does not pass: {why}
{output}
Correct it. Reply in the same form as before; it is applied to the files {start}."""
START = {False: "as they were at first", True: "as your answer left them"}
CORRECTION = """Your answer cannot be applied: {why}

Give it again, whole and in the form that was asked for."""


def prompt_of(task: Task, form: str, *, with_tests: bool = False) -> Prompt:
    """The prompt of the first try."""
    parts = [
        f"{task.title} ({task.language.title})",
        task.prompt.strip(),
        _files("The files that you may change or create:", task.editable, task),
        _files("The files that you must not change:", _fixed_files(task), task),
    ]
    if with_tests:
        parts.append(_shown_all("The tests that your answer will have to pass:", task.tests))
    name = task.editable[0]
    parts.append(FORMS[form].format(name=name, label=label_of(name, task)))
    return Prompt((_message("user", "\n\n".join(part for part in parts if part)),))


def prompt_again(asked: Prompt, response: str, why: str, output: str, *, goes_on: bool = False) -> Prompt:
    """The prompt of the next try: why the last answer failed; `goes_on`: from its files."""
    shown = f"\n```\n{output}\n```\n" if output else ""
    return _continued(asked, response, AGAIN.format(why=why, output=shown, start=START[goes_on]))


def prompt_correction(asked: Prompt, response: str, why: str) -> Prompt:
    """The prompt that gives an answer back which names no file, or whose edits fit nowhere."""
    return _continued(asked, response, CORRECTION.format(why=why))


def _continued(asked: Prompt, response: str, said: str) -> Prompt:
    """In the same chat."""
    assert not isinstance(asked.content, str)
    return Prompt((*asked.content, _message("assistant", response), _message("user", said)), asked.stop)


def label_of(name: str, task: Task) -> str:
    """The label of a fence with this file's text."""
    known = {".css": "css", ".html": "html", ".json": "json", ".toml": "toml", ".md": "markdown"}
    suffix = PurePosixPath(name).suffix
    if suffix in (".js", ".mjs"):
        return "javascript"
    return known.get(suffix, task.language.labels[0])


def _fixed_files(task: Task) -> list[str]:
    """The files of the workspace that an answer may not change."""
    return [name for name in task.workspace if name not in task.editable]


def _files(head: str, names: Iterable[str], task: Task) -> str:
    shown = [_shown(name, task.workspace.get(name), task) for name in names]
    return "\n\n".join([head, *shown]) if shown else ""


def _shown(name: str, content: bytes | None, task: Task) -> str:
    if content is None:
        return f"{name} (it does not exist yet)"
    if b"\0" in content:
        return f"{name} (a binary file)"
    return _fenced(name, content, label_of(name, task))


def _shown_all(head: str, files: Mapping[str, bytes]) -> str:
    return "\n\n".join([head, *(_fenced(name, content, "") for name, content in files.items())])


def _fenced(name: str, content: bytes, label: str) -> str:
    text = decoded(content).rstrip("\n")
    ticks = "```"
    while ticks in text:
        ticks += "`"
    return f"{name}\n{ticks}{label}\n{text}\n{ticks}"


def _message(role: str, content: str) -> Message:
    return {"role": role, "content": content}


def first_lines(lines: Sequence[str], most: int) -> list[str]:
    """At most `most` lines; where the middle is left out, a line says how many."""
    if len(lines) <= most:
        return list(lines)
    head = most // 2
    tail = most - head
    return [*lines[:head], f"... {len(lines) - most} lines left out ...", *lines[len(lines) - tail :]]
