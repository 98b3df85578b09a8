"""What a run costs: VRAM, RAM, energy, heat, sampled twice a second beside the benchmark.

base.py        what a GPU tells, and the Protocol of a reader
nvidia.py      NVIDIA through NVML            amd.py    AMD through amdsmi
sysfs.py       AMD through Linux's files      none.py   no GPU that can be read
fake.py        a reader that tells what a script says, for tests
readers.py     the table of readers, and which one fits this machine
contention.py  what other programs take of the processor
processes.py   RAM and CPU of the server's processes
sampler.py     the thread, the time series on disk, `sampling`
sums.py        what the readings come to: records.Telemetry
machine.py     the machine's lasting facts; room.py the memory that is free at this moment

A new maker of GPUs is one file with a class after base.Reader, and one line in READERS.
"""

from benchkit.serving.telemetry.contention import Contention
from benchkit.serving.telemetry.machine import machine_facts
from benchkit.serving.telemetry.sampler import Before, Reading, Sampler, sampling

__all__ = ["Before", "Contention", "Reading", "Sampler", "machine_facts", "sampling"]
