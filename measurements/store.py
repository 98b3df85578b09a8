"""What a shared history costs: copying 100,000 runs into PostgreSQL, appending, writing at once, reading.

    python measurements/store.py [RUNS]

The server is one of its own, on a unix socket, with its settings as it comes, its disk's fsync included.
Processor seconds are ours and the server's: they say something of a machine that does other things, too.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from pathlib import Path
from statistics import median

import psutil

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchkit.contract import RunFile  # noqa: E402
from benchkit.telling.history import open_store  # noqa: E402
from measurements.comparison import many_runs, measured, with_folders  # noqa: E402
from measurements.history_runs import realistic_run  # noqa: E402
from tests.postgresql import Server, running_server  # noqa: E402

APPENDS, WRITERS = 200, 4


def command(server: Server, *words: str) -> str:
    """What a whole command takes."""
    began, before, of_server = time.perf_counter(), _children_s(), _server_s(server)
    subprocess.run(
        [sys.executable, str(ROOT / "bench_runner.py"), *words],
        check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=ROOT,
    )  # fmt: skip
    took, own, its = time.perf_counter() - began, _children_s() - before, _server_s(server) - of_server
    return f"{took:.2f} s (of processor {own:.2f} s ours and {its:.2f} s the server's)"


def median_of(server: Server, *words: str) -> str:
    """Of five times that command, by its wall time."""
    return sorted((command(server, *words) for _ in range(5)), key=lambda text: float(text.split()[0]))[2]


def _children_s() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _server_s(server: Server) -> float:
    """Of all its processes, those that have ended included."""
    main = psutil.Process(int((server.data / "postmaster.pid").read_text().split()[0]))
    while True:
        children = main.children()
        try:
            times = [main.cpu_times(), *(child.cpu_times() for child in children)]
        except psutil.NoSuchProcess:
            continue
        if main.children() == children:  # else one ended meanwhile, and was counted twice or not at all
            ended = times[0].children_user + times[0].children_system
            return float(ended + sum(one.user + one.system for one in times))


def append_some(url: str, writer: int, folder: str | None = None) -> list[float]:
    """The milliseconds of each append of one process."""
    store, took = open_store(url), []
    store.check()
    for number in range(APPENDS):
        run = replace(realistic_run(10**7 + writer * APPENDS + number), artifacts=folder)
        began = time.perf_counter()
        store.append(run)
        took.append(1000 * (time.perf_counter() - began))
    return took


def in_words(took: list[float]) -> str:
    return f"median {median(took):.1f} ms, slowest {max(took):.1f} ms"


def main(count: int) -> None:
    with tempfile.TemporaryDirectory() as name, running_server(safe=True) as server:
        folder = Path(name)
        os.environ["XDG_STATE_HOME"] = name
        subprocess.run([sys.executable, __file__, name, str(count)], check=True)
        file, night = str(folder / "many.json"), str(folder / "night.json")
        url = server.make_database("many")
        copying = ("history", "copy", file, url)
        print(f"history copy of {count} runs: {command(server, *copying)} (bar: 120 s)", flush=True)
        print(f"the same again, nothing new: {command(server, *copying)}", flush=True)
        print(f"one append: {in_words(append_some(url, 0))} (bar: 10 ms)")
        filled = str(folder / "runs" / "0")
        sizes = sum((Path(filled) / one).stat().st_size for one in (RunFile.ANSWERS, RunFile.VERDICTS))
        took = in_words(append_some(url, 1, filled))
        print(f"one append of a run with 164 answers ({sizes / 1e6:.2f} MB): {took}")
        before = len(open_store(url).heads())
        with ProcessPoolExecutor(WRITERS) as pool:
            at_once = [
                one for took in pool.map(append_some, [url] * WRITERS, range(2, 2 + WRITERS)) for one in took
            ]
        gained = len(open_store(url).heads()) - before
        print(
            f"{WRITERS} writers at once: {in_words(at_once)}; {gained} of {WRITERS * APPENDS} runs are there"
        )
        for words in (["compare"], ["compare", "Model-1", "Model-2"], ["leaderboard", "list"], ["list"]):
            bar = " (bar: 0.7 s)" if words == ["compare"] else ""
            print(f"{' '.join(words)}: {median_of(server, *words, '--history', url)}{bar}", flush=True)
            print(f"  of the file: {measured([*words, '--history', file])}", flush=True)
        shared = server.make_database("night")
        command(server, "history", "copy", night, shared)
        page = str(folder / "r.html")
        print(f"report of 20 models: {median_of(server, 'report', '--history', shared, '--output', page)}")


if __name__ == "__main__":
    if len(sys.argv) > 2:
        many_runs(Path(sys.argv[1]), int(sys.argv[2]))
        with_folders(Path(sys.argv[1]))
    else:
        main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)
