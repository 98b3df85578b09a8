"""Tiers, Pareto fronts, ladders, what fits, noise, notes."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path

import pytest

from benchkit.errors import HistoryError
from benchkit.telling.comparison.noise import noise
from benchkit.telling.comparison.selection import Contestant
from benchkit.telling.comparison.standings import best_that_fits, family, front, ladders, speed, vram
from benchkit.telling.comparison.tiers import by_score, correction_words, tiers
from benchkit.telling.comparison.verdicts import verdicts
from benchkit.telling.history import open_store
from benchkit.telling.history.notes import forget
from tests.telling.comparison.nights import HISTORY, a_contestant, a_run, a_section, with_files


def test_models_that_cannot_be_told_apart_share_a_tier() -> None:
    """90, 89 and 60 of 100: the first two are one tier, the third is below."""
    models = [a_contestant(name, range(n), 100) for name, n in (("c", 40), ("a", 10), ("b", 11))]
    assert [[one.label for one in tier] for tier in tiers(a_section(*models))] == [["a", "b"], ["c"]]


def test_a_model_without_score_is_in_no_tier() -> None:
    """Unknown is not zero."""
    bare = Contestant("bare", (a_run("bare"),), a_contestant("x", []).outcomes.__class__(None))
    assert tiers(a_section(bare)) == []


def test_front_holds_exactly_the_unbeaten() -> None:
    """On random points: each on the front is beaten by none, each other by one."""
    generator = random.Random(1)
    for lower in (True, False):
        points = [
            a_contestant(
                f"m{n}",
                range(generator.randint(0, 30)),
                100,
                telemetry={"vram_peak_mb": generator.randint(1, 9) * 512.0},
            )
            for n in range(25)
        ]
        kept = front(points, vram, lower_is_better=lower)

        def beats(one: Contestant, other: Contestant, lower: bool = lower) -> bool:
            cost = (vram(other) or 0) - (vram(one) or 0) if lower else (vram(one) or 0) - (vram(other) or 0)
            gain = (one.outcomes.score or 0) - (other.outcomes.score or 0)
            return cost >= 0 and gain >= 0 and (cost > 0 or gain > 0)

        for one in points:
            assert (one in kept) == (not any(beats(other, one) for other in points))


def test_front_leaves_out_the_unknown() -> None:
    """A speed nobody measured is on no front."""
    unknown = a_contestant("unknown", [], telemetry={"tokens_per_second": None})
    assert front([unknown, a_contestant("A", [1])], speed, lower_is_better=False)[0].label == "A"


def test_best_that_fits() -> None:
    """The best score first, among those whose measured peak is within the card."""
    models = [
        a_contestant(name, range(failed), telemetry={"vram_peak_mb": peak})
        for name, failed, peak in (
            ("big", 10, 20_000.0),
            ("mid", 30, 9_000.0),
            ("small", 50, 4_000.0),
            ("?", 1, None),
        )
    ]
    assert [one.label for one in best_that_fits(models, 12)] == ["mid", "small"]


@pytest.mark.parametrize(
    ("name", "quantization", "expected"),
    [
        ("Qwen2.5-Coder-7B-Instruct-Q4_K_M", "Q4_K_M", "Qwen2.5-Coder-7B-Instruct"),
        ("Qwen2.5-Coder-7B-Instruct-Q8_0", None, "Qwen2.5-Coder-7B-Instruct"),
        ("gemma-3-27b-it-IQ3_XXS", None, "gemma-3-27b-it"),
        ("model.BF16.gguf", None, "model"),
        ("Q8_0", None, "Q8_0"),
    ],
)
def test_family_is_the_name_without_its_quantization(
    name: str, quantization: str | None, expected: str
) -> None:
    """As the file tells it, else as the name does."""
    assert family(a_contestant(name, [], model_file={"quantization": quantization})) == expected


def test_ladder_goes_down_from_the_largest_file() -> None:
    """Each rung with the points it loses against the top."""
    models = [
        a_contestant(f"Q-7B-{q}", range(failed), 100, model_file={"quantization": q, "size_bytes": size})
        for q, failed, size in (("Q4_K_M", 30, 4e9), ("Q8_0", 20, 8e9), ("IQ2_XS", 60, 2e9))
    ]
    ((name, rungs),) = ladders([*models, a_contestant("lonely-Q4_0", [])]).items()
    assert (name, [(rung.quantization, rung.loss) for rung in rungs]) == (
        "Q-7B",
        [("Q8_0", 0), ("Q4_K_M", 10), ("IQ2_XS", 40)],
    )


def test_noise_of_repeated_runs(tmp_path: Path) -> None:
    """Two runs of 10 problems, one solved only once: 10% disagree."""
    solved = [(f"t{n}", "passed") for n in range(9)]
    runs = [
        with_files(tmp_path, a_run("A", id="a1"), [*solved, ("t9", "passed")]),
        with_files(tmp_path, a_run("A", id="a2"), [*solved, ("t9", "wrong")]),
    ]
    found = noise(runs, open_store(tmp_path / HISTORY))
    assert found is not None
    assert (found.problems, found.changing, found.samples) == (10, ("t9",), 2)
    assert found.disagreement == pytest.approx(0.1)


def test_noise_from_lists_of_failed_tasks_is_the_same(tmp_path: Path) -> None:
    """Without verdicts the failed tasks tell as much, also of the problems that no run failed."""
    found = noise(
        [a_run("A", [1, 2], 10, id="a1"), a_run("A", [1], 10, id="a2")], open_store(tmp_path / HISTORY)
    )
    assert found is not None
    assert (found.problems, found.changing) == (10, ("HumanEval/2",))
    assert found.disagreement == pytest.approx(0.1)
    assert found.deviation == pytest.approx(7.07, abs=0.01)


def test_noise_swing_is_what_simulation_shows(tmp_path: Path) -> None:
    """Two fresh runs of the same model differ by more than the swing in about 5% of the times."""
    generator = random.Random(2)
    chances = [generator.choice([0.02, 0.5, 0.9, 1.0]) for _ in range(150)]

    def a_night() -> list[int]:
        return [n for n, chance in enumerate(chances) if generator.random() > chance]

    runs = [a_run("A", a_night(), 150, id=str(n)) for n in range(12)]
    found = noise(runs, open_store(tmp_path / HISTORY))
    assert found is not None
    beyond = sum(abs(len(a_night()) - len(a_night())) / 150 > found.swing for _ in range(600)) / 600
    assert 0.015 <= beyond <= 0.09


def test_noise_of_a_single_run_is_unknown(tmp_path: Path) -> None:
    """One answer a problem tells nothing about change; several samples in one run do."""
    assert noise([a_run("A", [1])], open_store(tmp_path / HISTORY)) is None
    run = with_files(
        tmp_path, a_run("A", id="many"), [("t", "passed"), ("t", "wrong"), ("u", "wrong"), ("u", "wrong")]
    )
    found = noise([run], open_store(tmp_path / HISTORY))
    assert found is not None
    assert found.changing == ("t",)


def test_notes_and_tags_are_kept_and_forgotten(tmp_path: Path) -> None:
    """Tags add up, a text replaces the former, and a deleted run takes its notes along."""
    history = tmp_path / "results.json"
    open_store(history).annotate("r1", "first", ["night", "q4"])
    open_store(history).annotate("r1", None, ["q4", "küche"])
    open_store(history).annotate("r2", "other")
    assert open_store(history).notes()["r1"].in_words() == "#night #q4 #küche first"
    forget(tmp_path / "results.notes.json", "r1")
    assert list(open_store(history).notes()) == ["r2"]


def test_broken_notes_are_told_not_lost(tmp_path: Path) -> None:
    """A notes file that is no JSON is named, and not written over."""
    history = tmp_path / "results.json"
    (tmp_path / "results.notes.json").write_text("{oops")
    with pytest.raises(HistoryError, match=r"results.notes.json cannot be read"):
        open_store(history).annotate("r1", "text")
    assert (tmp_path / "results.notes.json").read_text() == "{oops"


@pytest.mark.parametrize("name", ["Qwen3-8B-UD-Q4_K_XL", "Qwen3-8B_Q4_K_XL", "Qwen3-8B.q4_k_xl"])
@pytest.mark.parametrize("quantization", ["Q4_K_XL", "Q4_K_M", None])
def test_family_however_the_file_is_named(name: str, quantization: str | None) -> None:
    """With an underscore, with Unsloth's mark, and where the file tells another word than its name."""
    assert family(a_contestant(name, [], model_file={"quantization": quantization})) == "Qwen3-8B"


