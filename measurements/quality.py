"""What quality costs, radon's figures included: processor time of a thousand answers with their references.

    .venv/bin/python measurements/quality.py [FILE.jsonl.gz]

FILE is of HumanEval's form; its solutions are the answers, repeated with another constant in each so that
no two are equal. Without FILE, a function of ours. The figure is user and system time of this process and
of the linter's, which other programs on the machine change little.
"""

from __future__ import annotations

import gzip
import json
import resource
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchkit.judging.scoring.composite.base import Answered
from benchkit.judging.scoring.composite.figures import radon_figures
from benchkit.judging.scoring.composite.quality import measure_quality

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


def main(path: Path | None) -> None:
    sources = solutions(path) if path else [(OURS, "running_total")]
    answers = []
    for number in range(ANSWERS):
        reference, entry = sources[number % len(sources)]
        own, theirs = (f"{reference}\n\nSKIPPED = {value}\n" for value in (number, -1))
        answers.append(Answered(str(number), 0, "python", {"a.py": own}, {"a.py": theirs}, entry))
    before = spent()
    measured = measure_quality(answers, ["python"]).measured
    radon_figures(answers)
    print(f"{len(measured)} answers: {spent() - before:.2f} s of processor time")


def solutions(path: Path) -> list[tuple[str, str]]:
    rows = [json.loads(line) for line in gzip.decompress(path.read_bytes()).splitlines()]
    return [(row["prompt"] + row["canonical_solution"], row["entry_point"]) for row in rows]


def spent() -> float:
    who = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    return sum(usage.ru_utime + usage.ru_stime for usage in map(resource.getrusage, who))


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else None)
