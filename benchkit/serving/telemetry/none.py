"""The reader of a machine without a GPU that can be read."""

from __future__ import annotations

from benchkit.serving.telemetry.base import Device, DeviceReading


class NoReader:
    """No GPU, nothing known of one."""

    driver: str | None = None
    devices: tuple[Device, ...] = ()

    def read(self) -> tuple[DeviceReading, ...]:
        return ()

    def processes(self) -> None:
        return None

    def close(self) -> None:
        pass
