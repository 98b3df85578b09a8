"""What makes a night shorter, factor by factor: a race, reading ahead, and a search instead of a grid.

    python measurements/night.py race [--verdicts FILE] [--models 12] [--problems 40]
    python measurements/night.py prefetch [--gb 1.5] [--turns 3]
    python measurements/night.py tune [--turns 7]

`race`: models behind a stand-in that takes its time for each of 64 tokens, the whole night once with all
questions and once as a race. They are as strong as real ones drawn from FILE (see race.py), without it from
weak to strong in even steps. `prefetch`: the start of a real llama-server on a file that is out of memory
(posix_fadvise drops it), and on one that was read ahead, in turns; beside it a plain read of the file, which
is all that reading ahead can save. `tune`: a grid of slots, threads and flash attention measured on the
demo's model, and what the search finds of it in a fifth of the time; both are then measured in turns. Ratios
within one run are what counts: other programs change times.
"""
# ruff: noqa: E402 - the root is known only after the first imports

from __future__ import annotations

import argparse
import itertools
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from math import exp, inf, log
from pathlib import Path
from statistics import median

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from benchkit.race_forecast import SPREAD_OF_PROBLEMS
from benchkit.records import ServerRequest
from benchkit.running.tuning.deadline import ending_after
from benchkit.running.tuning.finals import gain_of
from benchkit.running.tuning.search import MeasureServer, Search
from benchkit.running.tuning.settings import Candidate, TuningLimits, applied
from benchkit.serving.gguf import read_model_facts, read_model_file
from benchkit.serving.gguf.page_cache import cached_percent
from benchkit.serving.servers import serve
from benchkit.serving.speed.measuring import Load, Meter, Speed
from benchkit.serving.speed.prompts import learn_wording
from benchkit.serving.speed.streaming import StreamingServer
from benchkit.serving.telemetry.room import free_room
from tests.running.batch.races import Scripted, Solves, racing_plan, scripted_endpoint
from tests.serving.gguf.writing import Shape, write_model
from tests.stand_ins.chat_server import Turn
from tests.support import F16

TOKENS = 64
PROMPT, ANSWER = 64, 16  # tokens, of what is tuned for
WEAKEST_TO_STRONGEST = (0.05, 0.9)  # of the problems


def main() -> None:
    options = read_options()
    options.run(options)


def read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    kinds = parser.add_subparsers(required=True)
    race = kinds.add_parser("race")
    race.add_argument("--models", type=int, default=12)
    race.add_argument("--problems", type=int, default=40)
    add_strengths(race)
    race.add_argument("--token-s", type=float, default=0.03, help="Of the stand-in.")
    race.set_defaults(run=measure_race)
    prefetch = kinds.add_parser("prefetch")
    prefetch.add_argument("--gb", type=float, default=1.5)
    prefetch.add_argument("--turns", type=int, default=3)
    prefetch.set_defaults(run=measure_prefetch)
    tune = kinds.add_parser("tune")
    tune.add_argument("--turns", type=int, default=7)
    tune.set_defaults(run=measure_tune)
    return parser.parse_args()


def add_strengths(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--verdicts",
        type=Path,
        help="Draw real models and problems from it; without it strengths are even steps.",
    )
    parser.add_argument("--seed", type=int, default=1, help="Of models and problems.")


class Slow(Scripted):
    """Takes its time for an answer, as a model does."""

    token_s = 0.0

    def __call__(self, turn: Turn) -> None:
        if turn.body.get("stream"):
            time.sleep(TOKENS * self.token_s)
        super().__call__(turn)


