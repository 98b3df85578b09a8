#!/usr/bin/env python3
"""A server's life: from start to stop, how soon it is seen to be ready, and what survives a killed runner.

    python measurements/server_life.py [--model FILE.gguf] [--rounds N] [--kills N]

Needs the engines it measures: llama-server (LLAMA_SERVER, PATH or `make llama-server`), xllamacpp, and
llama-cpp-python (LLAMA_CPP_PYTHON or `make llama-cpp-python`); those that are absent are named and left out.
"""

from __future__ import annotations

import argparse
import itertools
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchkit.records import ServerRequest  # noqa: E402
from benchkit.serving.gguf import read_model_file  # noqa: E402 - the repository is not on the path before
from benchkit.serving.servers import serve  # noqa: E402
from benchkit.serving.servers.kinds import load  # noqa: E402
from benchkit.serving.servers.local import LocalServer  # noqa: E402
from tests.serving.servers.deaths import PHASES, Death, kill_a_runner  # noqa: E402
from tests.serving.servers.tiny_gguf import write_tiny_gguf  # noqa: E402

ENGINES = ("llama-server", "xllamacpp", "llama-cpp-python")
BEARABLE_S = 2.0
LIFE_BARS = {"llama-server": "1.5 s", "xllamacpp": "1.5 s", "llama-cpp-python": "none"}
# Another process than the one that is measured; it looks every millisecond.
OBSERVER = """
import http.client, sys, time
while True:
    try:
        connection = http.client.HTTPConnection("127.0.0.1", int(sys.argv[1]), timeout=1)
        connection.request("GET", sys.argv[2])
        if connection.getresponse().status == 200:
            break
    except OSError:
        pass
    time.sleep(0.001)
print(time.monotonic())
"""


def main() -> None:
    options = read_options()
    with tempfile.TemporaryDirectory(prefix="server-life-") as options.scratch:
        measure(options)


def measure(options: argparse.Namespace) -> None:
    engines = [kind for kind in ENGINES if is_installed(kind)]
    print(f"{options.model.name}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    for kind in engines:
        show(
            f"{kind}: start, proofs, stop",
            [a_life(kind, options) for _ in range(options.rounds)],
            LIFE_BARS[kind],
        )
    for kind in engines:
        show(
            f"{kind}: first 200 to noticed", [notices(kind, options) for _ in range(options.rounds)], "0.05 s"
        )
    if options.kills:
        show_deaths(kills(options, [kind for kind in engines if kind != "llama-cpp-python"]))


def read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--model", type=Path, default=ROOT / "demo" / "demo-q2_k.gguf")
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--kills", type=int, default=100)
    return parser.parse_args()


def is_installed(kind: str) -> bool:
    engine = load(kind).engine()
    if engine.version is None:
        print(f"{kind} is left out: {engine.how_to_get}")
    return engine.version is not None


def request(kind: str, options: argparse.Namespace) -> ServerRequest:
    log = Path(options.scratch) / f"{kind}.log"
    return ServerRequest(kind=kind, name="demo", log=log, model=read_model_file(options.model), context=1024)


def a_life(kind: str, options: argparse.Namespace) -> float:
    began = time.perf_counter()
    with serve(request(kind, options), lambda _: None):
        pass
    return time.perf_counter() - began


def notices(kind: str, options: argparse.Namespace) -> float:
    """How long after the first 200, as another process saw it, our wait ended."""
    server = load(kind)(request(kind, options), lambda _: None)
    assert isinstance(server, LocalServer)
    server.start()
    path = server.health_path
    observer = subprocess.Popen(
        [sys.executable, "-c", OBSERVER, str(server.port), path], stdout=subprocess.PIPE, text=True
    )
    server._wait_until_it_listens()
    noticed = time.monotonic()
    first = float(observer.communicate()[0])
    server.stop()
    return max(0.0, noticed - first)


def show(what: str, seconds: list[float], bar: str) -> None:
    worst, median = max(seconds), statistics.median(seconds)
    print(f"{what:45} median {median:.3f} s, best {min(seconds):.3f}, worst {worst:.3f} (bar: {bar})")


def kills(options: argparse.Namespace, engines: list[str]) -> list[tuple[str, Death]]:
    """Runners killed in every phase, with every kind of supervisor and server in turn."""
    cases = itertools.cycle(itertools.product(PHASES, ("auto", "subreaper"), ("stand-in", *engines)))
    deaths = []
    for number, (phase, supervisor, kind) in zip(range(options.kills), cases, strict=False):
        folder = Path(options.scratch) / str(number)
        folder.mkdir()
        death = kill_a_runner(phase, kind, write_tiny_gguf(folder / "tiny.gguf"), supervisor, BEARABLE_S)
        deaths.append((f"{kind}, {supervisor}", death))
    return deaths


def show_deaths(deaths: list[tuple[str, Death]]) -> None:
    left = [(case, death) for case, death in deaths if death.left]
    times = [death.seconds for _, death in deaths]
    phases = ", ".join(f"{count} {phase}" for phase, count in Counter(d.phase for _, d in deaths).items())
    print(f"{len(deaths)} runners killed with -9 ({phases}): {len(left)} survivors after {BEARABLE_S:g} s")
    print(f"nothing left after: median {statistics.median(times):.3f} s, worst {max(times):.3f} s")
    for case, death in left:
        print(f"  survived, {case}, {death.phase}: {death.left}")


if __name__ == "__main__":
    main()
