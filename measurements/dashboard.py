"""How quick the page is, and what its server takes: `python measurements/dashboard.py [RUNS …]`.

Bars: start to first page under 2 s; each page under 100 ms at 10,000 runs and under 300 ms at 100,000, once
the index is there; the index of 100,000 runs built in under 8 s; an append followed in under 30 ms; five
pages open on a run of 50 events a second take under 5% of a core; from an event to its message under 300 ms;
the server stays under 150 MB. Beside each time stands what the server's processor needed for it: on a machine
that does other things as well, that is what can be compared.
"""

from __future__ import annotations

import http.client
import json
import os
import random
import re
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
from websockets.sync.client import ClientConnection, connect

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchkit.telling.history import open_store, to_record
from benchkit.telling.history.json_file import document
from measurements.history_runs import realistic_run

ROOT = Path(__file__).parents[1]
SIZES = (10_000, 100_000)
TIMES = 5
FAMILIES, QUANTIZATIONS = 10, ("Q2_K", "Q4_K_M", "Q6_K", "Q8_0")
BENCHMARKS = ("human_eval", "mbpp", "lcb", "tasks")
PAGES = (
    *("/leaderboard", "/leaderboard?benchmark=mbpp", "/charts/leaderboard", "/compare"),
    *("/models", "/models/family-3-Q8_0", "/charts/model?name=family-3-Q8_0"),
    *(
        "/runs",
        "/runs?sort=score",
        "/runs?text=family-3",
        "/runs?status=failed",
        "/runs/20261121-093000-000007",
    ),
    *("/now", "/launch", "/settings"),
)
FOLLOWERS, EVENTS_A_SECOND, SECONDS = 5, 50, 20


@dataclass
class Server:
    """A dashboard in a process of its own."""

    process: psutil.Process
    port: int
    token: str

    def get(self, path: str) -> tuple[int, int]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)
        connection.request("GET", path, headers={"Cookie": self.cookie})
        answer = connection.getresponse()
        length = len(answer.read())
        connection.close()
        return answer.status, length

    @property
    def cookie(self) -> str:
        return f"bench_runner_{self.port}={self.token}"

    def cpu_s(self) -> float:
        times = self.process.cpu_times()
        return float(times.user + times.system)

    def mb(self) -> float:
        return float(self.process.memory_info().rss / 1e6)


def main() -> None:
    for runs in [int(word) for word in sys.argv[1:]] or SIZES:
        with tempfile.TemporaryDirectory() as folder:
            measure(Path(folder), runs)


def measure(folder: Path, runs: int) -> None:
    history = folder / "benchmark_results.json"
    write_history(history, runs)
    print(f"\n{runs:,} runs, {history.stat().st_size / 1e6:.0f} MB")
    began = time.perf_counter()
    with dashboard(folder) as server:
        status, length = server.get("/")
        while status == 303:
            status, length = server.get("/leaderboard")
        tell(
            "start to first page", time.perf_counter() - began, server.cpu_s(), f"{status}, {length:,} bytes"
        )
        while server.get("/runs")[0] == 503:
            time.sleep(0.05)
        tell("start to the end of the index", time.perf_counter() - began, server.cpu_s())
        pages(server)
        appends(server, history)
        print(f"  server: {server.mb():.0f} MB")
        live(server, folder, history)
        print(f"  server after all: {server.mb():.0f} MB")


def write_history(path: Path, runs: int) -> None:
    chance = random.Random(7)
    records = (varied(to_record(realistic_run(number)), chance) for number in range(runs))
    path.write_bytes(document.render(document.Document(list(records))))


def varied(record: dict[str, Any], chance: random.Random) -> dict[str, Any]:
    family, quantization = chance.randrange(FAMILIES), chance.choice(QUANTIZATIONS)
    record["model"] = f"family-{family}-{quantization}"
    record["model_file"]["quantization"] = quantization
    record["benchmark"] = record["problem_set"]["name"] = chance.choice(BENCHMARKS)
    record["timestamp"] = f"2026-{chance.randrange(1, 12):02}-{chance.randrange(1, 28):02}T09:30:00+01:00"
    record["results"]["score"] = round(100 * chance.random(), 2)
    record["telemetry"]["tokens_per_second"] = round(100 * chance.random(), 1)
    if chance.random() < 0.1:
        record |= {"status": "failed", "error": "server died: out of VRAM"}
    return record


