"""What single problems tell: both codes of each flipped problem side by side, and rows per problem."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from difflib import SequenceMatcher
from pathlib import PurePosixPath
from typing import Any

from benchkit.contract import ATTEMPTS, RunFile
from benchkit.json_values import number
from benchkit.records import Run, Verdict
from benchkit.telling.comparison.judgements import judged_by, rationale_lines, rationales, shown_judgement
from benchkit.telling.comparison.selection import Contestant
from benchkit.telling.history import as_json
from benchkit.telling.history.artifacts import artifact_rows, code_of
from benchkit.telling.history.base import Store
from benchkit.telling.reports.gallery import natural

LONGEST_CODE = 6000  # characters
MOST_LINES = 300
ROW_FIELDS = ("task_id", "sample", "verdict", "detail", "seconds", "tokens")

Line = tuple[str, str, str]  # "=", "≠", "−" or "+", then the left and the right line


@dataclass(frozen=True)
class FlippedAnswer:
    """One model's answer to one problem."""

    model: str
    verdict: str
    detail: str
    code: str
    rationale: tuple[str, ...] = ()  # what a judge said of it, one line an item


@dataclass(frozen=True)
class Flip:
    """A problem that one model solved and another did not."""

    task: str
    solved: FlippedAnswer
    failed: FlippedAnswer
    solved_by: tuple[str, ...]
    failed_by: tuple[str, ...]

    def side_by_side(self) -> list[Line]:
        """The failing code at the left, the solving one at the right, line by line."""
        left, right = self.failed.code.splitlines(), self.solved.code.splitlines()
        lines: list[Line] = []
        for kind, a, b, c, d in SequenceMatcher(None, left, right, autojunk=False).get_opcodes():
            lines += _aligned(kind, left[a:b], right[c:d])
        return lines


@dataclass(frozen=True)
class JudgedAnswer:
    """An answer that a judge spoke of."""

    task: str
    points: float | None
    why_not: str  # it was not judged
    attempt: FlippedAnswer


def _aligned(kind: str, left: Sequence[str], right: Sequence[str]) -> Iterator[Line]:
    for n in range(max(len(left), len(right))):
        one, other = left[n : n + 1], right[n : n + 1]
        mark = "=" if kind == "equal" else "≠" if one and other else "−" if one else "+"
        yield mark, "".join(one), "".join(other)


def flips(ranked: Sequence[Contestant], store: Store) -> Iterator[Flip]:
    """Of each problem on which models disagree, the best model that solved it and the best that did not."""
    known = {one.label: ContestantAnswers(one, store) for one in ranked if one.outcomes.shares is not None}
    tasks = sorted({task for one in ranked for task in one.outcomes.shares or {}}, key=natural)
    for task in tasks:
        shares = {
            name: share for name, of_model in known.items() if (share := of_model.share(task)) is not None
        }
        solved = tuple(name for name, share in shares.items() if share >= 0.5)
        failed = tuple(name for name, share in shares.items() if share < 0.5)
        if solved and failed:
            yes, no = known[solved[0]].attempt(task, True), known[failed[0]].attempt(task, False)
            yield Flip(task, yes, no, solved, failed)


