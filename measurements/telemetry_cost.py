"""What sampling costs: `python measurements/telemetry_cost.py [SECONDS]`.

Bar: under 0.5% of a core at 2 Hz. A tree of four processes is followed and the series is written to disk.
Without a GPU two scripted ones are read, so that all the arithmetic is done and only NVML's own time is not.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchkit.serving.telemetry import sampling
from benchkit.serving.telemetry.base import DeviceReading, Reader
from benchkit.serving.telemetry.fake import ScriptedReader
from benchkit.serving.telemetry.readers import open_reader

SLEEP = "import time; time.sleep(600)"
CHILDREN = f"[subprocess.Popen([sys.executable, '-c', {SLEEP!r}]) for _ in '123']"
TREE = f"import subprocess, sys; {CHILDREN}; {SLEEP}"


def main() -> None:
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 30.0
    reader, what = _reader()
    server = subprocess.Popen([sys.executable, "-c", TREE])
    time.sleep(1.0)
    with tempfile.TemporaryDirectory() as folder:
        series = Path(folder) / "telemetry.jsonl"
        with sampling(lambda: [server.pid], series, reader=reader) as sampler:
            cpu, wall = time.process_time(), time.monotonic()
            time.sleep(seconds)
            cpu, wall = time.process_time() - cpu, time.monotonic() - wall
            pids = sampler._tree.read().pids
        readings = len(series.read_text().splitlines())
    for pid in pids:
        os.kill(pid, signal.SIGKILL)
    server.wait()
    print(f"{what}, {len(pids)} processes, {readings} readings in {wall:.0f} s")
    print(f"{100 * cpu / wall:.3f}% of a core, {1000 * cpu / readings:.2f} ms a reading (bar: 0.5%)")


def _reader() -> tuple[Reader, str]:
    real = open_reader()
    if real.devices:
        return real, ", ".join(device.name for device in real.devices)
    moment = DeviceReading(9000.0, 97.0, 301.5, 66.0, 1e6, frozenset({"power cap"}))
    return ScriptedReader([(moment, moment)], [{1: 300.0, 2: 9000.0}]), "two scripted GPUs"


if __name__ == "__main__":
    main()
