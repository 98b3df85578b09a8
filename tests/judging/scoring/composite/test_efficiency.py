"""Efficiency is processor time against the reference's: the same answers have the same on a busy machine."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from math import log
from random import Random

import pytest

from benchkit.judging.sandbox import Limits, Outcome, Program, open_sandbox
from benchkit.judging.scoring.composite import efficiency
from benchkit.judging.scoring.composite.base import Answered, Measured
from benchkit.judging.scoring.composite.efficiency import (
    NOISE_FLOOR_S,
    PAIRS,
    EfficiencyMeter,
    heavy_call,
    points,
)
from benchkit.judging.scoring.composite.heavy import heavy_inputs
from benchkit.judging.tasks.verify import busy_loops
from benchkit.verdict import Verdict

REFERENCE = "def total(n):\n    found = 0\n    for i in range(n):\n        found += i % 7\n    return found\n"
N = 900_000


def answered(source: str, sample: int = 0) -> Answered:
    return Answered("sum", sample, "python", {"a.py": source}, {"a.py": REFERENCE}, "total")


@dataclass
class Clock:
    """A sandbox whose programs take the processor time that a test names; each tells the right result."""

    seconds: Callable[[str], float]
    verdict: Callable[[str], Verdict] = lambda _source: Verdict.PASSED
    order: list[str] = field(default_factory=list)
    wall_s: float = 0.0  # of each program

    def run(self, program: Program, _limits: Limits) -> Outcome:
        source = str(program.source)
        self.order.append(source)
        mark = source.rpartition('print("\\n')[2].partition('"')[0]
        verdict = self.verdict(source)
        cpu_s = 0.002 + self.seconds(source)
        return Outcome(verdict, seconds=self.wall_s, cpu_seconds=cpu_s, stdout=f"\n{mark}digest".encode())


def meter_of(clock: Clock, tell: Callable[[str], None] = lambda _line: None) -> EfficiencyMeter:
    heavy = {"sum": heavy_call("total", "5,")}
    return EfficiencyMeter(clock, heavy, tell)  # type: ignore[arg-type]  # of a sandbox it only runs programs


def measured(clock: Clock, source: str) -> Measured:
    return meter_of(clock).measure([answered(source)]).measured[0]


def seconds_by(slow: str, factor: float, reference_s: float = 0.1) -> Callable[[str], float]:
    """An idle program takes nothing, code with this word in it `factor` times the reference's time."""

    def seconds(source: str) -> float:
        if "lambda *_given: 0" in source:
            return 0.0
        return reference_s * (factor if slow in source else 1)

    return seconds


@pytest.mark.parametrize("factor", [1.0, 2.0, 10.0, 50.0])
def test_a_slowdown_by_a_factor_costs_its_logarithm(factor: float) -> None:
    """100 · ln f / ln(time limit / reference time) points are lost."""
    found = measured(Clock(seconds_by("slow", factor)), REFERENCE + "# slow\n")
    lost = 100 * log(factor) / log(efficiency.TIME_LIMIT_S / 0.1)
    assert found.points == pytest.approx(100 - lost, abs=0.01)
    assert found.raw["ratio"] == pytest.approx(factor)


def test_faster_than_the_reference_is_100_and_the_limit_is_0() -> None:
    assert measured(Clock(seconds_by("fast", 0.2)), REFERENCE + "# fast\n").points == 100
    assert points(efficiency.TIME_LIMIT_S / 0.1, 0.1) == pytest.approx(0)
    assert points(1e9, 0.1) == 0
    ended = Clock(seconds_by("slow", 3), lambda s: Verdict.TIMEOUT if "slow" in s else Verdict.PASSED)
    assert measured(ended, REFERENCE + "# slow\n").points == 0


def test_answer_and_reference_take_turns_and_each_is_first_in_every_other_pair() -> None:
    clock = Clock(seconds_by("slow", 2))
    measured(clock, REFERENCE + "# slow\n")
    turns = ["slow" if "slow" in source else "reference" for source in clock.order[-2 * PAIRS :]]
    assert turns == ["reference", "slow", "slow", "reference"] * 2 + ["reference", "slow"]


def test_programs_that_now_and_then_take_longer_for_nothing_change_no_ratio() -> None:
    """Each fourth program takes up to twice its time: of 100 ratios of two, 98 are told within 0.3."""
    noise = Random(1)
    plain = seconds_by("slow", 2, 0.03)

    def noisy(source: str) -> float:
        return plain(source) * (noise.uniform(1.2, 2) if noise.random() < 1 / 4 else 1)

    ratios = [measured(Clock(noisy), REFERENCE + "# slow\n").raw["ratio"] for _ in range(100)]
    assert sum(abs(ratio - 2) < 0.3 for ratio in ratios) >= 98