@contextmanager
def dashboard(folder: Path) -> Iterator[Server]:
    command = [sys.executable, str(ROOT / "bench_runner.py"), "dashboard", "--no-open", "--port", "0"]
    with subprocess.Popen(
        [*command, "--models", str(ROOT / "demo")],
        cwd=folder,
        env={
            **os.environ,
            "XDG_CACHE_HOME": str(folder / "cache"),
            "XDG_CONFIG_HOME": str(folder / "config"),
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        assert process.stdout is not None
        match = re.search(r":(\d+)/\?token=(\S+)", process.stdout.readline())
        assert match is not None
        try:
            yield Server(psutil.Process(process.pid), int(match[1]), match[2])
        finally:
            process.terminate()


def pages(server: Server) -> None:
    for path in PAGES:
        first, walls, processor = 0.0, [], server.cpu_s()
        for number in range(TIMES + 1):
            began = time.perf_counter()
            status, length = server.get(path)
            took = time.perf_counter() - began
            if number == 0:
                first, processor = took, server.cpu_s()
            else:
                walls.append(took)
        cpu = (server.cpu_s() - processor) / TIMES
        tell(path, statistics.median(walls), cpu, f"{status}, {length:,} bytes, first {1e3 * first:.0f} ms")


def appends(server: Server, history: Path) -> None:
    """How much longer a page takes that follows an append than the same page without."""
    store = open_store(history)
    path = "/runs?text=added-just-now"
    walls: dict[bool, list[float]] = {True: [], False: []}
    cpus: dict[bool, list[float]] = {True: [], False: []}
    for number in range(2 * TIMES):
        appended = number % 2 == 0
        if appended:
            store.append(realistic_run(10_000_000 + number))
        began, processor = time.perf_counter(), server.cpu_s()
        server.get(path)
        walls[appended].append(time.perf_counter() - began)
        cpus[appended].append(server.cpu_s() - processor)
    wall, cpu = (
        statistics.median(values[True]) - statistics.median(values[False]) for values in (walls, cpus)
    )
    tell("an append followed, beyond the page", wall, cpu)


def live(server: Server, folder: Path, history: Path) -> None:
    """Five pages follow a run that another process plays."""
    os.environ["XDG_CACHE_HOME"] = str(folder / "cache")
    from benchkit.running.live import Announcement, Publisher, Snapshot
    from benchkit.running.live.form import history_name
    from benchkit.running.live.look import live_folder
    from benchkit.running.live.owner import this_process

    place = folder / "runs" / "live-run"
    place.mkdir(parents=True)
    announced = Announcement(
        "live-run", "demo", "m", str(place), history_name(history), time.time(), this_process()
    )
    publisher = Publisher(announced, live_folder())
    delays: list[float] = []
    with ExitStack() as stack:
        for _ in range(FOLLOWERS):
            socket = stack.enter_context(follow(server))
            threading.Thread(target=note_delays, args=(socket, delays), daemon=True).start()
        time.sleep(1)
        began, processor = time.perf_counter(), server.cpu_s()
        with (place / "events.jsonl").open("a", buffering=1) as events:
            for number in range(EVENTS_A_SECOND * SECONDS):
                event = {"event": "problem", "id": f"P/{number}", "verdict": "passed", "at": time.time()}
                events.write(json.dumps(event) + "\n")
                publisher.publish(Snapshot("running", done=number, passed=number, total=10_000))
                time.sleep(max(0.0, began + (number + 1) / EVENTS_A_SECOND - time.perf_counter()))
        wall, cpu = time.perf_counter() - began, server.cpu_s() - processor
        time.sleep(1)
    publisher.close()
    print(f"  {FOLLOWERS} pages, {EVENTS_A_SECOND} events a second: {100 * cpu / wall:.1f}% of a core")
    ordered = sorted(delays)
    print(
        f"  event to message: median {1e3 * statistics.median(ordered):.0f} ms, "
        f"95% under {1e3 * ordered[int(0.95 * len(ordered))]:.0f} ms, {len(ordered)} of "
        f"{FOLLOWERS * EVENTS_A_SECOND * SECONDS} came"
    )


@contextmanager
def follow(server: Server) -> Iterator[ClientConnection]:
    origin: Any = f"http://127.0.0.1:{server.port}"
    headers = {"Cookie": server.cookie}
    with connect(f"ws://127.0.0.1:{server.port}/live", origin=origin, additional_headers=headers) as socket:
        socket.send(json.dumps({"runs": True, "follow": {"live-run": 0}}))
        yield socket


def note_delays(socket: ClientConnection, delays: list[float]) -> None:
    for frame in socket:
        now = time.time()
        for message in json.loads(frame):
            delays += [now - event["at"] for event in message.get("events", ())]


def tell(what: str, wall: float, cpu: float, further: str = "") -> None:
    suffix = f" ({further})" if further else ""
    print(f"  {what}: {1e3 * wall:.0f} ms, {1e3 * cpu:.0f} ms of the processor{suffix}")


if __name__ == "__main__":
    main()
