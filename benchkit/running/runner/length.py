"""How long a run will be, as far as that can be told before it starts."""

from __future__ import annotations

import gzip
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from benchkit.files import real_path
from benchkit.records import Run, Status
from benchkit.run_parts import RunMachine, read_part
from benchkit.running.plan import PlannedRun
from benchkit.serving.telemetry import machine_facts

USUAL_TOKENS = 300  # of an answer to a programming problem
USUAL_PROMPT = 300
PROMPT_COST = 1 / 8  # of a generated token: prompts are read in parallel
LARGEST_FILE = 64 << 20  # bytes: problems are not counted in more


@dataclass(frozen=True)
class Length:
    """What is asked for, and how fast that went on an earlier day."""

    questions: int
    tokens: int  # of an answer
    speed: float | None = None  # tokens per second, of all requests together

    @property
    def work(self) -> float:
        """In generated tokens, the prompts included."""
        return work_of(self.questions, self.tokens)


def work_of(answers: int, tokens: int, prompt_tokens: int = USUAL_PROMPT) -> float:
    """What so many answers cost, in generated tokens."""
    return answers * (tokens + prompt_tokens * PROMPT_COST)


def expected_length(plan: PlannedRun, runs: Sequence[Run]) -> Length | None:
    """By the run's flags, else by what the history tells of this benchmark; None where nothing tells."""
    words = _script_words(plan)
    alike = [run for run in runs if _asked_the_same(run, plan, words)]
    problems = _problems(plan, words, alike)
    if problems is None:
        return None
    own = _of_this_model(alike, plan)
    return Length(problems * samples_asked(plan), _tokens(plan, own or alike), _speed(own))


def samples_asked(plan: PlannedRun) -> int:
    """Of each problem, by the run's flags."""
    return _number(_script_words(plan), "--samples-per-problem", "--samples") or 1


def _script_words(plan: PlannedRun) -> tuple[str, ...]:
    return (*plan.benchmark.args, *plan.settings.script_args)


def _asked_the_same(run: Run, plan: PlannedRun, words: Sequence[str]) -> bool:
    asked = (run.benchmark, tuple(run.config.script_args or ()))
    return run.status is Status.OK and asked == (plan.benchmark.name, tuple(words))


def _of_this_model(runs: Iterable[Run], plan: PlannedRun) -> list[Run]:
    """On this machine."""
    path = plan.settings.model and str(real_path(plan.settings.model))
    named = [run for run in runs if run.config.path == path]
    if not named:
        return []
    here = read_part(RunMachine, machine_facts())
    return [run for run in named if run.machine.is_as_fast_as(here)]


def _problems(plan: PlannedRun, words: Sequence[str], alike: Sequence[Run]) -> int | None:
    file = _value(words, "--problems-file")
    limit = _number(words, "--limit")
    known = [run.results.total_problems for run in alike if run.results.total_problems]
    whole = (_lines(Path(file)) if file else None) or (known[-1] if known else plan.benchmark.problems)
    return min((one for one in (whole, limit) if one), default=None)


def _tokens(plan: PlannedRun, runs: Sequence[Run]) -> int:
    """Of an answer: as before, else the usual; never more than the budget."""
    before = [
        run.telemetry.completion_tokens / answers
        for run in runs
        if run.telemetry.completion_tokens
        and (answers := (run.results.total_problems or 0) * (run.config.samples_per_problem or 1))
    ]
    expected = before[-1] if before else USUAL_TOKENS
    budget = plan.settings.max_tokens
    return max(1, round(min(expected, budget) if budget else expected))


def _speed(runs: Iterable[Run]) -> float | None:
    known = [run.telemetry.tokens_per_second for run in runs if run.telemetry.tokens_per_second]
    return known[-1] if known else None


def _number(words: Sequence[str], *flags: str) -> int | None:
    value = _value(words, *flags)
    return int(value) if value is not None and value.isdecimal() else None


def _value(words: Sequence[str], *flags: str) -> str | None:
    """Of the last of these flags, behind it or behind its equals sign."""
    parts = [part for word in words for part in (word.split("=", 1) if word[:2] == "--" else [word])]
    places = [place for place, part in enumerate(parts[:-1]) if part in flags]
    return parts[places[-1] + 1] if places else None


def _lines(path: Path) -> int | None:
    """Of a file of one problem a line."""
    if not path.name.endswith((".jsonl", ".jsonl.gz")):
        return None
    with suppress(OSError, EOFError):
        if path.stat().st_size <= LARGEST_FILE:
            with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as lines:
                return sum(1 for line in lines if line.strip())
    return None
