"""The readers: AMD's files, NVIDIA's and AMD's libraries, and machines that have none of them."""

import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pynvml
import pytest

from benchkit.serving.telemetry import readers
from benchkit.serving.telemetry.machine import machine_facts
from benchkit.serving.telemetry.none import NoReader
from benchkit.serving.telemetry.nvidia import NvidiaReader
from benchkit.serving.telemetry.readers import open_reader
from benchkit.serving.telemetry.sysfs import SysfsReader

MB = 1 << 20


def _write(root: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text + "\n")


CARD = "class/drm/card1/device"
RADEON = {
    f"{CARD}/vendor": "0x1002",
    f"{CARD}/device": "0x744c",
    f"{CARD}/mem_info_vram_total": str(24_560 * MB),
    f"{CARD}/mem_info_vram_used": str(1_234 * MB),
    f"{CARD}/gpu_busy_percent": "97",
    f"{CARD}/hwmon/hwmon3/power1_average": "303000000",
    f"{CARD}/hwmon/hwmon3/temp1_input": "67000",
    "module/amdgpu/version": "6.12.12",
}


def test_sysfs(tmp_path: Path) -> None:
    """The driver's files are read in their units; cards of others and connectors are passed over."""
    others = {"class/drm/card0/device/vendor": "0x8086", "class/drm/card1-DP-1/device/status": "connected"}
    _write(tmp_path, RADEON | others)
    reader = SysfsReader(tmp_path)
    (device,) = reader.devices
    assert (device.name, device.vram_total_mb, reader.driver) == ("AMD GPU 0x744c", 24_560, "6.12.12")
    (reading,) = reader.read()
    assert (reading.vram_used_mb, reading.utilization_percent) == (1_234, 97)
    assert (reading.power_w, reading.temperature_c) == (303, 67)
    assert (reading.energy_j, reading.throttle_reasons) == (None, None)


def test_sysfs_with_newer_and_missing_files(tmp_path: Path) -> None:
    """Newer chips tell power elsewhere; a file that is missing or holds no number is None."""
    changed = {f"{CARD}/hwmon/hwmon3/power1_input": "18000000", f"{CARD}/gpu_busy_percent": "busy"}
    _write(tmp_path, RADEON | changed | {f"{CARD}/product_name": "AMD Radeon RX 7900 XTX"})
    (tmp_path / CARD / "hwmon/hwmon3/power1_average").unlink()
    (tmp_path / CARD / "mem_info_vram_used").unlink()
    reader = SysfsReader(tmp_path)
    (reading,) = reader.read()
    assert reader.devices[0].name == "AMD Radeon RX 7900 XTX"
    assert (reading.power_w, reading.vram_used_mb, reading.utilization_percent) == (18, None, None)


def test_sysfs_without_an_amd_gpu(tmp_path: Path) -> None:
    """No AMD card, or no such folder at all, is told by the exception that the table waits for."""
    with pytest.raises(OSError, match="no AMD GPU"):
        SysfsReader(tmp_path)


class Nvml:
    """Stands in for the driver behind pynvml; what is set to an error is raised."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.asked: list[str] = []
        self.answers: dict[str, Any] = {
            "nvmlInit": None,
            "nvmlShutdown": None,
            "nvmlDeviceGetCount": 2,
            "nvmlDeviceGetHandleByIndex": "handle",
            "nvmlSystemGetDriverVersion": "580.65",
            "nvmlDeviceGetName": "NVIDIA RTX",
            "nvmlDeviceGetMemoryInfo": SimpleNamespace(total=24_000 * MB, used=600 * MB),
            "nvmlDeviceGetUtilizationRates": SimpleNamespace(gpu=88, memory=40),
            "nvmlDeviceGetPowerUsage": 312_500,
            "nvmlDeviceGetTemperature": 66,
            "nvmlDeviceGetTotalEnergyConsumption": 9_000_000,
            "nvmlDeviceGetCurrentClocksEventReasons": pynvml.nvmlClocksEventReasonSwPowerCap
            | pynvml.nvmlClocksEventReasonHwThermalSlowdown
            | pynvml.nvmlClocksEventReasonGpuIdle,
            "nvmlDeviceGetComputeRunningProcesses": [SimpleNamespace(pid=7, usedGpuMemory=500 * MB)],
            "nvmlDeviceGetGraphicsRunningProcesses": [
                SimpleNamespace(pid=7, usedGpuMemory=500 * MB),
                SimpleNamespace(pid=8, usedGpuMemory=50 * MB),
            ],
        }
        for name in self.answers:
            monkeypatch.setattr(pynvml, name, self._answer(name))

    def _answer(self, name: str) -> Any:
        def answer(*_: Any) -> Any:
            self.asked.append(name)
            found = self.answers[name]
            if isinstance(found, Exception):
                raise found
            return found

        return answer


@pytest.fixture
def nvml(monkeypatch: pytest.MonkeyPatch) -> Nvml:
    return Nvml(monkeypatch)


@pytest.mark.usefixtures("nvml")
def test_nvidia() -> None:
    """NVML's bytes, milliwatts and millijoules become MB, W and J; reasons become words."""
    reader = open_reader()
    assert isinstance(reader, NvidiaReader)
    assert [device.vram_total_mb for device in reader.devices] == [24_000, 24_000]
    reading = reader.read()[1]
    assert (reading.vram_used_mb, reading.utilization_percent) == (600, 88)
    assert (reading.power_w, reading.temperature_c, reading.energy_j) == (312.5, 66, 9000)
    assert reading.throttle_reasons == frozenset({"power cap", "thermal"})
    assert reader.processes() == {7: 1000, 8: 100}
    assert reader.driver == "580.65"


