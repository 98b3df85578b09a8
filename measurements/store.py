"""What a shared history costs: copying 100,000 runs into PostgreSQL, appending, writing at once, reading.

    python measurements/store.py [RUNS]

The server is one of its own, on a unix socket, with its settings as it comes, its disk's fsync included.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchkit.contract import RunFile  # noqa: E402
from benchkit.telling.history import open_store  # noqa: E402
from measurements.comparison import many_runs, measured, with_folders  # noqa: E402
from measurements.history_runs import realistic_run  # noqa: E402
from tests.postgresql import running_server  # noqa: E402

APPENDS, WRITERS = 200, 4


def command(*words: str) -> float:
    """The wall seconds of a whole command."""
    began = time.perf_counter()
    subprocess.run(
        [sys.executable, str(ROOT / "bench_runner.py"), *words], check=True, stdout=sys.stderr, cwd=ROOT
    )
    return time.perf_counter() - began


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
        took_s = command("history", "copy", file, url)
        print(f"history copy of {count} runs into PostgreSQL: {took_s:.1f} s (bar: 120 s)")
        print(f"the same again, nothing new: {command('history', 'copy', file, url):.1f} s")
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
        for words in (["compare"], ["leaderboard", "list"], ["list"], ["status"]):
            file_took, url_took = (measured([*words, "--history", place]) for place in (file, url))
            bar = " (bar: 0.7 s)" if words == ["compare"] else ""
            print(f"{' '.join(words)}: {url_took}{bar}; of the file {file_took}")
        shared = server.make_database("night")
        command("history", "copy", night, shared)
        page = str(folder / "r.html")
        print(f"report of 20 models: {measured(['report', '--history', shared, '--output', page])}")


if __name__ == "__main__":
    if len(sys.argv) > 2:
        many_runs(Path(sys.argv[1]), int(sys.argv[2]))
        with_folders(Path(sys.argv[1]))
    else:
        main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)
