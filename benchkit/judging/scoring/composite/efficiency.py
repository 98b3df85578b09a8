"""Efficiency of passing answers: processor time on a heavy input, against the reference's on the same.

Each answer takes turns with its reference, one program at a time, so that what else the machine does falls on
both; the points follow from the median of the ratios. The time is the jail's own account of the process. It
grows by half or more while others use the same caches and cores: ratios that lie apart ask for further pairs.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import log
from statistics import median, quantiles

from benchkit.judging.sandbox import Limits, Outcome, Program, Sandbox
from benchkit.judging.scoring.composite.base import Answered, Measured, MeasuredPart, Sources
from benchkit.judging.tasks.harnesses import TrialProgram
from benchkit.judging.tasks.heavy_programs import HeavyBuilds, Unbuildable
from benchkit.verdict import Verdict

NOISE_FLOOR_S = 0.02  # an idle program takes 5 ± 0.5 ms: ratios of less than this are noise
TIME_LIMIT_S = 10.0  # of processor time; an answer that reaches it gets no points
PAIRS = 5  # at least
MOST_PAIRS = 25
CLOSE = 0.1  # the middle half of the ratios lies within this part of their median: no further pairs
ENOUGH_S = 1.5  # of processor time on an answer, or its reference, after which no further pairs are run
MOST_WAIT_S = 60.0  # the same of wall time: an answer may sleep, which costs it no points
TOLD_EVERY = 20  # answers; each takes a second or so
_WAITING = 6.0  # wall time allowed for each second of processor time, on a busy machine
METHOD = f"processor time, {PAIRS} to {MOST_PAIRS} pairs, limit {TIME_LIMIT_S:g} s"
UNKNOWN = "no heavy input is known for the problem"
_ENDED_BY_LIMIT = (Verdict.TIMEOUT, Verdict.MEMORY, Verdict.OUTPUT_LIMIT)


@dataclass(frozen=True)
class Heavy:
    """A heavy input of one problem: programs for a piece of code with the call, and without it."""

    program: Callable[[Sources, str], Program]  # files of code, and the mark before the result
    idle: Callable[[Sources], Program]  # does all that the program does but the answer's own work
    limit_s: float = TIME_LIMIT_S
    memory_mb: int = 1024


@dataclass
class EfficiencyMeter:
    """Measures answers one after the other in one sandbox."""

    sandbox: Sandbox
    heavy: Mapping[str, Heavy | str]  # by problem id; a text says why there can be none
    tell: Callable[[str], None] = lambda _line: None
    _references: dict[str, _Reference | str] = field(default_factory=dict)

    def measure(self, answers: Sequence[Answered]) -> MeasuredPart:
        """The efficiency of all answers; those without a heavy input have none."""
        timed = {name for name, heavy in self.heavy.items() if isinstance(heavy, Heavy)}
        count = sum(one.task_id in timed for one in answers)
        self.tell(f"efficiency: {count} of {len(answers)} passing answers have a heavy input")
        measured, done = [], 0
        for one in answers:
            measured.append(self._measured(one))
            done += one.task_id in timed
            if one.task_id in timed and done % TOLD_EVERY == 0:
                self.tell(f"efficiency: {done} of {count} measured")
        return MeasuredPart(tuple(measured), METHOD)

    def _measured(self, one: Answered) -> Measured:
        heavy = self.heavy.get(one.task_id, UNKNOWN)
        if isinstance(heavy, str) or not one.reference:
            return Measured(one.task_id, one.sample, None, heavy if isinstance(heavy, str) else UNKNOWN)
        try:
            reference = self._reference(one, heavy)
            if isinstance(reference, str):
                return Measured(one.task_id, one.sample, None, reference)
            return self._against(one, heavy, reference)
        except Unbuildable as error:
            return Measured(one.task_id, one.sample, None, str(error))

    def _reference(self, one: Answered, heavy: Heavy) -> _Reference | str:
        """The measured reference of the answer; a text that says why it cannot be measured."""
        if one.task_id not in self._references:
            self._references[one.task_id] = self._look_at(one.reference, heavy)
        return self._references[one.task_id]

    def _look_at(self, files: Sources, heavy: Heavy) -> _Reference | str:
        idle = [self._run(heavy.idle(files), heavy) for _ in range(3)]
        mark = secrets.token_hex(8)
        whole = self._run(heavy.program(files, mark), heavy)
        result = _result(whole, mark)
        if result is None or any(one.verdict is not Verdict.PASSED for one in idle):
            return f"the reference fails on the heavy input: {whole.detail or whole.verdict}"
        reference = _Reference(median(one.cpu_seconds for one in idle), result)
        if whole.cpu_seconds - reference.idle_s < NOISE_FLOOR_S:
            return "the heavy input is below the noise floor on this machine"
        return reference

    def _against(self, one: Answered, heavy: Heavy, reference: _Reference) -> Measured:
        own_s: list[float] = []
        their_s: list[float] = []
        waited_s = 0.0
        for own, theirs in self._pairs(one, heavy):
            if Verdict.INFRASTRUCTURE in (own.outcome.verdict, theirs.verdict):
                return Measured(one.task_id, one.sample, None, "the sandbox failed on the heavy input")
            their_s.append(max(1e-6, theirs.cpu_seconds - reference.idle_s))
            if own.outcome.verdict in _ENDED_BY_LIMIT or own.outcome.cpu_seconds >= heavy.limit_s:
                why = f"{own.outcome.verdict} on the heavy input"
                return Measured(one.task_id, one.sample, 0.0, raw={"ended_by": why})
            if own.result is None:
                return Measured(one.task_id, one.sample, 0.0, raw={"ended_by": own.outcome.detail[:200]})
            if own.result != reference.result:
                why = "another result than the reference's on the heavy input"
                return Measured(one.task_id, one.sample, None, why)
            own_s.append(max(1e-6, own.outcome.cpu_seconds - reference.idle_s))
            ratios = [ours / theirs for ours, theirs in zip(own_s, their_s, strict=True)]
            waited_s += own.outcome.seconds
            if max(sum(own_s), sum(their_s)) > ENOUGH_S or waited_s > MOST_WAIT_S:
                break
            if len(ratios) >= PAIRS and _lie_close(ratios):
                break
        ratio = median(ratios)
        reference_s = median(their_s)
        raw = {
            "ratio": round(ratio, 4),
            "seconds": round(median(own_s), 4),
            "reference_seconds": round(reference_s, 4),
            "pairs": len(own_s),
        }
        return Measured(one.task_id, one.sample, points(ratio, reference_s, heavy.limit_s), raw=raw)

    def _pairs(self, one: Answered, heavy: Heavy) -> Iterator[tuple[_Measurement, Outcome]]:
        """The answer's program and the reference's in turn, each first in every other pair."""
        for number in range(MOST_PAIRS):
            mark = secrets.token_hex(8)
            own = heavy.program(one.files, mark)
            theirs = heavy.program(one.reference, mark)
            first, second = (own, theirs) if number % 2 else (theirs, own)
            outcomes = [self._run(first, heavy), self._run(second, heavy)]
            mine, other = (outcomes[0], outcomes[1]) if number % 2 else (outcomes[1], outcomes[0])
            yield _Measurement(mine, _result(mine, mark)), other

    def _run(self, program: Program, heavy: Heavy) -> Outcome:
        limits = Limits(
            wall_s=_WAITING * heavy.limit_s, cpu_s=heavy.limit_s, memory_mb=heavy.memory_mb, threads=64
        )
        return self.sandbox.run(program, limits)


@dataclass(frozen=True)
class _Reference:
    """What is known of a problem's reference on the heavy input."""

    idle_s: float  # of a program that calls nothing
    result: bytes


