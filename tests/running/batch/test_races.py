"""Races: who is stopped and when, what is kept of it, and what happens to a race that something disturbs."""

from __future__ import annotations

import json
import secrets
import subprocess
from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from benchkit.racing import Goal
from benchkit.records import RaceNow
from benchkit.running.batch import loop, race_rounds
from benchkit.running.batch.expand import expand
from benchkit.running.batch.planfile import make_plan
from benchkit.running.batch.race_groups import entries_that_race
from benchkit.running.batch.race_rounds import read_outcomes
from benchkit.running.batch.state import StateJournal, beside, read_state
from benchkit.running.batch.summary import summary
from benchkit.running.live import Snapshot
from benchkit.running.live.form import read_snapshot, snapshot_line
from benchkit.settings import RunSettings
from benchkit.spending import read_spent
from tests.running.batch.in_process import night_of
from tests.running.batch.paper_races import PaperNight
from tests.running.batch.races import Scripted, racing_plan, scripted_endpoint
from tests.running.batch.support import COMMAND, write_plan
from tests.support import F16, Bench, runs_in, wait_until


@pytest.fixture(autouse=True)
def _one_seed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who is stopped a round earlier or later depends on the order."""
    monkeypatch.setattr(secrets, "randbelow", lambda _most: 7)


STRONG, MIDDLE, WEAK = frozenset(range(110)), frozenset(range(0, 120, 2)), frozenset(range(12))
SOLVES = {"strong": STRONG, "middle": MIDDLE, "weak": WEAK}


def test_losers_are_stopped_and_the_best_goes_to_the_end(tmp_path: Path) -> None:
    """Of three clearly different models one has a whole run, and the others say why they have none."""
    night = PaperNight(tmp_path, SOLVES, 120)
    assert night.state("strong") == "ok"
    runs = {run["model"]: run for run in runs_in(tmp_path)}
    assert runs["strong"]["results"]["total_problems"] == 120
    weak = runs["weak"]
    assert (weak["status"], weak["results"]["total_problems"]) == ("stopped", 8)
    assert weak["error"].startswith("stopped after 8 of 120 problems: it is not, at 95%, the best (")
    low, high = weak["results"]["race"]["interval"]
    assert low <= 10 <= high < 70  # percent of all 120
    assert night.ledger.all_ok
    assert "still in: strong" in night.races[0].in_words()


def test_the_cost_of_all_rounds_is_in_the_record(tmp_path: Path) -> None:
    """Each start's load and time are kept, and the seconds are added up."""
    PaperNight(tmp_path, SOLVES, 120)
    (strong,) = (run for run in runs_in(tmp_path) if run["model"] == "strong")
    rounds = strong["telemetry"]["rounds"]
    assert rounds[0]["asked"] == 8
    assert rounds[-1]["asked"] == 120
    assert strong["telemetry"]["script_s"] == 8.0 * len(rounds)


def test_equal_models_all_go_to_the_end(tmp_path: Path) -> None:
    """Where nothing tells them apart nobody is stopped, and nobody is asked twice."""
    night = PaperNight(tmp_path, {"one": MIDDLE, "two": MIDDLE, "three": MIDDLE}, 60)
    assert {night.state(name) for name in night.solves} == {"ok"}


def test_top3_and_a_margin_keep_more(tmp_path: Path) -> None:
    """With top2 the second of three stays; ten points behind is too far for five points."""
    assert PaperNight(tmp_path / "a", SOLVES, 120, goal=Goal(places=2)).state("middle") == "ok"
    near = {"best": frozenset(range(118)), "near": frozenset(range(115)), "weak": WEAK}
    night = PaperNight(tmp_path / "b", near, 120, goal=Goal.parse("within 5 points of the best"))
    assert (night.state("near"), night.state("weak")) == ("ok", "stopped 8/120")


