"""The search for the fastest flags: what it tries, what it never starts, and what it refuses."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from math import inf
from pathlib import Path
from threading import Event
from typing import Any, cast

import click
import pytest

from benchkit.commands.tune import Duration
from benchkit.contract import ExitCode
from benchkit.errors import BenchError, Interrupted, ModelFileError, ServerError, UsageError
from benchkit.records import Status
from benchkit.running.batch.estimate import _cpu_moe, _draft_kv_types, _kv_types
from benchkit.running.batch.planfile import make_plan
from benchkit.running.plan import PlannedRun
from benchkit.running.runner.host import ModelHost
from benchkit.running.runner.record import Findings
from benchkit.running.tuning import search as searches
from benchkit.running.tuning import tune as tuning
from benchkit.running.tuning.bench import Bench as MeasuredServer
from benchkit.running.tuning.deadline import OutOfTime
from benchkit.running.tuning.finals import NO_GAIN, Finals, Gain, choose_finalists, gain_of
from benchkit.running.tuning.search import MeasureServer, Search, Tried
from benchkit.running.tuning.settings import Candidate, TuningLimits, applied, refuse_other_vocabulary, stages
from benchkit.running.tuning.speed import Wanted, measure_speed
from benchkit.running.tuning.tables import tuned_table
from benchkit.running.tuning.tune import TuningResult, Workload, tune
from benchkit.runs import run_of
from benchkit.serving.gguf import ModelFacts, least_cpu_moe, memory_needed, read_model_facts
from benchkit.serving.gguf.memory import DRIVER_BYTES
from benchkit.serving.gguf.model import Layer
from benchkit.serving.servers.llama_server import find_llama_server
from benchkit.serving.speed.measuring import Load, Meter, Speed
from benchkit.serving.telemetry.room import Room
from benchkit.settings import RunSettings
from tests.serving.gguf.writing import Shape, write_model
from tests.support import F16, QUANTIZED, Bench, runs_in

MIXTURE = ModelFacts(
    layers=tuple(Layer(1000 << 20, 900 << 20, key_values=128, value_values=128) for _ in range(10)),
    input_bytes=1, output_bytes=1, tied_bytes=0, embedding=64, feed_forward=64,
)  # fmt: skip


def box(vram_mb: float | None = None, ram_mb: float = 1e6, facts: ModelFacts | None = None) -> TuningLimits:
    return TuningLimits(Room(vram_mb, ram_mb), facts or read_model_facts(F16), 512)


def speed_of(tokens_per_second: float) -> Speed:
    return Speed(Load(1, 1), 1, tokens_per_second, None, 0.1, None, None, None, 0.0)


def searching(
    landscape: Callable[[Candidate], float], where: TuningLimits, budget_s: float = 1000.0
) -> tuple[Search, Counter[Candidate]]:
    measured: Counter[Candidate] = Counter()

    @contextmanager
    def serve(candidate: Candidate) -> Iterator[MeasureServer]:
        def measure(at_once: int, times: int, limit_s: float = inf) -> Speed:
            del times
            asked = replace(candidate, slots=at_once)
            measured[asked] += 1
            if landscape(asked) == 0 and limit_s < inf:
                raise OutOfTime
            return speed_of(landscape(asked))

        yield measure

    return Search(where, where.room.vram_mb is not None, serve, budget_s, lambda _line: None), measured


def by_slots(candidate: Candidate) -> float:
    """Eight slots are best, and it is a little faster without flash attention."""
    return {1: 40, 2: 70, 4: 100, 8: 150, 16: 120}[candidate.slots] + 20 * (
        candidate.value("--flash-attn", "auto") == "off"
    )


def test_the_best_of_each_stage_goes_into_the_next() -> None:
    """Slots first, all on one server, those near to the fastest in turns; then flash attention."""
    search, measured = searching(by_slots, box())
    best = search.best(Candidate())
    assert (best.slots, best.flags) == (8, (("--flash-attn", "off"),))
    assert (measured[Candidate(slots=1)], measured[Candidate(slots=8)]) == (1, 3)
    assert measured[best] == 2


def test_a_much_slower_setting_is_measured_once() -> None:
    """A second measurement on its server would change nothing."""
    slow = Candidate(slots=8, flags=(("--flash-attn", "off"),))
    search, measured = searching(lambda one: 10 if one == slow else by_slots(one), box())
    assert search.best(Candidate()) == Candidate(slots=8)
    assert measured[slow] == 1


def test_what_takes_far_too_long_is_given_up() -> None:
    """A setting that needs more than twice the time of the fastest is not waited for; it is a row."""
    search, _ = searching(lambda one: 0 if one.flags else by_slots(one), box())
    assert search.best(Candidate()) == Candidate(slots=8)
    assert next(one.note for one in search.tried if one.candidate.flags).startswith("given up: slower")


def test_a_draft_model_is_named_and_used() -> None:
    """Named alone it would be loaded and never asked."""
    one = applied(Candidate(), "draft", "small.gguf")
    assert one.words == ("--model-draft", "small.gguf", "--spec-type", "draft-simple")


def test_where_nothing_helps_the_defaults_stay() -> None:
    """A gain of less than three percent is none."""
    search, _ = searching(lambda one: 100.0 if one == Candidate() else 102.0, box())
    assert search.best(Candidate()) == Candidate()


def test_what_does_not_fit_is_never_started() -> None:
    """By the estimate; it is in the table with its reason."""
    needed = memory_needed(MIXTURE, 512, 4, gpu_layers=0).ram / 2**20
    search, measured = searching(by_slots, box(ram_mb=needed + 1, facts=MIXTURE))
    search.best(Candidate())
    assert not any(one.slots > 4 for one in measured)
    refused = [one for one in search.tried if one.candidate.slots == 8]
    assert refused[0].note == "not started: by the estimate it does not fit"


def test_a_setting_that_fails_is_a_row() -> None:
    """The search goes on with the others."""

    def landscape(candidate: Candidate) -> float:
        if candidate.slots == 16 or candidate.value("--flash-attn", "auto") == "off":
            raise ServerError("it died")
        return by_slots(candidate)

    search, _ = searching(landscape, box())
    assert search.best(Candidate()) == Candidate(slots=8)
    assert any(one.note == "failed: it died" for one in search.tried)


def test_the_budget_ends_the_search() -> None:
    """What would end after its larger part is not begun; the rest is for the gain."""
    search, measured = searching(by_slots, box(), budget_s=0.0)
    assert search.best(Candidate()) == Candidate()
    assert set(measured) == {Candidate()}


def told(search: Search, best: Candidate, gain: Gain) -> str:
    """The lines below the table."""
    run = run_of(
        id="r", timestamp="", benchmark="tune", model="m", status=Status.OK, config={"path": "m.gguf"}
    )
    table = tuned_table(TuningResult(run, tuple(search.tried), Candidate(), best, gain), None)
    return table.split("\n\n")[1]


def test_where_no_time_is_left_for_turns_no_gain_is_told() -> None:
    """The defaults were measured once, while other programs held them back: 226 times as fast is no gain."""
    once = iter([0.5])
    search, _ = searching(lambda one: next(once, 100.0) if one == Candidate() else by_slots(one), box())
    best = search.best(Candidate())
    search.budget_s = 0.0
    decided, gain = search.decide(Candidate(), best)
    assert (decided, gain) == (best, NO_GAIN)
    words = told(search, best, gain)
    assert "times as fast" not in words
    assert words.startswith(
        "How much faster than the defaults is not known: the two were measured in turns 0"
    )


@pytest.mark.parametrize(("turns", "known"), [(1, False), (2, False), (3, True)])
def test_a_gain_takes_three_turns_with_both(turns: int, known: bool) -> None:
    """With fewer the interval is as good as none."""
    finals = Finals(Candidate(), [EIGHT], [{Candidate(): 10.0 + turn, EIGHT: 20.0} for turn in range(turns)])
    gain = finals.gain(EIGHT)
    assert (gain.factor is not None, gain.interval is not None, gain.turns) == (known, known, turns)


def test_a_gain_whose_interval_holds_one_is_not_told_as_one() -> None:
    """It begins with what it is: not proven."""
    search, _ = searching(by_slots, box())
    best = search.best(Candidate())
    words = told(search, best, gain_of([0.9, -0.4, 0.7]))
    assert words.startswith("Not proven to be faster than the defaults: 1.49 times as fast")


def test_where_only_the_defaults_were_measured_nothing_is_said_of_the_others() -> None:
    """A budget that ends after the first measurement has tried nothing that could be slower."""
    search, _ = searching(by_slots, box(), budget_s=0.0)
    best = search.best(Candidate())
    assert told(search, best, NO_GAIN).startswith("Nothing but the defaults was measured: a larger --budget")


def test_what_was_found_before_the_budget_ended_is_not_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first of a stage's settings is twice as fast, and the second finds no time any more."""
    clock = [0.0]
    monkeypatch.setattr("benchkit.running.tuning.search.time.monotonic", lambda: clock[0])
    monkeypatch.setattr(searches, "stages", lambda *_: [("a", [("--threads", 1), ("--threads", 2)])])

    def landscape(candidate: Candidate) -> float:
        clock[0] += 1.0
        return 200.0 if candidate.flags else 100.0

    search, _ = searching(landscape, box(), budget_s=8.0)
    search.began = 0.0
    assert search.best(Candidate()).flags == (("--threads", "1"),)


