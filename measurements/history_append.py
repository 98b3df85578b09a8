"""What one append costs at 100,000 runs, beside rewriting: `python measurements/history_append.py`.

Bars: at most 5 ms plus the device's own fsyncs, and 30 MB. Takes a minute and 500 MB of disk.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchkit.telling.history import open_store, to_record
from benchkit.telling.history.json_file import document
from measurements.history_runs import realistic_run

if TYPE_CHECKING:
    from _typeshed import FileDescriptorLike

APPENDS = 200


def main() -> None:
    with tempfile.TemporaryDirectory(dir=os.environ.get("BENCH_FOLDER")) as folder:
        path = Path(folder) / "benchmark_results.json"
        for runs in (100, 10_000, 100_000):
            records = [to_record(realistic_run(number)) for number in range(runs)]
            path.write_bytes(document.render(document.Document(records)))
            del records
            print(f"{runs:>7} runs, {path.stat().st_size / 1e6:6.1f} MB: ", end="", flush=True)
            subprocess.run([sys.executable, __file__, "measure", str(path)], check=True)
        started = time.perf_counter()
        subprocess.run([sys.executable, __file__, "rewrite", str(path)], check=True)
        print(f"         rewriting the last file instead: {time.perf_counter() - started:.1f} s")


def measure(path: Path) -> None:
    """Append in this fresh process and print the medians and the peak of memory."""
    in_fsync, fsync = [0.0], os.fsync

    def timed_fsync(fd: FileDescriptorLike) -> None:
        started = time.perf_counter()
        fsync(fd)
        in_fsync[0] += time.perf_counter() - started

    os.fsync = timed_fsync
    own, synced = [], []
    for number in range(APPENDS):
        in_fsync[0] = 0.0
        started = time.perf_counter()
        open_store(path).append(realistic_run(10**6 + number))
        own.append((time.perf_counter() - started - in_fsync[0]) * 1000)
        synced.append(in_fsync[0] * 1000)
    own.sort()
    print(
        f"append {statistics.median(own):.2f} ms (99th percentile {own[int(APPENDS * 0.99)]:.2f} ms)"
        f" + fsyncs {statistics.median(synced):.2f} ms, {_peak_mb():.1f} MB at the peak with Python itself"
    )


def rewrite(path: Path) -> None:
    """What an append costs that reads everything and writes it anew."""
    with_all = document.parse(path.read_bytes())
    with_all.records.append(to_record(realistic_run(0)))
    path.write_bytes(document.render(with_all))
    print(f"         ({_peak_mb():.0f} MB at the peak)")


def _peak_mb() -> float:
    """This process's own peak; getrusage would tell that of the process it came from."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


if __name__ == "__main__":
    if len(sys.argv) == 3:
        {"measure": measure, "rewrite": rewrite}[sys.argv[1]](Path(sys.argv[2]))
    else:
        main()