def test_who_stands_best_goes_on_first_and_is_read_ahead(tmp_path: Path) -> None:
    """After the first round the best so far is asked all problems, and then the next, one after the other."""
    night = PaperNight(tmp_path, {"a weak one": WEAK, "strong": STRONG}, 120, goal=Goal(margin=0.95))
    assert night.laps == [["a weak one"], ["strong"], ["strong"], ["a weak one"]]
    assert night.next_of_lap == ["strong", "a weak one", "a weak one", None]


def test_a_model_is_asked_no_further_once_it_has_lost(tmp_path: Path) -> None:
    """One that eight problems do not part from the best is stopped in the midst of its second start."""
    strong = frozenset(number for number in range(120) if number % 10 < 8)
    near = frozenset(number for number in range(120) if number % 10 < 7)
    night = PaperNight(tmp_path, {"strong": strong, "middle": near, "weak": WEAK}, 120)
    runs = {run["model"]: run for run in runs_in(tmp_path)}
    assert 8 < runs["middle"]["results"]["total_problems"] < 110
    assert night.asked == {"strong": 2, "middle": 2, "weak": 1}
    assert runs["middle"]["results"]["race"]["behind"] > 0


def test_no_first_round_where_starting_takes_long(tmp_path: Path) -> None:
    """At nine seconds a start and a second a problem each model is started once, and losers stop."""
    solves = {"one": STRONG, "two": MIDDLE, "three": WEAK}
    night = PaperNight(tmp_path, solves, 40, loading_s=9.0)
    (kept,) = read_state(tmp_path / "benchmark_results.json").races.values()
    assert kept.ends == (40,)
    assert night.asked == {"one": 1, "two": 1, "three": 1}
    assert night.state("one") == "ok"
    assert night.state("three").startswith("stopped")
    assert "starting takes too long for a first round" in night.races[0].in_words()


def test_a_race_without_a_first_round_that_is_killed_goes_on_without_one(tmp_path: Path) -> None:
    """What was found out of starting is in the journal, and nobody is started once more for it."""
    solves = {"one": STRONG, "two": MIDDLE, "three": WEAK}
    nights = [PaperNight(tmp_path, solves, 40, loading_s=9.0, most_runs=1) for _ in range(4)]
    assert nights[-1].ledger.all_ok
    assert sum((night.asked for night in nights), Counter()) == {"one": 1, "two": 1, "three": 1}


def test_a_race_in_rounds_of_an_earlier_version_is_judged_anew(tmp_path: Path) -> None:
    """Its seed and first round stay, who was answered keeps the answers, and the race ends as any other."""
    PaperNight(tmp_path, SOLVES, 120, most_runs=4)
    history = tmp_path / "benchmark_results.json"
    (before,) = read_state(history).races.values()
    StateJournal(history).race(replace(before, ends=(8, 16, 24, 32)))
    night = PaperNight(tmp_path, SOLVES, 120)
    (after,) = read_state(history).races.values()
    assert night.ledger.all_ok
    assert night.state("strong") == "ok"
    assert (after.seed, after.ends) == (before.seed, (8, 120))
    assert not any("the plan has changed" in line for line in night.display.lines)


def test_who_is_asked_again_after_a_failed_try_is_asked_in_rounds(tmp_path: Path) -> None:
    """With several tries the solved problems are told first: verdicts count when a round is over."""
    night = PaperNight(tmp_path, SOLVES, 120, args=["--tries", "2"])
    runs = {run["model"]: run for run in runs_in(tmp_path)}
    assert night.state("strong") == "ok"
    assert len(runs["strong"]["telemetry"]["rounds"]) > 2
    assert runs["middle"]["status"] == "stopped"
    assert not night.interrupted_parts


def test_a_killed_race_goes_on_in_the_same_order(tmp_path: Path) -> None:
    """Whenever it is killed, the same seed and rounds follow, and it ends as if nothing had happened."""
    undisturbed = PaperNight(tmp_path / "whole", SOLVES, 120)
    for _ in range(20):
        night = PaperNight(tmp_path / "killed", SOLVES, 120, most_runs=2)
    (kept,) = read_state(tmp_path / "killed" / "benchmark_results.json").races.values()
    assert kept.ends[0] == 8
    assert night.state("strong") == undisturbed.state("strong") == "ok"
    assert night.state("weak") == undisturbed.state("weak")
    assert len(runs_in(tmp_path / "killed")) == 3