def measure_race(options: argparse.Namespace) -> None:
    """Both nights at once: the stand-in sleeps, so that neither takes time from the other."""
    solves = draw_strengths(options)
    print("solved:", *sorted(map(len, solves.values()), reverse=True), flush=True)
    Slow.token_s = options.token_s
    kinds: dict[str, tuple[str, ...]] = {"all questions": (), "race for the best": ("--race", "best")}
    with ThreadPoolExecutor() as pool:
        nights = list(pool.map(lambda flags: raced_night(solves, options.problems, flags), kinds.values()))
    for kind, (seconds, asked) in zip(kinds, nights, strict=True):
        print(f"{kind}: {seconds:.1f} s, {asked} of {options.models * options.problems} questions asked")
    print(f"a race is {nights[0][0] / nights[1][0]:.2f} times as fast")


def raced_night(solves: Solves, problems: int, flags: tuple[str, ...]) -> tuple[float, int]:
    """Its seconds, and how many questions were asked."""
    with tempfile.TemporaryDirectory() as name, scripted_endpoint(solves, Slow) as (scripted, models):
        folder = Path(name)
        (folder / "plan.yaml").write_text(json.dumps(racing_plan(folder, models, problems)))
        command = [sys.executable, str(ROOT / "bench_runner.py"), "batch", "plan.yaml", *flags]
        environment = {**os.environ, "XDG_CACHE_HOME": str(folder / "cache")}
        seconds = seconds_of(
            lambda: subprocess.run(command, cwd=folder, env=environment, capture_output=True, check=True)
        )
        return seconds, sum(scripted.asked.values())


def draw_strengths(options: argparse.Namespace) -> dict[str, frozenset[int]]:
    """The problems that each model solves."""
    drawn = random.Random(options.seed)
    rows = draw_real_models(options, drawn) if options.verdicts else step_evenly(options, drawn)
    return {f"model-{number:02}": frozenset(solved) for number, solved in enumerate(rows)}


def draw_real_models(options: argparse.Namespace, drawn: random.Random) -> Iterator[Iterable[int]]:
    """Models drawn from a file of verdicts (see race.py), on problems drawn from it."""
    rows = sorted(json.loads(options.verdicts.read_text())["models"].values())
    columns = drawn.sample(range(len(rows[0])), options.problems)
    for row in drawn.sample(rows, options.models):
        yield (place for place, column in enumerate(columns) if row[column] == "1")


def step_evenly(options: argparse.Namespace, drawn: random.Random) -> Iterator[Iterable[int]]:
    """From a model that solves hardly any problem to one that solves nearly all, in an order of their own."""
    hardness = [drawn.gauss(0, SPREAD_OF_PROBLEMS) for _ in range(options.problems)]
    weakest, strongest = (round(share * options.problems) for share in WEAKEST_TO_STRONGEST)
    steps = max(1, options.models - 1)
    totals = [weakest + round((strongest - weakest) * step / steps) for step in range(options.models)]
    for total in drawn.sample(totals, len(totals)):
        trouble = [drawn.gauss(hard, SPREAD_OF_PROBLEMS) for hard in hardness]
        yield sorted(range(options.problems), key=trouble.__getitem__)[:total]


def seconds_of(work: Callable[[], object]) -> float:
    began = time.monotonic()
    work()
    return time.monotonic() - began


def measure_prefetch(options: argparse.Namespace) -> None:
    shape = Shape(embedding=2048, heads=16, kv_heads=16, feed_forward=8192, vocabulary=1000)
    a_layer = 2 * (4 * shape.embedding**2 + 3 * shape.embedding * shape.feed_forward)
    layers = max(1, round(options.gb * 1e9 / a_layer))
    with tempfile.TemporaryDirectory(dir=Path.cwd()) as name:
        path = Path(name) / "large.gguf"
        write_model(path, Shape(**{**vars(shape), "layers": layers}))
        print(f"{path.stat().st_size / 1e9:.2f} GB")
        cold, warm, ahead, read_cold, read_warm = [], [], [], [], []
        for _ in range(options.turns):
            drop(path)
            cold.append(start_s(path))
            drop(path)
            read_cold.append(seconds_of(lambda: read(path)))
            read_warm.append(seconds_of(lambda: read(path)))
            drop(path)
            ahead.append(seconds_of(lambda: read_ahead(path)))
            warm.append(start_s(path))
    print(f"start of a cold file: {median(cold):.2f} s; read ahead: {median(warm):.2f} s")
    print(f"{median(cold) / median(warm):.2f} times as fast; reading ahead took {median(ahead):.2f} s")
    print(f"a plain read: cold {median(read_cold):.2f} s, from memory {median(read_warm):.2f} s")


