"""What quality costs, radon's figures included: processor time of a thousand answers with their references.

    .venv/bin/python measurements/quality.py [FILE.jsonl.gz | go | rust]

FILE is of HumanEval's form; its solutions are the answers, repeated with another constant in each so that
no two are equal. Without FILE, a function of ours; `go` and `rust`: the catalogue's solutions in that
language, which have some hundred lines each. The figure is user and system time of this process, of the
linters' and of the sandbox, which other programs on the machine change little.
"""

from __future__ import annotations

import gzip
import json
import resource
import sys
from contextlib import nullcontext
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchkit.asking.tasks import load_catalogue
from benchkit.asking.tasks.folders import read_solution
from benchkit.judging.sandbox import open_sandbox
from benchkit.judging.scoring.composite.base import Answered
from benchkit.judging.scoring.composite.checkers import CHECKERS
from benchkit.judging.scoring.composite.figures import radon_figures
from benchkit.judging.scoring.composite.quality import measure_quality
from benchkit.judging.tasks.toolchains import find_toolchains

ANSWERS = 1000
OURS = '''def running_total(numbers, start=0):
    """The sums so far."""
    sums = []
    for number in numbers:
        if number is not None and number != SKIPPED:
            start += number
        sums.append(start)
    return sums
'''


CONSTANTS = {
    "python": "\n\nSKIPPED = {}\n",
    "go": "\nconst benchSkipped = {}\n",
    "rust": "\npub const SKIPPED: i32 = {};\n",
}


def main(given: str | None) -> None:
    if given is not None and given in CHECKERS:
        answers, toolchains = of_catalogue(given), find_toolchains([given]).folders
    else:
        answers, toolchains = of_python(Path(given) if given else None), ()
    language = answers[0].language
    before = spent()
    with open_sandbox(toolchains=toolchains) if toolchains else nullcontext() as sandbox:
        part = measure_quality(answers, [language], (lambda: sandbox) if sandbox else None)
    radon_figures(answers)
    print(f"{len(part.measured)} answers: {spent() - before:.2f} s of processor time")


def of_python(path: Path | None) -> list[Answered]:
    sources = solutions(path) if path else [(OURS, "running_total")]
    answers = []
    for number in range(ANSWERS):
        source, entry = sources[number % len(sources)]
        own, reference = (source + CONSTANTS["python"].format(value) for value in (number, -1))
        answers.append(Answered(str(number), 0, "python", {"a.py": own}, {"a.py": reference}, entry))
    return answers


def of_catalogue(language: str) -> list[Answered]:
    """Those tasks whose solution is one file of a package or crate."""
    found = []
    for task in load_catalogue(None).problems:
        if task.language.name == language and not task.generates_tests:
            files = {name: content.decode() for name, content in read_solution(task).items()}
            found.append((task, files))
    answers = []
    for number in range(ANSWERS):
        task, files = found[number % len(found)]
        own = {name: text + CONSTANTS[language].format(number) for name, text in files.items()}
        answers.append(Answered(task.id, number, language, own, files, beside=task.workspace))
    return answers


def solutions(path: Path) -> list[tuple[str, str]]:
    rows = [json.loads(line) for line in gzip.decompress(path.read_bytes()).splitlines()]
    return [(row["prompt"] + row["canonical_solution"], row["entry_point"]) for row in rows]


def spent() -> float:
    who = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    return sum(usage.ru_utime + usage.ru_stime for usage in map(resource.getrusage, who))


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else None)
