"""A benchmark's command: a script file, or a command line with placeholders, with or without a shell."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from benchkit.contract import FLAGS, Placeholder, flag_of
from benchkit.environment import ROOT
from benchkit.errors import MissingDependency, UsageError
from benchkit.files import cache_folder
from benchkit.settings import FOR_SCRIPT

OUR_SCRIPTS = frozenset({"run_eval.py", "run_lcb.py", "evaluate_lcb.py", "run_tasks.py", "run_judge.py"})
_PLACEHOLDER = re.compile(r"\{(" + "|".join(dict.fromkeys((*Placeholder, *FOR_SCRIPT))) + r")\}")
_SHELL_TOKEN = re.compile(rf"\\.|['\"]|{_PLACEHOLDER.pattern}", re.DOTALL)
_ADVICE: Mapping[str, str] = {Placeholder.MODEL_PATH: "--model FILE.gguf"}
Values = Mapping[str, str]
USED_BY_RUNNER = ("price",)  # for what a harness reports: its tokens at that price


@dataclass(frozen=True)
class Script:
    """A benchmark's command: its words, and whether it takes our flags or says all with placeholders."""

    words: tuple[str, ...]
    label: str
    takes_flags: bool
    ours: bool = False
    shell: bool = False  # then the one word is a text for /bin/sh
    settings: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # words for what somebody set
    source: str = ""  # as it was asked for

    def command(self, values: Values, extra: Sequence[str]) -> tuple[str, ...]:
        """The words with placeholders filled in; a value that nobody set leaves its flag out."""
        if self.shell:
            return _shell_command(self.words[0], values, extra)
        words = (*self.words, *self._words_for(values))
        return (*(_PLACEHOLDER.sub(lambda match: _value(match[1], values), word) for word in words), *extra)

    def _words_for(self, values: Values) -> list[str]:
        flags = {name: (flag_of(name), f"{{{name}}}") for name in (*FLAGS, *FOR_SCRIPT)}
        given = flags if self.takes_flags else self.settings
        return [word for name, words in given.items() if name in values for word in words]

    def settings_left_out(self, values: Values) -> list[str]:
        """Settings that somebody set and the command has no place for, nor anybody else a use."""
        passed_on = {*_PLACEHOLDER.findall(" ".join(self.words)), *self.settings, *USED_BY_RUNNER}
        given = () if self.takes_flags else FOR_SCRIPT
        return [name for name in given if name in values and name not in passed_on]


def _value(name: str, values: Values) -> str:
    if name not in values:
        advice = _ADVICE.get(name, flag_of(name))
        raise UsageError(f"the script's command needs {{{name}}}: add {advice}")
    return values[name]


def _shell_command(text: str, values: Values, extra: Sequence[str]) -> tuple[str, ...]:
    """Values go beside the text, as $1, $2…: the shell never reads a model's name as a command."""
    beside: list[str] = []
    quote = ""

    def fill(match: re.Match[str]) -> str:
        nonlocal quote
        token = match[0]
        if match[1]:
            beside.append(_value(match[1], values))
            reference = f"${{{len(beside)}}}"
            return {"": f'"{reference}"', '"': reference, "'": f"'\"{reference}\"'"}[quote]
        mark = token[-1] if quote == "'" or len(token) == 1 else ""  # a backslash is plain between '…'
        if mark in ("'", '"') and quote in ("", mark):
            quote = "" if quote else mark
        return token

    filled = _SHELL_TOKEN.sub(fill, text)
    begin = len(beside) + 1
    further = [f'"${{{number}}}"' for number in range(begin, begin + len(extra))]
    return ("/bin/sh", "-c", " ".join([filled, *further]), "sh", *beside, *extra)


def find_script(text: str, args: tuple[str, ...] = (), brought_by: Mapping[str, str] | None = None) -> Script:
    """A file of that name (here, then beside us), or a command line whose program is installed.

    `brought_by` knows the command that installs a program.
    """
    for place in (Path(text), ROOT / text):
        if _is_file(place):
            return _file_script(place, args)
    words = _split(text)
    program = find_program(words[0])
    if program is None and words[0] in (brought_by or {}):
        raise MissingDependency(words[0], (brought_by or {})[words[0]])
    if program is None:
        raise UsageError(f"script not found: {words[0]} is neither a file here nor a program on PATH")
    alone = len(words) == 1
    label = Path(words[0]).name
    return Script((program, *words[1:], *args), label, takes_flags=alone, source=label if alone else text)


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # a command line is longer than any name
        return False


def shell_script(text: str) -> Script:
    label = f"sh: {' '.join(text.split())[:60]}"
    return Script((text,), label, takes_flags=False, shell=True, source=text)


def _split(text: str) -> list[str]:
    try:
        words = shlex.split(text)
    except ValueError as error:
        raise UsageError(f"--script {text!r} cannot be read: {error}") from None
    if not words:
        raise UsageError("--script is empty: name a file or a command line")
    return words


def find_program(name: str) -> str | None:
    """On PATH, here, beside our Python, or where `make harnesses` and `make llama-server` put it."""
    if program := shutil.which(name):
        return program
    beside = Path(os.environ["LLAMA_SERVER"]).parent if os.environ.get("LLAMA_SERVER") else Path()
    made = (cache_folder() / "harnesses" / "bin", beside, cache_folder() / "llama-server")
    for folder in (Path(), Path(sys.executable).parent, *made):
        if (folder / name).is_file() and os.access(folder / name, os.X_OK):
            return str((folder / name).absolute())
    return None


def _file_script(path: Path, args: tuple[str, ...]) -> Script:
    path = path.resolve()
    ours = path.parent == ROOT and path.name in OUR_SCRIPTS
    if path.suffix != ".py" and not os.access(path, os.X_OK):
        raise UsageError(f"script is not executable: chmod +x {path}")
    start = (sys.executable, str(path)) if path.suffix == ".py" else (str(path),)
    return Script((*start, *args), path.name, takes_flags=True, ours=ours, source=path.name)