def test_a_server_that_fails_later_does_not_take_back_a_measurement() -> None:
    """The best keeps its speed, by which who is far behind comes into no finals."""
    search, measured = searching(by_slots, box())
    speeds = [(Candidate(), 100.0), (EIGHT, 150.0), (SIXTEEN, 10.0), (EIGHT, None)]
    search.tried = [Tried(candidate, speed) for candidate, speed in speeds]
    search.decide(Candidate(), EIGHT)
    assert set(measured) == {Candidate(), EIGHT}


def noisy(landscape: Callable[[Candidate], float], seed: int) -> Callable[[Candidate], float]:
    chance = random.Random(seed)
    return lambda one: landscape(one) * chance.lognormvariate(0, 0.1)


def test_on_a_busy_machine_the_finals_find_the_best() -> None:
    """Each measurement is off by a tenth: what is chosen is within 5% of the best in nine of ten searches."""
    good = 0
    for seed in range(20):
        search, _ = searching(noisy(by_slots, seed), box())
        chosen, gain = search.decide(Candidate(), search.best(Candidate()))
        good += by_slots(chosen) >= 0.95 * 170
        if gain.interval is not None and gain.factor is not None:
            assert gain.interval[0] < gain.factor < gain.interval[1]
    assert good >= 18


EIGHT, SIXTEEN, KV = Candidate(8), Candidate(16), applied(Candidate(8), "kv", "q8_0")