class ContestantAnswers:
    """What a contestant's run left behind, read when first asked for."""

    def __init__(self, contestant: Contestant, store: Store) -> None:
        self._of, self._store = contestant, store
        self._verdicts: Mapping[str, list[dict[str, Any]]] | None = None
        self._answers: Mapping[str, list[dict[str, Any]]] | None = None
        self._rationales: Mapping[str, list[dict[str, Any]]] | None = None

    def share(self, task: str) -> float | None:
        return self._of.outcomes.share(task)

    def attempt(self, task: str, passed: bool) -> FlippedAnswer:
        """Of several samples one with this outcome."""
        self._read()
        rows = (self._verdicts or {}).get(task, [])
        fitting = [row for row in rows if (row.get("verdict") == Verdict.PASSED) == passed]
        row = next(iter(fitting or rows), {})
        verdict = str(row.get("verdict") or (Verdict.PASSED if passed else "not passed"))
        said = self._rationale(task, row)
        return FlippedAnswer(
            self._of.label, verdict, str(row.get("detail") or ""), self._code(task, row), said
        )

    def judged(self) -> list[JudgedAnswer]:
        """Each answer that a judge spoke of, the worst by its points first."""
        if (judgement := shown_judgement(self._of)) is None:
            return []
        self._read()
        said = []
        for line in rationales(self._store, judgement):
            task = str(line.get("task_id"))
            rows = (self._verdicts or {}).get(task, [])
            row = next((one for one in rows if one.get("sample") == line.get("sample")), {})
            verdict, detail = str(row.get("verdict") or ""), str(row.get("detail") or "")
            lines = (judged_by(judgement), *rationale_lines(line))
            attempt = FlippedAnswer(self._of.label, verdict, detail, self._code(task, row), lines)
            said.append(JudgedAnswer(task, number(line.get("points")), str(line.get("why") or ""), attempt))
        return sorted(said, key=lambda one: (one.points is None, one.points or 0.0))

    def _read(self) -> None:
        if self._verdicts is None:
            self._verdicts = _by_task(self._store.verdicts(self._of.run))
            self._answers = _codes(self._of.run, self._store)

    def _rationale(self, task: str, row: Mapping[str, Any]) -> tuple[str, ...]:
        """Under the judge's name; none where nobody judged it."""
        judgement = shown_judgement(self._of)
        if judgement is None:
            return ()
        if self._rationales is None:
            self._rationales = _by_task(rationales(self._store, judgement))
        same = [one for one in self._rationales.get(task, []) if one.get("sample") == row.get("sample")]
        lines = [line for one in same[:1] for line in rationale_lines(one)]
        return (judged_by(judgement), *lines) if lines else ()

    def _code(self, task: str, row: Mapping[str, Any]) -> str:
        answers = (self._answers or {}).get(task, [])
        same_sample = [one for one in answers if one["sample"] == row.get("sample")] or answers
        kept = code_in(row) or changed_files(self._of.run, self._store, row)
        return kept or next((str(one["code"]) for one in same_sample), "")


def changed_files(run: Run, store: Store, row: Mapping[str, Any]) -> str:
    """What an answer to a task made of the files, from the attempt's folder; empty where that is gone."""
    folder, names = row.get("attempt"), row.get("changed")
    if not isinstance(folder, str) or not isinstance(names, list):
        return ""
    texts = []
    for name in map(str, names):
        place = PurePosixPath(ATTEMPTS, folder, "files", name)
        if ".." in place.parts or PurePosixPath(folder).is_absolute() or PurePosixPath(name).is_absolute():
            continue  # a record from elsewhere names no file of ours
        with suppress(OSError), store.artifact(run, str(place)) as file:
            texts.append((name, file.read(LONGEST_CODE).decode("utf-8", "replace").rstrip("\n")))
    if len(texts) == 1:
        return _shown(texts[0][1])
    return _shown("\n\n".join(f"── {name}\n{text}" for name, text in texts))


def code_in(row: Mapping[str, Any]) -> str:
    """The code of an answer as far as it is shown."""
    return _shown(code_of(row))


def _shown(code: str) -> str:
    """As much as a person reads: a model that repeats itself fills thousands of lines."""
    lines = code[:LONGEST_CODE].splitlines()
    whole = len(code) <= LONGEST_CODE and len(lines) <= MOST_LINES
    return "\n".join(lines if whole else [*lines[:MOST_LINES], "… and so on"])


def _codes(run: Run, store: Store) -> dict[str, list[dict[str, Any]]]:
    """Of each answer the code alone: whole answers of twenty models that think aloud are too much to hold."""
    rows = artifact_rows(store, run, RunFile.ANSWERS)
    return _by_task(
        {"task_id": row.get("task_id"), "sample": row.get("sample"), "code": code_in(row)} for row in rows
    )


def _by_task(rows: Iterable[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    by_task: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        by_task[str(row.get("task_id"))].append(row)
    return by_task


def attempt_rows(run: Run, store: Store) -> list[dict[str, Any]]:
    """One row a judged sample; from the list of failed tasks where no verdicts were kept."""
    rows = [{name: as_json(row.get(name)) for name in ROW_FIELDS} for row in store.verdicts(run)]
    if not rows:
        unknown = {**dict.fromkeys(ROW_FIELDS), "verdict": "not passed"}
        rows = [unknown | {"task_id": task} for task in run.results.failed_tasks or ()]
    return [{"run": run.id, "benchmark": run.benchmark, "model": run.model, **row} for row in rows]