@dataclass(frozen=True)
class _Measurement:
    outcome: Outcome
    result: bytes | None


def _lie_close(ratios: Sequence[float]) -> bool:
    """Whether the middle half of the ratios lies together, so that their median tells of the answer alone."""
    low, middle, high = quantiles(ratios, n=4, method="inclusive")
    return high - low <= CLOSE * middle


def points(ratio: float, reference_s: float, limit_s: float = TIME_LIMIT_S) -> float:
    """100 for the reference's time or less, 0 for the time limit, by the logarithm in between."""
    if ratio <= 1:
        return 100.0
    if reference_s >= limit_s:
        return 0.0
    return max(0.0, 100 * (1 - log(ratio) / log(limit_s / reference_s)))


def _result(outcome: Outcome, mark: str) -> bytes | None:
    """The text after the mark; None where the program did not get that far."""
    if outcome.verdict is not Verdict.PASSED:
        return None
    _, marked, rest = outcome.stdout.rpartition(mark.encode())
    return rest.strip() if marked else None


# The digest of a result: equal numbers are equal whatever their type, and so are floats to six digits.
_CALL = """

def {name}_shown(value):
    if isinstance(value, float):
        return "%d" % value if value.is_integer() and abs(value) < 1e15 else "%.6g" % value
    if isinstance(value, (list, tuple)):
        return type(value).__name__ + "(" + ",".join(map({name}_shown, value)) + ")"
    if isinstance(value, (set, frozenset)):
        return "set(" + ",".join(sorted(map({name}_shown, value))) + ")"
    if isinstance(value, dict):
        return "dict(" + ",".join(sorted({name}_shown(pair) for pair in value.items())) + ")"
    return str(int(value)) if isinstance(value, bool) else repr(value)


def {name}_main(given):
    from hashlib import sha256
    from sys import set_int_max_str_digits
    set_int_max_str_digits(0)
    result = {entry_point}(*given)
    print("\\n{mark}" + sha256({name}_shown(result).encode("utf-8", "replace")).hexdigest())


"""


