"""A whole night on real servers, with and without what makes it shorter: race, slots, reading ahead.

    python measurements/whole_night.py [--verdicts FILE] [--models 12] [--problems 40]
        [--smallest 20] [--largest 100] [--threads 1] [--ways 0 3]

Models are GGUF files of random weights, of 20 to so many million parameters, served by a real llama-server;
their strengths, scripted by scripted_llama_server.py, are those of models drawn from FILE (see race.py) on
problems drawn from it, without it from weak to strong in even steps. Every night asks the same models the
same problems for 64 tokens each: with 4 slots, no race and no reading ahead first, then each way alone, then
all together. So short a night measures no slots: they are measured before, as a longer night would have done,
and the time of that is told apart. Other programs change times: nights are told with the processor seconds
that they took, too, and --turns repeats all of them, in turns.
"""
# ruff: noqa: E402 - the root is known only after the first imports

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from statistics import median

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from benchkit.running.plan import plan_run
from benchkit.running.runner.host import server_request
from benchkit.running.runner.slots import slots_for
from benchkit.serving.gguf import read_model_file
from benchkit.serving.servers.llama_server import find_llama_server
from benchkit.settings import RunSettings
from measurements.night import add_strengths, draw_strengths
from tests.running.batch.races import write_problems
from tests.serving.gguf.writing import Shape, write_model

TOKENS = 64
CONTEXT = 512
SCRIPTED = ROOT / "measurements" / "scripted_llama_server.py"
HEAD = 64  # the width of an attention head


@dataclass(frozen=True)
class Way:
    """How a night is run."""

    name: str
    flags: tuple[str, ...] = ()
    parallel: int | str = 4  # auto: as was measured before


WAYS = (
    Way("4 slots, all questions", ("--prefetch", "never")),
    Way("reading ahead", ()),
    Way("slots, measured before", ("--prefetch", "never"), "auto"),
    Way("race", ("--prefetch", "never", "--race", "best")),
    Way("all three", ("--race", "best"), "auto"),
)


@dataclass(frozen=True)
class Night:
    """What one came to."""

    wall_s: float
    cpu_s: float
    asked: int


def main() -> None:
    options = read_options()
    with tempfile.TemporaryDirectory(dir=options.folder) as name:
        folder = Path(name)
        os.environ["REAL_LLAMA_SERVER"] = str(find_llama_server())
        os.environ["SCRIPTED_STRENGTHS"] = str(folder / "strengths.json")
        solves = {name: sorted(numbers) for name, numbers in draw_strengths(options).items()}
        print("solved:", *sorted(map(len, solves.values()), reverse=True), flush=True)
        for place, model in enumerate(solves):
            share = place / max(1, len(solves) - 1)
            millions = options.smallest * (options.largest / options.smallest) ** share
            write_weights(folder / f"{model}.gguf", millions * 1e6)
        (folder / "strengths.json").write_text(json.dumps(solves))
        nights: dict[str, list[Night]] = defaultdict(list)
        ways = WAYS if options.ways is None else [WAYS[place] for place in options.ways]
        if any(way.parallel == "auto" for way in ways):
            measure_slots(folder, options)
        for _ in range(options.turns):
            for way in ways:
                night = run_night(folder, way, options)
                nights[way.name].append(night)
                took = f"{night.wall_s:.0f} s, {night.cpu_s:.0f} s of processor"
                print(f"{way.name}: {took}, {night.asked} asked", flush=True)
    report(nights)


def report(nights: dict[str, list[Night]]) -> None:
    first = next(iter(nights.values()))
    for name, turns in nights.items():
        times = median(base.wall_s / one.wall_s for base, one in zip(first, turns, strict=True))
        processor = median(base.cpu_s / one.cpu_s for base, one in zip(first, turns, strict=True))
        print(f"{name}: {times:.2f} times as fast, by processor seconds {processor:.2f}")


def read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add_strengths(parser)
    parser.add_argument("--models", type=int, default=12)
    parser.add_argument("--problems", type=int, default=40)
    parser.add_argument("--smallest", type=float, default=20, help="Million parameters.")
    parser.add_argument("--largest", type=float, default=100)
    parser.add_argument("--turns", type=int, default=1)
    parser.add_argument("--threads", type=int, default=1, help="Of each server.")
    parser.add_argument(
        "--ways", type=int, nargs="+", help="Their numbers, from 0; the first is compared with."
    )
    parser.add_argument("--folder", type=Path, help="For some GB; the usual one without it.")
    return parser.parse_args()