def read(path: Path) -> None:
    buffer = bytearray(1 << 22)
    with path.open("rb", buffering=0) as file:
        while file.readinto(buffer):
            pass


def drop(path: Path) -> None:
    with path.open("rb+") as file:
        os.fsync(file.fileno())
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
    print(f"in memory: {cached_percent([path])}%")


def read_ahead(path: Path) -> None:
    command = [sys.executable, "-m", "benchkit.serving.gguf.reading_ahead", str(path), str(1 << 28)]
    subprocess.run(command, check=True, cwd=ROOT)


def start_s(path: Path) -> float:
    log = path.with_suffix(".log")
    request = ServerRequest("llama-server", "large", log, read_model_file(path), 0, 256)
    with serve(request, lambda _line: None) as server:
        return server.facts.start_s or 0.0


def measure_tune(options: argparse.Namespace) -> None:
    """The search knows nothing of the grid, and has a fifth of its time; both measure in the same way."""
    box = TuningLimits(free_room(), read_model_facts(F16), 512, prompt_tokens=PROMPT)
    began = time.monotonic()
    speeds: dict[Candidate, float] = {}
    for slots, threads, attention in itertools.product((1, 2, 4, 8, 16), (1, 2), ("on", "off", "auto")):
        one = applied(applied(Candidate(slots), "--threads", threads), "--flash-attn", attention)
        speeds[one] = measured(one, 2)
        print(f"grid: {one}: {speeds[one]:.1f} tokens/s", flush=True)
    grid_s = time.monotonic() - began
    began = time.monotonic()
    search = Search(box, False, serving, grid_s / 5, print)
    best, gain = search.decide(Candidate(), search.best(Candidate()))
    searched_s = time.monotonic() - began
    top = max(speeds, key=lambda one: speeds[one])
    print(f"search: {best} in {searched_s:.0f} s, {gain}")
    print(f"grid: {top} in {grid_s:.0f} s ({searched_s / grid_s:.0%})", flush=True)
    ratios = [log(measured_in_turn(best, top, turn)) for turn in range(options.turns)]
    against = gain_of(ratios)
    low, high = against.interval or (0.0, inf)
    print(
        f"the search's setting has {exp(median(ratios)):.1%} of the speed of the grid's best, the middle of "
        f"{against.turns} turns; mean {against.factor:.1%}, 95% from {low:.1%} to {high:.1%}"
    )


def measured_in_turn(best: Candidate, top: Candidate, turn: int) -> float:
    """How many times as fast the first one is; which of them begins changes from turn to turn."""
    pair = (best, top) if turn % 2 else (top, best)
    speed = {one: measured(one, 2) for one in pair}
    return speed[best] / speed[top]


def measured(one: Candidate, times: int) -> float:
    with serving(one) as measure:
        return measure(one.slots, times).tokens_per_second


@contextmanager
def serving(one: Candidate) -> Iterator[MeasureServer]:
    with tempfile.TemporaryDirectory() as name:
        log = Path(name) / "server.log"
        model = read_model_file(F16)
        request = ServerRequest("llama-server", "demo", log, model, 0, 512, one.slots, one.words)
        with serve(request, lambda _line: None) as server:
            target = StreamingServer(server.facts.base_url, server.facts.model, server.api_key)
            meter = Meter(target, learn_wording(target), lambda: server.facts.pids)

            def measure(at_once: int, times: int, limit_s: float = 1e6) -> Speed:
                with ending_after(min(limit_s, 1e6)):
                    return meter.measure(Load(PROMPT, ANSWER, at_once), times, again=0)

            yield measure


if __name__ == "__main__":
    main()
