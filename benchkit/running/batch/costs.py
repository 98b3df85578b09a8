"""What the runs of a plan are expected to cost, by history and token budgets; the sum that a night keeps."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from benchkit.prices import Price, Tokens, in_dollars
from benchkit.records import Run, Status
from benchkit.running.batch.expand import Entry
from benchkit.running.batch.state import beside
from benchkit.running.judging import without_run
from benchkit.running.plan import find_benchmark, price_of, sends_bill
from benchkit.running.runner.host import ANSWER_TOKENS, PROMPT_TOKENS
from benchkit.settings import RunSettings
from benchkit.spending import end_run, read_spent, shared_limit, was_ended

SAME_PROBLEMS = {"--seed", "--top-p", "--prompt", "--stop", "--extra-body"}
"""Flags of a script that change how is asked, and not what."""

_Asked = tuple[str, tuple[str, ...]]


@dataclass(frozen=True)
class ExpectedCost:
    """In dollars; None is unknown."""

    about: float | None = None
    most: float | None = None  # if each answer used up its token budget
    is_bill: bool = True  # somebody sends one: not for a model of this machine


@dataclass(frozen=True)
class _Used:
    """What one run of a benchmark took."""

    answers: int
    prompt: int
    completion: int


class CostEstimator:
    """Knows the runs of the history, and answers for many entries."""

    def __init__(self, runs: Iterable[Run]) -> None:
        self._costs: dict[tuple[_Asked, str, str | None], list[float]] = defaultdict(list)
        self._energy: dict[tuple[_Asked, str], list[float]] = defaultdict(list)
        self._used: dict[_Asked, list[_Used]] = defaultdict(list)
        for run in runs:
            if run.status is Status.OK:
                self._learn(run)

    def _learn(self, run: Run) -> None:
        asked = (run.benchmark, without_run(run.config.script_args or ()))
        telemetry, problems = run.telemetry, run.results.total_problems
        if telemetry.cost is not None:
            self._costs[asked, run.model, run.config.base_url].append(telemetry.cost)
        if telemetry.energy_wh is not None:
            self._energy[asked, run.model].append(telemetry.energy_wh)
        prompt, completion = telemetry.prompt_tokens, telemetry.completion_tokens
        if problems and prompt is not None and completion is not None:
            answers = problems * (run.config.samples_per_problem or 1)
            self._used[asked].append(_Used(answers, prompt, completion))

    def expect(self, entry: Entry) -> ExpectedCost:
        settings = entry.settings
        asked = (settings.benchmark, without_run((*find_benchmark(settings).args, *settings.script_args)))
        if not sends_bill(settings):
            energy = self._energy.get((asked, settings.name or ""))
            known = energy and settings.price_kwh is not None
            cost = median(energy) / 1000 * settings.price_kwh if energy and settings.price_kwh else None
            return ExpectedCost(cost if known else None, is_bill=False)
        price = price_of(settings)
        own = self._costs.get((asked, settings.name or "", settings.base_url))
        about = median(own) if own else self._by_tokens(asked, price)
        return ExpectedCost(about, self._most(asked, price, settings))

    def _by_tokens(self, asked: _Asked, price: Price | None) -> float | None:
        """What other models took for the same."""
        if price is None or not (used := self._used.get(asked)):
            return None
        return price.cost(_tokens(used))

    def _most(self, asked: _Asked, price: Price | None, settings: RunSettings) -> float | None:
        budget = settings.max_tokens
        if price is None or budget is None:
            return None
        if used := self._used.get(asked):
            answers, prompt = max(one.answers for one in used), max(one.prompt for one in used)
        elif answers := _known_answers(settings):
            prompt = answers * PROMPT_TOKENS
        else:
            return None
        return price.cost(Tokens(prompt, answers * budget))


def _known_answers(settings: RunSettings) -> int:
    """How many a benchmark of a known size asks for; 0 where its flags may choose other problems."""
    words = settings.script_args
    flags = {word: words[place + 1] for place, word in enumerate(words[:-1]) if word.startswith("--")}
    counts = [flags.pop(name, None) for name in ("--limit", "--samples-per-problem")]
    limit, samples = (int(text) if text and text.isdecimal() else None for text in counts)
    problems = find_benchmark(settings).problems or 0
    if flags.keys() - SAME_PROBLEMS or any("=" in word for word in words):
        return 0
    return min(problems, limit or problems) * (samples or 1)


def _tokens(used: Sequence[_Used]) -> Tokens:
    return Tokens(int(median(one.prompt for one in used)), int(median(one.completion for one in used)))


def in_words(expected: Sequence[ExpectedCost]) -> str:
    """One line about all runs that are left; empty where nobody sends a bill."""
    paid = [one for one in expected if one.is_bill]
    known = [one.about for one in paid if one.about is not None]
    most = [one.most for one in paid if one.most is not None]
    if not paid:
        return ""
    parts = [f"about {in_dollars(sum(known))} dollars"] if known else []
    parts += [f"at most {in_dollars(sum(most))} by the token budgets"] if len(most) == len(paid) else []
    unknown = len(paid) - len(known)
    parts += [f"not known yet for {unknown} of {len(paid)} runs at a provider"] if unknown else []
    return f"Cost: {', '.join(parts)}"


class Night:
    """What the runs of a batch may cost together; without a limit, anything."""

    def __init__(self, path: Path | None = None, most: float = 0.0) -> None:
        self._path, self._most = path, most

    def refusal(self, settings: RunSettings) -> str | None:
        """Why a run is not worth starting: not even one more answer of its model can be paid."""
        price = price_of(settings) if self._path and sends_bill(settings) else None
        if self._path is None or price is None:
            return None
        one_answer = price.cost(Tokens(0, settings.max_tokens or ANSWER_TOKENS)) or 0.0
        spent = sum(read_spent(self._path).values())
        if spent + one_answer <= self._most:
            return None
        return f"would pass --max-cost {self._most:g}: {in_dollars(spent)} dollars are spent"

    def has_ended(self, folder: Path) -> bool:
        """Whether the run in this folder was ended, for all that was allowed is spent."""
        return self._path is not None and was_ended(self._path, folder.name)

    def note_end(self, folder: Path) -> None:
        if self._path is not None:
            end_run(self._path, folder.name)


@contextmanager
def night_of(history: str | Path, most: float | None, done: Mapping[Path, float]) -> Iterator[Night]:
    """The limit of a batch, told to its scripts; `done` is what the plan's runs cost so far.

    What earlier batches of this history noted of them counts before what the history says.
    """
    if most is None:
        yield Night()
        return
    path = beside(history, "spending.json")
    noted = read_spent(path)
    spent = {folder.name: noted.get(folder.name, cost) for folder, cost in done.items()}
    with shared_limit(path, most, spent):
        yield Night(path, most)