def write_weights(path: Path, parameters: float) -> None:
    """A transformer of about so many parameters with small random weights."""
    heads = 4
    while parameters_of(shape := shape_of(heads)) < 0.9 * parameters:
        heads += 1
    start = write_model(path, shape).stat().st_size
    chance = random.Random(str(path.name))
    small = bytes(0x20 | byte & 0x87 for byte in range(256))  # sign and a few bits of a half's exponent
    weights = bytearray(chance.randbytes(1 << 20))
    weights[1::2] = weights[1::2].translate(small)
    print(f"{path.name}: {parameters_of(shape) / 1e6:.0f} M parameters, {start / 1e6:.0f} MB", flush=True)
    with path.open("r+b") as file:
        for place in range(1 << 20, start - (1 << 20), 1 << 20):  # names and tables stand before
            file.seek(place)
            file.write(weights)


def shape_of(heads: int) -> Shape:
    wide = HEAD * heads
    return Shape(
        layers=8,
        embedding=wide,
        heads=heads,
        kv_heads=heads,
        feed_forward=3 * wide,
        vocabulary=4000,
        context=2048,
    )


def parameters_of(shape: Shape) -> int:
    layer = 4 * shape.embedding**2 + 3 * shape.embedding * shape.feed_forward
    return shape.layers * layer + 2 * shape.vocabulary * shape.embedding


def measure_slots(folder: Path, options: argparse.Namespace) -> None:
    """As a run does whose length nobody knows; the nights find what was measured."""
    os.environ["XDG_CACHE_HOME"] = str(folder / "cache")
    began = time.monotonic()
    for path in sorted(folder.glob("*.gguf")):
        settings = RunSettings(
            benchmark="own", script="true", score_pattern="(?P<score>x)", model=path, parallel="auto",
            server="llama-server", llama_server=SCRIPTED, context=CONTEXT, max_tokens=TOKENS,
            server_args=tuple(served_with(options).split()), history=folder / "measured" / "history.json",
            runs_dir=folder / "measured",
        )  # fmt: skip
        plan = plan_run(settings)
        plan.folder.mkdir(parents=True)
        found = slots_for(plan, server_request(plan, read_model_file(path)), lambda _line: None)
        print(f"{path.name}: {found.slots} slots, {found.because}", flush=True)
    print(f"measuring slots before took {time.monotonic() - began:.0f} s")


def served_with(options: argparse.Namespace) -> str:
    return f"--threads {options.threads}"


def run_night(folder: Path, way: Way, options: argparse.Namespace) -> Night:
    place = folder / "night"
    place.mkdir()
    cache = folder / ("cache" if way.parallel == "auto" else "night/cache")
    problems = write_problems(place / "problems.jsonl", options.problems)
    plan = {
        "defaults": {
            "temperature": 0.0, "max_tokens": TOKENS, "parallel": way.parallel, "server": "llama-server",
            "llama_server": str(SCRIPTED), "context": CONTEXT, "server_args": served_with(options),
        },
        "models": [str(path) for path in sorted(folder.glob("*.gguf"))],
        "benchmarks": [{"name": "human_eval", "args": ["--problems-file", str(problems)]}],
    }  # fmt: skip
    (place / "plan.yaml").write_text(json.dumps(plan))
    environment = {**os.environ, "XDG_CACHE_HOME": str(cache)}
    began, before = time.monotonic(), os.times()
    done = subprocess.run(
        [sys.executable, str(ROOT / "bench_runner.py"), "batch", "plan.yaml", *way.flags],
        cwd=place, env=environment, capture_output=True, text=True,
    )  # fmt: skip
    wall, after = time.monotonic() - began, os.times()
    if done.returncode:
        sys.exit(f"{done.stdout}\n{done.stderr}")
    asked = sum(len(path.read_bytes().splitlines()) for path in place.glob("runs/*/verdicts.jsonl"))
    shutil.rmtree(place)
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    return Night(wall, cpu, asked)


if __name__ == "__main__":
    main()