def test_a_model_that_fails_is_no_rival(tmp_path: Path) -> None:
    """It is a failed row, and the race goes on without it; --retry-failed lets it in again."""
    night = PaperNight(tmp_path, SOLVES, 120, fails=("strong",))
    assert (night.state("strong"), night.state("middle")) == ("failed", "ok")
    assert "human_eval: the race goes on without strong: it failed" in night.display.lines
    again = PaperNight(tmp_path, SOLVES, 120, retry_failed=True)
    assert again.state("strong") == "ok"
    assert again.asked["middle"] == 0  # its whole run is there, and is compared with


def test_who_was_stopped_for_a_model_that_is_gone_goes_on(tmp_path: Path) -> None:
    """A plan without the winner makes another the best: it is asked on from where it stood."""
    first = PaperNight(tmp_path, SOLVES, 120)
    assert first.state("middle").startswith("stopped")
    second = PaperNight(tmp_path, {"middle": MIDDLE, "weak": WEAK}, 120)
    assert second.state("middle") == "ok"
    assert any("the plan has changed since this race began" in line for line in second.display.lines)


def test_a_model_that_comes_later_races_with_the_others(tmp_path: Path) -> None:
    """It is asked the same problems in the same order; nobody else is asked again."""
    PaperNight(tmp_path, {"strong": STRONG, "weak": WEAK}, 120)
    night = PaperNight(tmp_path, SOLVES, 120)
    assert night.state("middle").startswith("stopped")
    assert set(night.asked) == {"middle"}


def test_a_model_that_comes_later_is_asked_no_further_once_it_has_lost(tmp_path: Path) -> None:
    """Where starting now takes too long for a first round, too: the others have set the bar before."""
    PaperNight(tmp_path, {"strong": STRONG, "middle": MIDDLE}, 120)
    night = PaperNight(tmp_path, SOLVES, 120, loading_s=30.0)
    assert night.state("weak").startswith("stopped")
    assert night.asked == {"weak": 1}


def test_a_goal_that_changes_in_mid_race_is_judged_anew_from_the_answers(tmp_path: Path) -> None:
    """Two places instead of one: the second of three goes on from where it was stopped, in the same order."""
    assert PaperNight(tmp_path, SOLVES, 120).state("middle").startswith("stopped")
    (before,) = read_state(tmp_path / "benchmark_results.json").races.values()
    night = PaperNight(tmp_path, SOLVES, 120, goal=Goal(places=2))
    (after,) = read_state(tmp_path / "benchmark_results.json").races.values()
    assert night.state("middle") == "ok"
    assert night.state("weak").startswith("stopped")
    assert (night.asked["strong"], before.seed) == (0, after.seed)
    assert any("the plan has changed since this race began" in line for line in night.display.lines)


def test_slots_that_change_in_mid_race_keep_its_rounds(tmp_path: Path) -> None:
    """What was begun with four goes on in the same order with eight; nobody is asked again."""
    PaperNight(tmp_path, SOLVES, 120, most_runs=4)
    (before,) = read_state(tmp_path / "benchmark_results.json").races.values()
    night = PaperNight(tmp_path, SOLVES, 120, slots=8)
    races = read_state(tmp_path / "benchmark_results.json").races
    assert night.state("strong") == "ok"
    assert all(one.ends[0] == 8 for one in races.values())
    assert before.seed in {one.seed for one in races.values()}


def test_a_night_that_is_too_short_ends_the_race_for_now(tmp_path: Path) -> None:
    """With --until no round is begun that would not end in time."""
    past = datetime.now().astimezone() - timedelta(hours=1)
    night = PaperNight(tmp_path, SOLVES, 120, until=past)
    assert night.state("strong") == "waiting"
    assert not night.asked