def test_nvidia_does_not_ask_twice_for_what_a_gpu_lacks(nvml: Nvml) -> None:
    """An unsupported question is None and not asked again; one that failed once is."""
    nvml.answers["nvmlDeviceGetTotalEnergyConsumption"] = pynvml.NVMLError(pynvml.NVML_ERROR_NOT_SUPPORTED)
    nvml.answers["nvmlDeviceGetPowerUsage"] = pynvml.NVMLError(pynvml.NVML_ERROR_UNKNOWN)
    reader = NvidiaReader()
    for _ in range(3):
        reading = reader.read()[0]
        assert (reading.energy_j, reading.power_w, reading.vram_used_mb) == (None, None, 600)
    assert nvml.asked.count("nvmlDeviceGetTotalEnergyConsumption") == 2
    assert nvml.asked.count("nvmlDeviceGetPowerUsage") == 6


def test_nvidia_process_memory_that_is_hidden(nvml: Nvml) -> None:
    """Where the driver hides a process's memory, who took what is not known."""
    nvml.answers["nvmlDeviceGetComputeRunningProcesses"] = [SimpleNamespace(pid=7, usedGpuMemory=None)]
    assert NvidiaReader().processes() is None


def test_a_gpu_that_falls_off_the_bus(nvml: Nvml) -> None:
    """A GPU lost midway reads as unknown and raises nothing."""
    reader = NvidiaReader()
    for name in list(nvml.answers)[6:]:
        nvml.answers[name] = pynvml.NVMLError(pynvml.NVML_ERROR_GPU_IS_LOST)
    assert reader.read()[0].vram_used_mb is None
    assert reader.processes() is None


def _amdsmi() -> Any:
    """The functions of amdsmi that are used, with answers in the documented forms."""
    return SimpleNamespace(
        AmdSmiException=type("AmdSmiException", (Exception,), {}),
        AmdSmiTemperatureType=SimpleNamespace(EDGE=0, HOTSPOT=1),
        AmdSmiTemperatureMetric=SimpleNamespace(CURRENT=0),
        amdsmi_init=lambda: None,
        amdsmi_shut_down=lambda: None,
        amdsmi_get_processor_handles=lambda: ["handle"],
        amdsmi_get_gpu_driver_info=lambda _: {"driver_name": "amdgpu", "driver_version": "6.12.12"},
        amdsmi_get_gpu_asic_info=lambda _: {"market_name": "AMD Instinct MI300X"},
        amdsmi_get_gpu_vram_usage=lambda _: {"vram_total": 196_592, "vram_used": 283},
        amdsmi_get_gpu_activity=lambda _: {"gfx_activity": 42, "umc_activity": 0, "mm_activity": "N/A"},
        amdsmi_get_power_info=lambda _: {"current_socket_power": "N/A", "average_socket_power": 133},
        amdsmi_get_temp_metric=lambda _, place, __: 39 if place == 1 else "N/A",
        amdsmi_get_energy_count=lambda _: {"energy_accumulator": 2_000_000, "counter_resolution": 15.3},
        amdsmi_get_gpu_process_list=lambda _: [{"pid": 9, "memory_usage": {"vram_mem": 200 * MB}}],
    )


def test_amdsmi(monkeypatch: pytest.MonkeyPatch) -> None:
    """The library's dictionaries are read, its "N/A" passed over for what else tells the same."""
    monkeypatch.setattr(readers, "READERS", {"amdsmi": readers.READERS["amdsmi"]})
    with monkeypatch.context() as library:
        library.setitem(sys.modules, "amdsmi", _amdsmi())
        library.setitem(sys.modules, "benchkit.serving.telemetry.amd", None)  # so that it is gone afterwards
        del sys.modules["benchkit.serving.telemetry.amd"]
        reader = open_reader()
        assert (reader.devices[0].name, reader.driver) == ("AMD Instinct MI300X", "6.12.12")
        (reading,) = reader.read()
        assert (reading.vram_used_mb, reading.utilization_percent, reading.power_w) == (283, 42, 133)
        assert reading.temperature_c == 39
        assert reading.energy_j == pytest.approx(30.6)
        assert reader.processes() == {9: 200}
    assert isinstance(open_reader(), NoReader)


def test_libraries_that_fail_are_passed_over(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """However a vendor's library fails, the machine has no GPU that can be read; nobody is told."""

    def fail() -> None:
        print("Unable to find the library")
        raise KeyError("LD_LIBRARY_PATH")

    monkeypatch.setattr(pynvml, "nvmlInit", fail)
    monkeypatch.setattr(readers, "READERS", {"nvidia": readers.READERS["nvidia"], "gone": "no.such:Reader"})
    assert isinstance(open_reader(), NoReader)
    assert capsys.readouterr() == ("", "")


@pytest.mark.usefixtures("nvml")
def test_machine_facts() -> None:
    """The record's machine: the GPUs by name, the driver, the CPU, the system and its memory."""
    machine_facts.cache_clear()
    found = machine_facts()
    machine_facts.cache_clear()
    assert (found["gpu"], found["vram_mb"], found["driver"]) == ("NVIDIA RTX, NVIDIA RTX", 48_000, "580.65")
    assert found["cpu"]
    assert found["os"]
    assert found["cores"] >= 1
    assert found["ram_mb"] > 100