def heavy_call(entry_point: str, arguments: str) -> Heavy:
    """The heavy input of a function: the expression of its arguments."""
    return _heavy(entry_point, arguments, lambda files: ("\n".join(files.values()), {}))


def heavy_script(script: str, files: Mapping[str, bytes]) -> Heavy:
    """The heavy input of a workspace: a script whose function `heavy` uses its files."""
    source = f"import sys\nsys.path.insert(0, '.')\n{script}"

    def with_answer(answer: Sources) -> tuple[str, Mapping[str, bytes]]:
        return source, {**files, **{name: text.encode() for name, text in answer.items()}}

    return _heavy("heavy", "", with_answer)


def heavy_builds(builds: HeavyBuilds) -> Heavy:
    """The heavy input of a workspace in a language whose programs are built or started anew."""

    def program(files: Sources, mark: str) -> Program:
        return _program_of(builds.run_of(files), (mark,))

    def idle(files: Sources) -> Program:
        return _program_of(builds.run_of(files), ())

    return Heavy(program, idle)


def _program_of(run: TrialProgram, arguments: tuple[str, ...]) -> Program:
    return Program(argv=(*(run.argv or ()), *arguments), files=run.files, executable=run.executable)


def _heavy(
    entry_point: str, arguments: str, parts: Callable[[Sources], tuple[str, Mapping[str, bytes]]]
) -> Heavy:
    name = f"heavy_{secrets.token_hex(4)}"  # a name that no answer can know

    def program(files: Sources, mark: str) -> Program:
        source, beside = parts(files)
        call = _CALL.format(name=name, entry_point=entry_point, mark=mark)
        return Program(source=f"{source}{call}{name}_main(({arguments}))\n", files=beside)

    def idle(files: Sources) -> Program:
        source, beside = parts(files)
        call = _CALL.format(name=name, entry_point="(lambda *_given: 0)", mark="")
        return Program(source=f"{source}{call}{name}_main(({arguments}))\n", files=beside)

    return Heavy(program, idle)
