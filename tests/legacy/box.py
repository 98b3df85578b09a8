"""A copy of what an older version left behind, the commands that read it, their output made comparable."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path

from tests.legacy.cases import Case
from tests.loaded_interpreter import run_command
from tests.support import F16, QUANTIZED, ROOT

DATA = Path(__file__).resolve().parent / "v0_1_0"
EXPECTED = DATA / "expected"
PROGRAM, BOX = "/opt/bench_runner", "/tmp/box"  # where the program and the data lay when the data were made
MODELS_DATE = datetime(2026, 11, 20, 20, tzinfo=UTC).timestamp()

# What is another in each call or on each machine.
VOLATILE = (
    (r"nothing here holds off sleep: .*\n", ""),
    (r"(?<=Benchmark report, )\d{4}-\d\d-\d\d \d\d:\d\d", "DATE"),
    (r"(?<=Report of )\d{4}-\d\d-\d\d \d\d:\d\d", "DATE"),
    (r"[\d,]+ MB RAM", "N MB RAM"),
    (r"(?<=/runs/)\d{8}-\d{6}-\w{4}(?=\s|$)", "ID"),
    (r"/(usr/)?bin/(?=sh )", ""),
    (r"\S+/(?=xllamacpp_child\.py)", ""),
    (r"^(Time|Slowest): .*", r"\1: …"),
    (r"^run_eval\.py: judging .*", "run_eval.py: judging …"),
)


def open_box(folder: str, place: Path, program: Path = ROOT) -> Path:
    """A folder of the data, copied and told where it lies now, with the models beside it."""
    box = place / folder
    shutil.copytree(DATA / folder, box)
    moves = {f"{BOX}/{folder}": str(box), PROGRAM: str(program)}
    for path in filter(Path.is_file, box.rglob("*")):
        _replace_in(path, moves)
    (box / "models").mkdir()
    for model in (F16, QUANTIZED):  # those that there were
        copy = shutil.copyfile(model, box / "models" / model.name)
        os.utime(copy, (MODELS_DATE, MODELS_DATE))
    return box


def environment(place: Path) -> dict[str, str]:
    """Nothing of the caller's that changes what is printed."""
    ours = ("BENCH_", "OPENAI_", "COLUMNS", "LLAMA_SERVER", "PYTHONPATH")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    # The same path wherever the box lies: by its path a batch knows a model again.
    return {**kept, "TZ": "UTC", "XDG_CACHE_HOME": str(place / "cache"), "MODELS": "/proc/self/cwd/models"}


def printed(case: Case, place: Path, program: Path = ROOT) -> str:
    """Exit code, stdout and stderr of the case's command, as the frozen text has them."""
    box = open_box(case.folder, place, program)
    words = [word.replace(PROGRAM, str(program)) for word in shlex.split(case.command)]
    done = run(words, box, place, program)
    stdout = (
        "\n".join(text_of_html(done.stdout)) if done.stdout.startswith("<!doctype html>") else done.stdout
    )
    parts = [f"exit code {done.returncode}", stdout.rstrip("\n")]
    parts += ["on stderr:", done.stderr.rstrip("\n")] if done.stderr.strip() else []
    moves = {str(box): f"{BOX}/{case.folder}", sys.executable: "python", str(program): PROGRAM}
    return without_volatile(_replaced("\n".join(parts), moves)).rstrip("\n") + "\n"


def run(
    words: Sequence[str], folder: Path, place: Path, program: Path = ROOT
) -> subprocess.CompletedProcess[str]:
    """The program of that name, as a person would call it in this folder.

    Two threads of a model wait for each other for minutes where others use both processors.
    """
    return run_command(program / words[0], words[1:], folder, environment(place), timeout=240)


def without_volatile(text: str) -> str:
    for pattern, instead in VOLATILE:
        text = re.sub(pattern, instead, text, flags=re.MULTILINE)
    return text


def _replaced(text: str, moves: dict[str, str]) -> str:
    for old, new in moves.items():
        text = text.replace(old, new)
    return text


def _replace_in(path: Path, moves: dict[str, str]) -> None:
    text = path.read_text(errors="surrogateescape")
    path.write_text(_replaced(text, moves), errors="surrogateescape")


class _Text(HTMLParser):
    """Collects what a reader sees, chart labels too; style and drawing are free to change."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []
        self._in_style = False

    def handle_starttag(self, tag: str, _attributes: object) -> None:
        self._in_style = tag == "style"

    def handle_endtag(self, _tag: str) -> None:
        self._in_style = False

    def handle_data(self, data: str) -> None:
        if data.strip() and not self._in_style:
            self.lines.append(data.strip())


def text_of_html(page: str) -> list[str]:
    parser = _Text()
    parser.feed(page)
    return parser.lines


def options(command: str, place: Path, program: Path = ROOT) -> list[str]:
    """The command's name with each of its options, and with each choice of these."""
    help_text = run([*command.split(), "--help"], place, place, program).stdout
    return [f"{command} {option}" for option in _options_of(help_text)]


def _options_of(help_text: str) -> Iterator[str]:
    """`--format` and `--format html` for each option of a --help, and each of its choices."""
    _, _, options = help_text.partition("Options:\n")
    for part in re.split(r"\n(?=  -)", "\n" + options):
        names = re.match(r"  ((?:--?[\w-]+(?:, )?)+)", part)
        for name in names[1].split(", ") if names else ():
            yield name
            for choices in re.findall(r"\[([\w-]+(?:\|[\w-]+)+)\]", part):
                yield from (f"{name} {choice}" for choice in choices.split("|"))