def test_few_problems_are_asked_all_at_once(tmp_path: Path) -> None:
    """Twelve problems make one round: every model has a whole run, and the summary says why."""
    night = PaperNight(tmp_path, {"one": STRONG, "two": WEAK}, 12)
    assert [run["status"] for run in runs_in(tmp_path)] == ["ok", "ok"]
    assert "12 problems are too few for a race" in night.races[0].in_words()


@pytest.mark.parametrize(("slots", "first"), [(4, 8), (1, 8), (6, 12)])
def test_the_first_round_fills_all_slots(slots: int, first: int, tmp_path: Path) -> None:
    """Ten problems at six slots take as long as twelve: the first round is a multiple of the slots."""
    PaperNight(tmp_path, {"one": MIDDLE, "two": MIDDLE}, 40, slots=slots)
    (kept,) = read_state(tmp_path / "benchmark_results.json").races.values()
    assert kept.ends == (first, 40)


def test_one_model_and_foreign_benchmarks_are_no_race(tmp_path: Path) -> None:
    """Each is told in a line and runs whole."""
    models = [{"base_url": "http://127.0.0.1:1/v1", "name": "alone"}]
    plan = racing_plan(tmp_path, models, 40, race="best")
    base = RunSettings(benchmark="", history=tmp_path / "h.json", runs_dir=tmp_path)
    groups, notes = entries_that_race(expand(make_plan(plan, "plan"), base).entries)
    assert (groups, notes) == ([], ["human_eval: one model is no race, so alone runs all of it"])
    foreign = {"name": "own", "script": "echo {model}", "parser": "human_eval"}
    plan |= {"models": [*models, {**models[0], "name": "two"}], "benchmarks": [foreign]}
    groups, notes = entries_that_race(expand(make_plan(plan, "plan"), base).entries)
    assert (groups, notes) == (
        [],
        ["own cannot be asked in parts, so it is no race: every model runs all of it"],
    )
    plan |= {"benchmarks": ["judge_check"]}  # its script knows no parts, though it is ours
    groups, (note,) = entries_that_race(expand(make_plan(plan, "plan"), base).entries)
    assert (groups, note.split()[:5]) == ([], ["judge_check", "cannot", "be", "asked", "in"])


@pytest.mark.parametrize("text", ["bset", "top0", "within 5", "5", 3, ["best"], ""])
def test_a_goal_that_is_none_is_refused(text: object, tmp_path: Path) -> None:
    """In a plan, with the goals that there are."""
    models = [{"base_url": "http://127.0.0.1:1/v1", "name": "one"}]
    (problem,) = make_plan(racing_plan(tmp_path, models, 1, race=text), "plan").problems
    assert problem == f"race: {text!r} is none of best, top3 or 'within 5 points of the best'"


def test_a_goal_that_is_none_is_refused_on_the_command_line(bench: Bench, tmp_path: Path) -> None:
    """Before anything is started."""
    write_plan(tmp_path, models=[str(F16)], benchmarks=["demo"])
    done = bench("batch", "plan.yaml", "--race", "bset")
    assert (done.returncode, done.stdout) == (2, "")
    assert "--race bset: give best, top3 or 'within 5 points of the best'" in done.stderr
    tried = bench("batch", "plan.yaml", "--race", "top 3", "--dry-run")
    assert "A race for top3: these are the times of whole runs" in tried.stdout
    assert "A race" not in bench("batch", "plan.yaml", "--race", "top3", "--finish", "--dry-run").stdout


