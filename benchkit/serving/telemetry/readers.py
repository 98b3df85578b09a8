"""Which reader fits this machine."""

from __future__ import annotations

from contextlib import redirect_stdout
from importlib import import_module
from io import StringIO

from benchkit.serving.telemetry.base import Reader
from benchkit.serving.telemetry.none import NoReader

READERS = {  # tried in this order
    "nvidia": "benchkit.serving.telemetry.nvidia:NvidiaReader",
    "amdsmi": "benchkit.serving.telemetry.amd:AmdReader",
    "sysfs": "benchkit.serving.telemetry.sysfs:SysfsReader",
}


def open_reader() -> Reader:
    """The first reader that finds a GPU of its maker; one that reads nothing where none does."""
    for place in READERS.values():
        module, name = place.split(":")
        try:
            with redirect_stdout(StringIO()):  # amdsmi prints its complaints
                reader: Reader = getattr(import_module(module), name)()
        except Exception:  # each library fails in a way of its own where its driver is missing
            continue
        if reader.devices:
            return reader
        reader.close()
    return NoReader()