def random_models(generator: random.Random, accuracies: Sequence[float], problems: int) -> list[Contestant]:
    """Answers to problems of unlike difficulty, which all models share."""
    hardness = [generator.gauss(0, 0.2) for _ in range(problems)]
    return [
        a_contestant(
            f"m{number}",
            [n for n, hard in enumerate(hardness) if generator.random() > accuracy - hard],
            problems,
        )
        for number, accuracy in enumerate(accuracies)
    ]


@pytest.mark.parametrize(("models", "times"), [(3, 300), (12, 120), (40, 40)])
def test_equal_models_are_hardly_ever_split(models: int, times: int) -> None:
    """At most one list in twenty has a split though all models are the same; the bound is exact in theory."""
    generator = random.Random(models)
    split = sum(
        len(tiers(a_section(*random_models(generator, [0.6] * models, 164)))) > 1 for _ in range(times)
    )
    assert split <= 0.05 * times


def test_groups_of_equal_models_are_hardly_ever_split_within() -> None:
    """Also where a true difference stands between them: no tier begins in the middle of a group of equals."""
    generator = random.Random(3)
    false, times = 0, 60
    for _ in range(times):
        models = random_models(generator, [0.85] * 10 + [0.35] * 10, 164)
        upper = {one.label for one in models[:10]}
        found = tiers(a_section(*models))
        starts = [one.label in upper for one in (tier[0] for tier in found)]
        assert len(found) >= 2
        false += len(starts) > 2
    assert false <= 0.05 * times


def test_a_list_is_split_at_least_as_finely_as_by_all_pairs() -> None:
    """What Holm's correction over all pairs tells apart from the best, the tiers do, too, and often more."""
    finer = 0
    for seed in range(8):
        models = random_models(random.Random(seed), [0.5 + 0.3 * n / 59 for n in range(60)], 164)
        section = a_section(*models)
        apart = {frozenset((v.before.label, v.after.label)) for v in verdicts(section) if v.apart}
        first = tiers(section)[0]
        by_all_pairs = [
            one for one in by_score(models) if frozenset((first[0].label, one.label)) not in apart
        ]
        assert len(first) <= len(by_all_pairs)
        finer += len(first) < len(by_all_pairs)
    assert finer >= 2


def test_the_list_says_what_was_corrected() -> None:
    """The number of comparisons, and what the correction promises; two models need none."""
    assert correction_words(2) == ""
    assert correction_words(94).startswith("93 comparisons with a tier's first, ")
    assert "at most 5% risk" in correction_words(94)