def final(speeds: dict[Candidate, list[float]], *finalists: Candidate, start_fits: bool = True) -> Finals:
    """Turns that bring these speeds; 0 is a server that fails."""
    finals = Finals(Candidate(), list(finalists))
    left = {one: iter(each) for one, each in speeds.items()}
    finals.play(lambda one: next(left[one]) or None, lambda those: start_fits or Candidate() not in those)
    return finals


def test_who_is_proven_slower_is_measured_no_more() -> None:
    """After three turns that agree; the other one is measured five times for its gain."""
    finals = final(
        {Candidate(): [10.0] * 15, EIGHT: [20.0, 20.1, 20.2] * 5, SIXTEEN: [15.0, 15.1, 15.2]}, EIGHT, SIXTEEN
    )
    gain = finals.gain(EIGHT)
    assert (finals.winner(), gain.turns) == (EIGHT, 5)


def test_defaults_that_are_too_slow_do_not_end_the_finals() -> None:
    """Where no time is left to measure them the others go on; only the gain is not known from turns."""
    finals = final({EIGHT: [20.0] * 15, SIXTEEN: [21.0] * 15}, EIGHT, SIXTEEN, start_fits=False)
    assert (finals.winner(), finals.gain(SIXTEEN)) == (SIXTEEN, NO_GAIN)