def test_ratios_that_lie_close_ask_for_no_further_pairs() -> None:
    assert measured(Clock(seconds_by("slow", 2)), REFERENCE + "# slow\n").raw["pairs"] == PAIRS


def test_an_answer_that_takes_next_to_nothing_costs_no_25_runs_of_a_slow_reference() -> None:
    """Its ratios are noise, and lie apart, however many there are; the points are the same."""
    noise = Random(1)
    clock = Clock(lambda source: noise.uniform(0, 0.001) if "fast" in source or "lambda" in source else 4.0)
    found = measured(clock, "def total(n):\n    return 5  # fast\n")
    assert (found.points, found.raw["pairs"]) == (100, 1)


def test_an_answer_that_sleeps_is_not_waited_for_25_times() -> None:
    """Nearly a minute each time; that its processor time differs may be its own doing."""
    noise = Random(1)
    clock = Clock(lambda source: 0.0 if "lambda" in source else 0.05 * noise.uniform(0.5, 2))
    clock.wall_s = 55.0
    assert measured(clock, REFERENCE).raw["pairs"] == 2


def test_below_the_noise_floor_there_is_none() -> None:
    found = measured(Clock(seconds_by("slow", 2, NOISE_FLOOR_S / 2)), REFERENCE + "# slow\n")
    assert (found.points, found.why) == (None, "the heavy input is below the noise floor on this machine")


def test_a_sandbox_that_fails_is_nobodys_fault() -> None:
    failing = Clock(
        seconds_by("slow", 1), lambda source: Verdict.INFRASTRUCTURE if "slow" in source else Verdict.PASSED
    )
    found = measured(failing, REFERENCE + "# slow\n")
    assert (found.points, found.why) == (None, "the sandbox failed on the heavy input")


def test_a_reference_that_fails_measures_nobody() -> None:
    failing = Clock(seconds_by("slow", 1), lambda _source: Verdict.ERROR)
    found = measured(failing, REFERENCE + "# slow\n")
    assert (found.points, found.why) == (None, "the reference fails on the heavy input: error")


def test_whoever_waits_is_told_how_far_it_is() -> None:
    told: list[str] = []
    meter = meter_of(Clock(seconds_by("slow", 1)), told.append)
    meter.measure([answered(REFERENCE, number) for number in range(45)])
    assert told == [
        "efficiency: 45 of 45 passing answers have a heavy input",
        "efficiency: 20 of 45 measured",
        "efficiency: 40 of 45 measured",
    ]


def test_a_problem_without_a_heavy_input_has_none() -> None:
    other = replace(answered(REFERENCE), task_id="other")
    (found,) = meter_of(Clock(seconds_by("slow", 1))).measure([other]).measured
    assert (found.points, found.why) == (None, "no heavy input is known for the problem")


def test_in_the_jail_a_busy_machine_changes_nothing_and_no_result_can_be_forged() -> None:
    """The whole way through real programs: the same answer, a slow one, a wrong one, one that ends itself."""
    loop = "    for i in range(n):\n        found += i % 7\n"
    twice = REFERENCE.replace("    return found", f"{loop}    return found // 2")
    wrong = "def total(n):\n    print('digest')\n    return 0\n"
    gone = "import os\n\n\ndef total(n):\n    os._exit(0)\n"
    with open_sandbox("auto", 1) as sandbox:
        meter = EfficiencyMeter(sandbox, {"sum": heavy_call("total", f"{N},")})
        answers = [answered(source, n) for n, source in enumerate((REFERENCE, twice, wrong, gone))]
        quiet = meter.measure(answers).measured
        with busy_loops(2):
            loud = meter.measure(answers[:2]).measured
    assert [one.points is None for one in quiet] == [False, False, True, False]
    assert quiet[2].why == "another result than the reference's on the heavy input"
    assert quiet[3].points == 0
    for before, under_load in zip(quiet, loud, strict=False):
        assert before.points is not None
        assert under_load.points == pytest.approx(before.points, abs=5)
    assert quiet[0].points == pytest.approx(100, abs=3)
    assert quiet[1].raw["ratio"] == pytest.approx(2, rel=0.2)


def test_every_heavy_input_is_an_expression_of_arguments() -> None:
    known = heavy_inputs()
    assert len(known) > 20
    for expression in known.values():
        compile(f"({expression})", "heavy", "eval")
