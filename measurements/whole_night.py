"""A whole night on real servers, with and without what makes it shorter: race, slots, reading ahead.

    python measurements/whole_night.py --verdicts FILE [--models 12] [--problems 40] [--largest 100]

Models are GGUF files of random weights, of 20 to so many million parameters, served by a real llama-server
with one thread; their strengths are those of models drawn from FILE (see race.py) on problems drawn from
it, scripted by scripted_llama_server.py. Every night asks the same models the same problems for 64 tokens
each: with 4 slots, no race and no reading ahead first, then each way alone, then all together. `slots,
measured before` is a night on a box that has measured them. Other programs change times: nights are told
with the processor seconds that they took, too, and --turns repeats all of them, in turns.
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

from benchkit.serving.servers.llama_server import find_llama_server
from measurements.night import draw_strengths
from tests.running.batch.races import write_problems
from tests.serving.gguf.writing import Shape, write_model

TOKENS = 64
HEAD = 64  # the width of an attention head


@dataclass(frozen=True)
class Way:
    """How a night is run."""

    name: str
    flags: tuple[str, ...] = ()
    parallel: int | str = 4
    keeps_cache: bool = False  # where slots that were measured are remembered


WAYS = (
    Way("4 slots, all questions", ("--prefetch", "never")),
    Way("reading ahead", ()),
    Way("slots by measurement", ("--prefetch", "never"), "auto", keeps_cache=True),
    Way("slots, measured before", ("--prefetch", "never"), "auto", keeps_cache=True),
    Way("race", ("--prefetch", "never", "--race", "best")),
    Way("all three, slots measured before", ("--race", "best"), "auto", keeps_cache=True),
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
        solves = {name: sorted(numbers) for name, numbers in draw_strengths(options).items()}
        print("solved:", *sorted(map(len, solves.values()), reverse=True), flush=True)
        for place, model in enumerate(solves):
            share = place / max(1, len(solves) - 1)
            millions = options.smallest * (options.largest / options.smallest) ** share
            write_weights(folder / f"{model}.gguf", millions * 1e6)
        (folder / "strengths.json").write_text(json.dumps(solves))
        nights: dict[str, list[Night]] = defaultdict(list)
        for _ in range(options.turns):
            for way in WAYS if options.ways is None else [WAYS[place] for place in options.ways]:
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
    parser.add_argument("--verdicts", type=Path, required=True)
    parser.add_argument("--models", type=int, default=12)
    parser.add_argument("--problems", type=int, default=40)
    parser.add_argument("--smallest", type=float, default=20, help="Million parameters.")
    parser.add_argument("--largest", type=float, default=100)
    parser.add_argument("--turns", type=int, default=1)
    parser.add_argument(
        "--ways", type=int, nargs="+", help="Their numbers, from 0; the first is compared with."
    )
    parser.add_argument("--seed", type=int, default=1, help="Of models and problems.")
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


def run_night(folder: Path, way: Way, options: argparse.Namespace) -> Night:
    place = folder / "night"
    place.mkdir()
    cache = folder / ("cache" if way.keeps_cache else "night/cache")
    problems = write_problems(place / "problems.jsonl", options.problems)
    plan = {
        "defaults": {
            "temperature": 0.0, "max_tokens": TOKENS, "parallel": way.parallel, "server": "llama-server",
            "llama_server": str(ROOT / "measurements" / "scripted_llama_server.py"), "context": 512,
            "server_args": "--threads 1",
        },
        "models": [str(path) for path in sorted(folder.glob("*.gguf"))],
        "benchmarks": [{"name": "human_eval", "args": ["--problems-file", str(problems)]}],
    }  # fmt: skip
    (place / "plan.yaml").write_text(json.dumps(plan))
    environment = {
        **os.environ, "XDG_CACHE_HOME": str(cache), "REAL_LLAMA_SERVER": str(find_llama_server()),
        "SCRIPTED_STRENGTHS": str(folder / "strengths.json"),
    }  # fmt: skip
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