def test_a_slow_setting_does_not_end_the_search(monkeypatch: pytest.MonkeyPatch) -> None:
    """The defaults took most of the time; what is faster is tried all the same, as long as that takes."""
    clock = [0.0]
    monkeypatch.setattr("benchkit.running.tuning.search.time.monotonic", lambda: clock[0])

    def landscape(candidate: Candidate) -> float:
        slow = candidate == Candidate()
        clock[0] += 12.0 if slow else 0.2  # and each is looked up twice
        return 4.0 if slow else by_slots(candidate)

    monkeypatch.setattr(searches, "stages", lambda *_: [("a", [("--threads", 1)]), ("slots", ())])
    search, _ = searching(landscape, box(), budget_s=60.0)
    search.began = 0.0
    assert search.best(Candidate()).slots == 8


def test_a_finalist_that_fails_is_out() -> None:
    """And where the defaults themselves fail, nothing is told of a gain."""
    finals = final({Candidate(): [10.0] * 15, EIGHT: [20.0] * 15, SIXTEEN: [0.0]}, SIXTEEN, EIGHT)
    assert finals.winner() == EIGHT
    assert final({Candidate(): [0.0] * 9, EIGHT: [20.0] * 9}, EIGHT).gain(EIGHT) == NO_GAIN


def test_what_may_change_answers_has_to_be_proven_faster() -> None:
    """Other KV types that are faster by chance are not chosen; those that are for sure are."""
    start = [10.0] * 15
    wins = final({Candidate(): start, EIGHT: [20.0] * 15, KV: [18.0, 25.0, 20.0] * 5}, EIGHT, KV)
    assert wins.winner() == EIGHT
    wins = final({Candidate(): start, EIGHT: [20.0, 20.5] * 8, KV: [25.0] * 15}, EIGHT, KV)
    assert wins.winner() == KV


def test_those_who_came_near_are_finalists() -> None:
    """The best first, at most four; not who is far behind, and never the defaults."""
    tried = {Candidate(): 99.0, EIGHT: 100.0, SIXTEEN: 90.0, KV: 10.0, Candidate(2): 0.0}
    assert choose_finalists(tried, Candidate(), EIGHT) == [EIGHT, SIXTEEN]
    many = {Candidate(slots): 100.0 for slots in range(1, 12)}
    assert len(choose_finalists(many, Candidate(), EIGHT)) == 4


@pytest.mark.usefixtures("any_llama_server")
@pytest.mark.parametrize(
    ("asked", "why"),
    [
        (Workload(prompt_tokens=100_000), r"--prompt 100000: demo-f16.gguf was trained for 2,048 tokens"),
        (Workload(), r"it is a folder: name a file with --history"),
    ],
)
def test_what_would_be_lost_later_is_refused_before(tmp_path: Path, asked: Workload, why: str) -> None:
    """A prompt beyond the model's context, and a history that cannot be written."""
    with pytest.raises(BenchError, match=why):
        tune(RunSettings(model=F16, history=tmp_path, runs_dir=tmp_path / "runs"), asked, print)
    assert not (tmp_path / "runs").exists()


@pytest.mark.usefixtures("any_llama_server")
@pytest.mark.parametrize("place", ["/proc/nowhere/h.json", "/proc/h.json", "{}/file/h.json"])
def test_a_history_that_cannot_be_written_is_told_before_a_server_starts(place: str, tmp_path: Path) -> None:
    """By root, too, whose rights tell nothing about what a file system takes: neither command begins."""
    (tmp_path / "file").touch()
    settings = RunSettings(model=F16, history=Path(place.format(tmp_path)), runs_dir=tmp_path / "runs")
    for begin in (
        lambda: tune(settings, Workload(budget_s=1.0), print),
        lambda: measure_speed(settings, Wanted(), print),
    ):
        with pytest.raises(BenchError, match=r"(\)|is no folder): name another place with --history"):
            begin()
    assert not (tmp_path / "runs").exists()


