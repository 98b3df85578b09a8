"""AMD GPUs through amdsmi: https://rocm.docs.amd.com/projects/amdsmi/en/latest/reference/amdsmi-py-api.html"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import amdsmi

from benchkit.serving.telemetry.base import Device, DeviceReading

_MB = 1 << 20


class AmdReader:
    """Raises where ROCm's library or a GPU is missing. The library returns "N/A" for unknown values."""

    def __init__(self) -> None:
        amdsmi.amdsmi_init()
        self._handles = amdsmi.amdsmi_get_processor_handles()
        driver = _ask(amdsmi.amdsmi_get_gpu_driver_info, self._handles[0]) or {}
        version = driver.get("driver_version", "N/A")
        self.driver = None if version == "N/A" else str(version)
        self.devices = tuple(_device(index, handle) for index, handle in enumerate(self._handles))

    def read(self) -> tuple[DeviceReading, ...]:
        return tuple(_read(handle) for handle in self._handles)

    def processes(self) -> Mapping[int, float] | None:
        memory: dict[int, float] = {}
        for handle in self._handles:
            listed = _ask(amdsmi.amdsmi_get_gpu_process_list, handle)
            if listed is None:
                return None
            for process in listed:
                used = _number(process.get("memory_usage"), "vram_mem") or 0.0
                memory[process["pid"]] = memory.get(process["pid"], 0.0) + used / _MB
        return memory

    def close(self) -> None:
        amdsmi.amdsmi_shut_down()


def _device(index: int, handle: Any) -> Device:
    chip = _ask(amdsmi.amdsmi_get_gpu_asic_info, handle) or {}
    vram = _ask(amdsmi.amdsmi_get_gpu_vram_usage, handle)
    return Device(index, str(chip.get("market_name") or "AMD GPU"), _number(vram, "vram_total"))


def _read(handle: Any) -> DeviceReading:
    power = _ask(amdsmi.amdsmi_get_power_info, handle)
    return DeviceReading(
        vram_used_mb=_number(_ask(amdsmi.amdsmi_get_gpu_vram_usage, handle), "vram_used"),
        utilization_percent=_number(_ask(amdsmi.amdsmi_get_gpu_activity, handle), "gfx_activity"),
        power_w=_number(power, "current_socket_power") or _number(power, "average_socket_power"),
        temperature_c=_temperature(handle),
        energy_j=_energy(handle),
    )


def _temperature(handle: Any) -> float | None:
    for place in (amdsmi.AmdSmiTemperatureType.EDGE, amdsmi.AmdSmiTemperatureType.HOTSPOT):
        degrees = _ask(amdsmi.amdsmi_get_temp_metric, handle, place, amdsmi.AmdSmiTemperatureMetric.CURRENT)
        if isinstance(degrees, int | float):
            return float(degrees)
    return None


def _energy(handle: Any) -> float | None:
    """The counter in units of its own, each so many microjoules; older libraries call the counter power."""
    reply = _ask(amdsmi.amdsmi_get_energy_count, handle)
    counter = _number(reply, "energy_accumulator") or _number(reply, "power")
    unit = _number(reply, "counter_resolution")
    return None if counter is None or unit is None else counter * unit / 1e6


def _ask(function: Callable[..., Any], *arguments: Any) -> Any:
    try:
        return function(*arguments)
    except amdsmi.AmdSmiException:
        return None


def _number(reply: Any, key: str) -> float | None:
    value = reply.get(key) if isinstance(reply, Mapping) else None
    return float(value) if isinstance(value, int | float) else None
