"""NVIDIA GPUs through NVML: https://docs.nvidia.com/deploy/nvml-api/"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pynvml

from benchkit.serving.telemetry.base import Device, DeviceReading

_MB = 1 << 20
_REASONS = {
    pynvml.nvmlClocksEventReasonSwPowerCap: "power cap",
    pynvml.nvmlClocksEventReasonHwSlowdown: "hardware slowdown",
    pynvml.nvmlClocksEventReasonSwThermalSlowdown: "thermal",
    pynvml.nvmlClocksEventReasonHwThermalSlowdown: "thermal",
    pynvml.nvmlClocksEventReasonHwPowerBrakeSlowdown: "power brake",
}


class NvidiaReader:
    """Raises NVMLError where there is no driver or no GPU."""

    def __init__(self) -> None:
        pynvml.nvmlInit()
        self._handles = [pynvml.nvmlDeviceGetHandleByIndex(i) for i in range(pynvml.nvmlDeviceGetCount())]
        self._unsupported: set[tuple[int, Callable[..., Any]]] = set()
        self.driver: str | None = str(pynvml.nvmlSystemGetDriverVersion())
        self.devices = tuple(self._device(index) for index in range(len(self._handles)))

    def read(self) -> tuple[DeviceReading, ...]:
        return tuple(self._read(index) for index in range(len(self._handles)))

    def processes(self) -> Mapping[int, float] | None:
        """None as soon as one process is hidden, as on Windows and in some containers."""
        memory: dict[int, float] = {}
        for index in range(len(self._handles)):
            compute = self._ask(index, pynvml.nvmlDeviceGetComputeRunningProcesses)
            graphics = self._ask(index, pynvml.nvmlDeviceGetGraphicsRunningProcesses)
            if compute is None:
                return None
            on_device: dict[int, float] = {}  # a process may be in both lists, with the same memory
            for process in (*compute, *(graphics or ())):
                if process.usedGpuMemory is None:
                    return None
                on_device[process.pid] = process.usedGpuMemory / _MB
            for pid, used in on_device.items():
                memory[pid] = memory.get(pid, 0.0) + used
        return memory

    def close(self) -> None:
        pynvml.nvmlShutdown()

    def _device(self, index: int) -> Device:
        name = self._ask(index, pynvml.nvmlDeviceGetName)
        memory = self._memory(index)
        return Device(index, str(name or "NVIDIA GPU"), memory.total / _MB if memory else None)

    def _read(self, index: int) -> DeviceReading:
        memory = self._memory(index)
        rates = self._ask(index, pynvml.nvmlDeviceGetUtilizationRates)
        reasons = self._ask(index, pynvml.nvmlDeviceGetCurrentClocksEventReasons)
        if reasons is None:  # what older drivers call it
            reasons = self._ask(index, pynvml.nvmlDeviceGetCurrentClocksThrottleReasons)
        return DeviceReading(
            vram_used_mb=memory.used / _MB if memory else None,
            utilization_percent=float(rates.gpu) if rates else None,
            power_w=_thousandth(self._ask(index, pynvml.nvmlDeviceGetPowerUsage)),
            temperature_c=self._ask(index, pynvml.nvmlDeviceGetTemperature, pynvml.NVML_TEMPERATURE_GPU),
            energy_j=_thousandth(self._ask(index, pynvml.nvmlDeviceGetTotalEnergyConsumption)),
            throttle_reasons=None if reasons is None else _names(reasons),
        )

    def _memory(self, index: int) -> Any:
        """Version 2 leaves out what the driver reserves for itself; old drivers only have version 1."""
        memory = self._ask(index, pynvml.nvmlDeviceGetMemoryInfo, pynvml.nvmlMemory_v2)
        return memory or self._ask(index, _memory_v1)

    def _ask(self, index: int, function: Callable[..., Any], *arguments: Any) -> Any:
        """The answer, or None; what a GPU does not support is not asked again."""
        if (index, function) in self._unsupported:
            return None
        try:
            return function(self._handles[index], *arguments)
        except (pynvml.NVMLError_NotSupported, pynvml.NVMLError_FunctionNotFound):
            self._unsupported.add((index, function))
            return None
        except pynvml.NVMLError:
            return None


def _memory_v1(handle: Any) -> Any:
    return pynvml.nvmlDeviceGetMemoryInfo(handle)


def _thousandth(value: float | None) -> float | None:
    return None if value is None else value / 1000


def _names(reasons: int) -> frozenset[str]:
    return frozenset(name for bit, name in _REASONS.items() if reasons & bit)