@pytest.mark.usefixtures("any_llama_server")
def test_without_a_cache_folder_no_run_is_begun(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither command leaves a folder behind that no record tells of."""
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    settings = RunSettings(model=F16, history=tmp_path / "h.json", runs_dir=tmp_path / "runs")
    for begin in (
        lambda: tune(settings, Workload(), print),
        lambda: measure_speed(settings, Wanted(), print),
    ):
        with pytest.raises(UsageError, match="name a place with XDG_CACHE_HOME"):
            begin()
    assert not (tmp_path / "runs").exists()


@pytest.mark.usefixtures("any_llama_server")
def test_a_budget_that_is_too_short_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that would need minutes to start is given up when the time is over, in one line."""

    @contextmanager
    def served(*_: object) -> Iterator[None]:
        Event().wait(280)
        yield

    monkeypatch.setattr(tuning, "served", served)
    began = time.monotonic()
    with pytest.raises(UsageError, match=r"--budget 0.2s is too short to start demo-f16.gguf and measure it"):
        tune(RunSettings(model=F16, history=tmp_path / "h.json"), Workload(budget_s=0.2), print)
    assert time.monotonic() - began < 140
    assert not (tmp_path / "h.json").exists()


def test_the_gain_has_an_interval() -> None:
    """From turns; wide where they disagree, none from a single one."""
    sure, unsure = gain_of([0.40, 0.41, 0.40]), gain_of([0.9, -0.1, 0.4])
    assert sure.interval is not None
    assert unsure.interval is not None
    assert sure.interval[0] > 1.4
    assert unsure.factor is not None
    assert unsure.interval[0] < 1 < unsure.factor
    assert gain_of([0.4]).interval is None


def test_a_mixture_of_experts_leaves_as_few_in_ram_as_will_do() -> None:
    """Each layer has 900 of its 1,000 MB in experts; with room for some, --n-cpu-moe says for how many."""
    free = DRIVER_BYTES + memory_needed(MIXTURE, 512, 4, cpu_moe=6).gpu
    assert least_cpu_moe(free, MIXTURE, 512, 4) == 6
    assert least_cpu_moe(1 << 20, MIXTURE, 512, 4) is None
    assert least_cpu_moe(1 << 40, read_model_facts(F16), 512) is None  # it has no experts
    placing = dict(stages(box(free / 2**20, facts=MIXTURE), has_gpu=True))["placing"]
    assert ("--n-cpu-moe", 6) in placing


def test_with_a_gpu_the_placing_comes_first() -> None:
    """Where experts in RAM are fastest, slots and all that follows are tried with them there."""
    free = DRIVER_BYTES + memory_needed(MIXTURE, 512, 8, cpu_moe=6).gpu
    where = box(free / 2**20, facts=MIXTURE)

    def landscape(candidate: Candidate) -> float:
        return by_slots(candidate) + 100 * (candidate.value("--n-cpu-moe", "0") == "6")

    search, measured = searching(landscape, where)
    best = search.best(Candidate())
    assert (best.slots, best.gpu_layers, best.value("--n-cpu-moe", "")) == (8, "all", "6")
    assert not any(one.slots != 4 and one.value("--n-cpu-moe", "") != "6" for one in measured)


def test_experts_in_ram_are_counted_there() -> None:
    """What leaves the GPU comes to RAM, to the byte."""
    all_there, some = memory_needed(MIXTURE, 512), memory_needed(MIXTURE, 512, cpu_moe=3)
    assert all_there.gpu - some.gpu == some.ram - all_there.ram == 3 * (900 << 20)


def test_the_estimate_reads_the_servers_arguments() -> None:
    """K and V types apart, and experts, in either way to write a flag."""
    assert _kv_types(("--cache-type-k=q8_0", "-fa", "on")) == ("q8_0", "f16")
    assert _kv_types(("-ctv", "q4_0")) == ("f16", "q4_0")
    assert _draft_kv_types(("-ctk", "q8_0", "-ctvd", "q4_0")) == ("f16", "q4_0")
    assert _cpu_moe(("--n-cpu-moe", "12")) == 12
    assert _cpu_moe(("--cpu-moe",)) == 999
    assert _cpu_moe(()) == 0


@pytest.mark.parametrize(
    ("settings", "why"),
    [
        ({"base_url": "http://127.0.0.1:1/v1"}, "--base-url is a server that runs already"),
        ({"server": "xllamacpp"}, "tune sets the flags of llama-server, not of xllamacpp"),
        ({"llama_server": "/no/such/llama-server"}, "is no program"),
    ],
)
def test_what_cannot_be_tuned_is_refused(settings: dict[str, Any], why: str) -> None:
    """In one line with what to do, before anything is started."""
    with pytest.raises(Exception, match=why):
        tune(replace(RunSettings(model=F16), **settings), Workload(), print)


@pytest.mark.usefixtures("any_llama_server")
def test_a_draft_model_that_is_not_there_is_refused(tmp_path: Path) -> None:
    """As any other path of a model."""
    with pytest.raises(UsageError, match=r"no.gguf: no such file"):
        tune(RunSettings(model=F16), Workload(draft=tmp_path / "no.gguf"), print)


@pytest.fixture
def any_llama_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tuning, "find_llama_server", lambda _named: Path("/bin/true"))


