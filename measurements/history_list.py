"""How long reading and listing 10,000 runs takes: `python measurements/history_list.py`.

Bar: `bench_runner.py list` over 10,000 runs takes at most 0.5 s; its time is printed too.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchkit.telling.history import to_record
from benchkit.telling.history.json_file import document
from measurements.history_runs import realistic_run

ROOT = Path(__file__).parents[1]
RUNS, TIMES = 10_000, 7


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "benchmark_results.json"
        records = [to_record(realistic_run(number)) for number in range(RUNS)]
        path.write_bytes(document.render(document.Document(records)))
        print(f"{RUNS} runs, {path.stat().st_size / 1e6:.1f} MB, medians of {TIMES} fresh processes:")
        for reading in ("runs", "heads", "find"):
            imports = "import sys; from benchkit.telling.history import open_store"
            script = f"{imports}; open_store(sys.argv[1]).{reading}()"
            _time(f"python, import and {reading}()", [sys.executable, "-c", script, str(path)])
        command = [sys.executable, str(ROOT / "bench_runner.py"), "list", "--history", str(path)]
        _time("bench_runner.py list", command)


def _time(what: str, command: list[str]) -> None:
    seconds = []
    for _ in range(TIMES):
        started = time.perf_counter()
        subprocess.run(command, check=True, cwd=ROOT, stdout=subprocess.DEVNULL)
        seconds.append(time.perf_counter() - started)
    print(f"  {what}: {statistics.median(seconds):.3f} s")


if __name__ == "__main__":
    main()
