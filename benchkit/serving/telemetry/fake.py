"""A reader that returns scripted values: for tests of everything that needs a GPU's readings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from benchkit.serving.telemetry.base import Device, DeviceReading


class ScriptedReader:
    """Returns one entry of its script per reading, and repeats the last one from then on."""

    driver: str | None = "scripted"

    def __init__(
        self,
        script: Sequence[tuple[DeviceReading, ...]],
        processes: Sequence[Mapping[int, float] | None] = (None,),
    ) -> None:
        count = len(script[0])
        self.devices = tuple(Device(index, f"Scripted GPU {index}", 24_000) for index in range(count))
        self.closed = False
        self._script = list(script)
        self._processes = list(processes)

    def read(self) -> tuple[DeviceReading, ...]:
        return self._script.pop(0) if len(self._script) > 1 else self._script[0]

    def processes(self) -> Mapping[int, float] | None:
        return self._processes.pop(0) if len(self._processes) > 1 else self._processes[0]

    def close(self) -> None:
        self.closed = True