@pytest.mark.usefixtures("any_llama_server")
def test_a_file_that_does_not_fit_at_all_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not even one slot in RAM."""
    monkeypatch.setattr(tuning, "free_room", lambda: Room(None, 1.0))
    with pytest.raises(UsageError, match=r"demo-f16.gguf does not fit: it needs 0.0 GB"):
        tune(RunSettings(model=F16), Workload(), print)


@pytest.mark.usefixtures("any_llama_server")
def test_a_draft_model_of_another_vocabulary_is_refused(tmp_path: Path) -> None:
    """With both sizes, and what would do, before anything is started."""
    draft = tmp_path / "small.gguf"
    write_model(draft, Shape(vocabulary=300))
    with pytest.raises(
        UsageError, match=r"small.gguf has another vocabulary \(300 tokens.*demo-f16.gguf \(512"
    ):
        tune(RunSettings(model=F16), Workload(draft=draft), print)
    refuse_other_vocabulary(F16, F16)


def test_a_draft_model_of_the_same_family_may_be_padded_otherwise(tmp_path: Path) -> None:
    """As Qwen2.5's 7B, with 152,064 tokens, and 0.5B with 151,936: llama.cpp takes up to 128 more or less."""
    small, large = tmp_path / "small.gguf", tmp_path / "large.gguf"
    write_model(small, Shape(vocabulary=300))
    write_model(large, Shape(vocabulary=428))
    refuse_other_vocabulary(large, small)
    refuse_other_vocabulary(small, large)
    write_model(large, Shape(vocabulary=429))
    with pytest.raises(UsageError, match="has another vocabulary"):
        refuse_other_vocabulary(large, small)


@pytest.mark.parametrize("text", ["1000h", "9" * 400])
def test_a_budget_that_no_timer_takes_is_refused(text: str) -> None:
    """Instead of breaking off as a bug."""
    with pytest.raises(click.BadParameter, match=r"is more than 168h"):
        Duration().convert(text, None, None)


