#!/usr/bin/env python3
"""How long many tasks by several models take to judge, with answers that come at once.

    measurements/tasks_by_models.py [--tasks 100] [--models 5]

The catalogue's tasks, repeated under further names until there are as many as asked for, are asked of a
stand-in that answers each with its reference. Told are wall time, processor time divided by the cores (what
an idle machine would take), how many passed, and how busy the judges were.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchkit.asking.tasks import OURS, Catalogue, Task, load_catalogue  # noqa: E402 — the path to it is set above
from benchkit.asking.tasks.folders import METADATA, read_solution  # noqa: E402
from benchkit.asking.tasks.prompts import prompt_of  # noqa: E402
from tests.stand_ins.chat_server import Turn, chat_server  # noqa: E402


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    arguments.add_argument("--tasks", type=int, default=100)
    arguments.add_argument("--models", type=int, default=5)
    given = arguments.parse_args()
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        catalogue = repeated(folder / "tasks", given.tasks)
        answers = {asked(task): answer(task) for task in catalogue.problems}

        def answer_at_once(turn: Turn) -> None:
            turn.answer(answers[turn.question])

        names = [f"model-{number}" for number in range(1, given.models + 1)]
        with chat_server(answer_at_once) as server:
            began = time.monotonic()
            subprocess.run(
                [
                    *(sys.executable, str(ROOT / "run_tasks.py"), "--catalogue", str(folder / "tasks")),
                    *("--base-url", server.base_url, "--models", *names, "--output-dir", str(folder / "out")),
                    *("--workers", str(cores())),
                ],
                check=True,
                stdout=subprocess.DEVNULL,
            )
            wall = time.monotonic() - began
        tell(folder / "out", names, wall)


def repeated(folder: Path, count: int) -> Catalogue:
    """A catalogue of so many: the same tasks again under names of their own."""
    ours = load_catalogue().problems
    for number in range(count):
        task = ours[number % len(ours)]
        name = task.id if number < len(ours) else f"{task.id}_again{number // len(ours)}"
        shutil.copytree(OURS / task.id, folder / name)
        metadata = json.loads((folder / name / METADATA).read_text())
        (folder / name / METADATA).write_text(json.dumps({**metadata, "id": name}))
    return load_catalogue(folder)


def asked(task: Task) -> str:
    prompt = prompt_of(task, "whole").content
    assert not isinstance(prompt, str)
    return str(prompt[0]["content"])


def answer(task: Task) -> str:
    files = read_solution(task)
    ticks = "`" * 8
    return "\n".join(f"{name}\n{ticks}\n{text.decode()}\n{ticks}" for name, text in files.items())


def tell(folder: Path, names: list[str], wall: float) -> None:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    rows = [
        json.loads(line)
        for name in names
        for line in (folder / name / "verdicts.jsonl").read_text().splitlines()
    ]
    passed = sum(row["verdict"] == "passed" for row in rows)
    judged_s = sum(row["seconds"] for row in rows)
    cpu_s = used.ru_utime + used.ru_stime
    print(f"{len(rows)} answers, {passed} passed, {wall:.0f} s")
    print(f"processor time {cpu_s:.0f} s: {cpu_s / cores():.0f} s on {cores()} idle cores")
    print(f"judges busy {100 * judged_s / (cores() * wall):.0f}% of the time")


def cores() -> int:
    return len(os.sched_getaffinity(0))


if __name__ == "__main__":
    main()