def test_samples_are_averaged_and_lost_answers_are_unknown(tmp_path: Path) -> None:
    """Half of two samples is a half; what the server lost counts for nobody and against nobody."""
    rows = [
        ("a", "passed"),
        ("a", "wrong"),
        ("b", "infrastructure"),
        ("c", "passed"),
        ("c", "infrastructure"),
    ]
    lines = [json.dumps({"task_id": task, "verdict": verdict}) for task, verdict in rows]
    (tmp_path / "verdicts.jsonl").write_text("\n".join([*lines, '{"task_id": "d", "ver']))
    assert read_outcomes(tmp_path / "verdicts.jsonl") == {"a": 0.5, "b": None, "c": 1.0}


def test_onlookers_see_the_race() -> None:
    """A snapshot carries goal, round and how many are left; a broken one is passed over, not the snapshot."""
    snapshot = Snapshot("running", done=3, race=RaceNow("best", 2, 20, 12, 164))
    assert read_snapshot(snapshot_line(snapshot)) == snapshot
    line = snapshot_line(snapshot).replace(b'"round":2,', b"")
    assert read_snapshot(line) == replace(snapshot, race=None)


def test_a_real_race_asks_nothing_twice(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two models, forty problems: the weak one is asked eight, and --finish asks only the rest."""
    monkeypatch.setattr(race_rounds, "FIRST_ROUND_PAYS", 1e9)  # however busy the machine
    solves = {"strong": frozenset(range(38)), "weak": frozenset(range(3))}
    with scripted_endpoint(solves) as (scripted, models):
        plan = racing_plan(tmp_path, models, 40)
        ledger = night_of(tmp_path, {"race": Goal()}, **plan)
        assert ledger.all_ok
        assert (scripted.count("strong"), scripted.count("weak")) == (40, 8)
        told = summary(ledger, None)
        assert "1 ran, 0 failed, 1 stopped in a race" in told
        assert "48 of 80 questions asked (60%); still in: strong" in told
        status = bench("status").stdout
        assert "stopped 8/40" in status
        assert "a race for best, a first round of 8 problems: 1 of 2 in" in status
        compared = bench("compare").stdout
        assert "8 paired" in compared
        assert "its interval is of all of them" in compared
        (tmp_path / "plan.yaml").write_text(json.dumps(plan))
        assert bench("batch", "plan.yaml", "--finish").returncode == 0
        assert set(scripted.asked.values()) == {1}
        assert scripted.count("weak") == 40
    weak = [run for run in runs_in(tmp_path) if run["model"] == "weak"]
    assert [run["status"] for run in weak] == ["stopped", "ok"]
    assert weak[1]["results"]["total_passed"] == 3


@pytest.mark.heavy
def test_samples_are_raced_by_their_mean(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two samples of each problem: rounds count problems, and each sample is asked once."""
    monkeypatch.setattr(race_rounds, "FIRST_ROUND_PAYS", 1e9)
    solves = {"strong": frozenset(range(38)), "weak": frozenset(range(3))}
    with scripted_endpoint(solves) as (scripted, models):
        plan = racing_plan(tmp_path, models, 40)
        plan["benchmarks"][0]["args"] += ["--samples-per-problem", "2"]
        ledger = night_of(tmp_path, {"race": Goal()}, **plan)
    assert (scripted.count("strong"), scripted.count("weak")) == (80, 16)
    assert set(scripted.asked.values()) == {2}
    assert "48 of 80 questions asked" in summary(ledger, None)


class Leisurely(Scripted):
    """Takes its time, so that models that are asked side by side meet."""

    pause_s = 0.05


@pytest.mark.heavy
def test_a_real_model_that_has_lost_is_asked_no_further(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its script ends in good order amid the problems, and --finish asks the rest, nothing twice."""
    monkeypatch.setattr(race_rounds, "FIRST_ROUND_PAYS", 1e9)
    solves = {
        name: frozenset(number for number in range(80) if number % 10 < share)
        for name, share in (("strong", 8), ("near", 7))
    }
    with scripted_endpoint(solves, Leisurely) as (scripted, models):
        plan = racing_plan(tmp_path, models, 80)
        ledger = night_of(tmp_path, {"race": Goal()}, **plan)
        assert ledger.all_ok
        asked = scripted.count("near")
        assert 8 < asked < 80
        (run,) = (run for run in runs_in(tmp_path) if run["model"] == "near")
        assert (run["status"], run["results"]["part"]["asked"]) == ("stopped", asked)
        assert run["results"]["total_problems"] == asked
        night_of(tmp_path, {"finish": True}, **plan)
    assert set(scripted.asked.values()) == {1}
    assert scripted.count("near") == 80
    assert [run["status"] for run in runs_in(tmp_path) if run["model"] == "near"] == ["stopped", "ok"]


@pytest.mark.heavy
def test_models_of_providers_race_side_by_side(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With --concurrent-models a round's models are asked together, and it ends as it would otherwise."""
    monkeypatch.setattr(race_rounds, "FIRST_ROUND_PAYS", 1e9)
    solves = {"strong": frozenset(range(38)), "other": frozenset(range(36)), "weak": frozenset(range(3))}
    monkeypatch.setattr(loop, "may_run_beside", lambda _settings: True)  # though it is this machine's
    with scripted_endpoint(solves, Leisurely) as (scripted, models):
        plan = racing_plan(tmp_path, models, 40)
        ledger = night_of(tmp_path, {"race": Goal(), "concurrent_models": 3}, **plan)
    assert ledger.all_ok
    assert scripted.count("weak") == 8
    assert set(scripted.asked.values()) == {1}
    assert any(len(models) > 1 for models in scripted.at_once)
    assert "still in: strong" in summary(ledger, None)


@pytest.mark.heavy
def test_a_race_rests_where_its_money_is_spent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody loses a race for that; with more money the same command goes on, and asks nothing twice."""
    monkeypatch.setattr(race_rounds, "FIRST_ROUND_PAYS", 1e9)
    solves = {"strong": frozenset(range(38)), "weak": frozenset(range(3))}
    with scripted_endpoint(solves) as (scripted, models):
        priced = [{**model, "price": "0,10"} for model in models]  # an answer's budget is 0.001
        plan = racing_plan(tmp_path, priced, 40)
        plan["defaults"]["parallel"] = 1
        ledger = night_of(tmp_path, {"race": Goal(), "max_cost": 0.002}, **plan)
        told = summary(ledger, None)
        assert "it rests: the batch may spend no more" in told
        assert 0 < scripted.count("strong") < 40
        assert not ledger.all_ok
        spent = sum(read_spent(beside(tmp_path / "benchmark_results.json", "spending.json")).values())
        assert 0 < spent <= 0.002
        assert "goes on without" not in told
        again = night_of(tmp_path, {"race": Goal(), "max_cost": 1.0, "retry_failed": True}, **plan)
    assert again.all_ok
    assert scripted.count("strong") == 40
    assert 0 < scripted.count("weak") < 40
    assert set(scripted.asked.values()) == {1}


@pytest.mark.heavy
def test_a_race_that_is_killed_in_a_round_asks_nothing_again_that_was_answered(tmp_path: Path) -> None:
    """kill -9 in the middle of the second round; the same command ends the race in the same order."""
    solves = {"strong": frozenset(range(38)), "other": frozenset(range(36)), "weak": frozenset(range(3))}
    with scripted_endpoint(solves) as (scripted, models):
        (tmp_path / "plan.yaml").write_text(json.dumps(racing_plan(tmp_path, models, 40, race="best")))
        with subprocess.Popen(
            COMMAND, cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        ) as night:
            wait_until(lambda: sum(scripted.asked.values()) > 50)
            night.kill()
        before = read_state(tmp_path / "benchmark_results.json").races
        assert subprocess.run(COMMAND, cwd=tmp_path, check=False, capture_output=True).returncode == 0
        after = read_state(tmp_path / "benchmark_results.json").races
        assert {one.seed for one in before.values()} == {one.seed for one in after.values()}
        twice = [asked for asked, times in scripted.asked.items() if times > 1]
        assert len(twice) <= 4  # those under way