def serving_for_nothing(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    """The defaults are measured with 100 tokens a second; whatever follows ends with this error."""

    class OneMeter:
        def measure(self, *_: object, **__: object) -> Speed:
            return speed_of(100.0)

    starts = iter([None])

    @contextmanager
    def served(plan: PlannedRun, _say: object, findings: Findings) -> Iterator[MeasuredServer]:
        if next(starts, error) is not None:
            raise error
        plan.folder.mkdir(parents=True)
        yield MeasuredServer(plan, findings, ModelHost(plan, print), cast("Meter", OneMeter()))

    monkeypatch.setattr(tuning, "served", served)


@pytest.mark.usefixtures("any_llama_server")
@pytest.mark.parametrize(
    ("error", "status"),
    [
        (Interrupted(), "interrupted"),
        (KeyboardInterrupt(), "interrupted"),
        (ModelFileError("gone"), "failed"),
    ],
)
def test_what_a_search_has_tried_is_kept_when_it_is_ended(
    error: BaseException, status: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By Ctrl-C, or by the file that vanishes: its record has what was tried, and tells of no gain."""
    serving_for_nothing(monkeypatch, error)
    settings = RunSettings(model=F16, history=tmp_path / "benchmark_results.json", runs_dir=tmp_path / "runs")
    with pytest.raises(type(error)):
        tune(settings, Workload(), print)
    (run,) = runs_in(tmp_path)
    assert (run["benchmark"], run["status"]) == ("tune", status)
    tuned = run["results"]["tuned"]
    assert [one["tokens_per_second"] for one in tuned["tried"]] == [100.0]
    assert (tuned["best"], tuned["gain"], run["telemetry"]["tokens_per_second"]) == (None, None, None)


@pytest.mark.usefixtures("any_llama_server")
def test_a_model_that_no_server_takes_is_a_failed_run(tmp_path: Path) -> None:
    """Not wrong usage: it was tried, and what the server said is in the record."""
    settings = RunSettings(
        model=F16, llama_server=Path("/bin/false"), history=tmp_path / "benchmark_results.json",
        runs_dir=tmp_path / "runs",
    )  # fmt: skip
    with pytest.raises(
        BenchError, match=r"^llama-server of unknown version ended with exit code 1"
    ) as raised:
        tune(settings, Workload(budget_s=60.0), print)
    assert raised.value.exit_code == ExitCode.FAILED
    (run,) = runs_in(tmp_path)
    assert run["status"] == "failed"
    assert "exit code 1" in run["error"]


@pytest.mark.parametrize("text", ["", "soon", "0m", "-1s", "1d"])
def test_what_is_no_budget_is_refused(text: str) -> None:
    """With what would be one."""
    with pytest.raises(click.BadParameter, match="no time such as 90s, 15m or 1h"):
        Duration().convert(text, None, None)
    assert Duration().convert("1.5m", None, None) == 90.0


@pytest.mark.heavy
def test_a_real_draft_model_is_tried_and_its_share_recorded(
    tmp_path: Path, bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The quantized demo model guesses for the other one: a row of the search, and a column of the table."""
    if find_llama_server() is None:
        pytest.skip("no llama-server: `make llama-server` builds one")
    settings = RunSettings(model=F16, history=tmp_path / "benchmark_results.json", runs_dir=tmp_path / "runs")
    one_thread = Candidate(slots=1, flags=(("--threads", "1"),))  # two wait for each other on a busy machine
    monkeypatch.setattr(tuning, "first_candidate", lambda _box: one_thread)
    monkeypatch.setattr(searches, "stages", lambda where, _gpu: [("draft", [("draft", str(where.draft))])])
    tuned = tune(settings, Workload(40, 8, budget_s=120.0, draft=QUANTIZED), print)
    (row,) = (one for one in tuned.tried if "--model-draft demo-q2_k.gguf" in str(one.candidate))
    assert "failed" not in row.note
    drafting = [
        f"--server-arg={word}"
        for word in ("--threads", "1", "--model-draft", str(QUANTIZED), "--spec-type", "draft-simple")
    ]
    done = bench(
        "--model",
        str(F16),
        "--benchmark",
        "demo",
        "--server",
        "llama-server",
        *drafting,
        "--temperature",
        "0",
    )
    assert done.returncode == 0, done.stderr
    run = runs_in(tmp_path)[-1]
    assert 0 < run["telemetry"]["draft_acceptance_percent"] <= 100
    assert "draft %" in bench("compare", "--benchmark", "demo", "--columns", "model,draft").stdout


@pytest.mark.heavy
def test_a_real_server_is_tuned(tmp_path: Path, bench: Bench) -> None:
    """Within its budget: a table, a run of kind tune, and a snippet that is a plan's model."""
    if find_llama_server() is None:
        pytest.skip("no llama-server: `make llama-server` builds one")
    settings = RunSettings(model=F16, history=tmp_path / "benchmark_results.json", runs_dir=tmp_path / "runs")
    tuned: TuningResult = tune(settings, Workload(40, 8, budget_s=45.0), print)
    (run,) = runs_in(tmp_path)
    assert (run["benchmark"], run["status"]) == ("tune", "ok")
    assert len(run["results"]["tuned"]["tried"]) == len(tuned.tried) >= 1
    assert "tok/s" in tuned_table(tuned, None)
    import yaml

    models = yaml.safe_load(tuned.snippet())
    assert not make_plan({"models": models, "benchmarks": ["demo"]}, "snippet").problems
    assert "tune" in bench("list").stdout
