"""AMD GPUs through the files of Linux's amdgpu driver: https://docs.kernel.org/gpu/amdgpu/thermal.html"""

from __future__ import annotations

from pathlib import Path

from benchkit.serving.telemetry.base import Device, DeviceReading

_AMD = "0x1002"
_MB = 1 << 20


class SysfsReader:
    """Raises OSError where no AMD GPU is."""

    def __init__(self, root: Path = Path("/sys")) -> None:
        cards = sorted(root.glob("class/drm/card*/device"), key=lambda card: card.parent.name)
        self._cards = [card for card in cards if _text(card / "vendor") == _AMD]
        if not self._cards:
            raise FileNotFoundError("no AMD GPU")
        self.driver = _text(root / "module/amdgpu/version") or _text(root / "module/amdgpu/srcversion")
        self.devices = tuple(_device(index, card) for index, card in enumerate(self._cards))
        self._monitors = [next(iter(card.glob("hwmon/hwmon*")), card) for card in self._cards]

    def read(self) -> tuple[DeviceReading, ...]:
        return tuple(_read(card, monitor) for card, monitor in zip(self._cards, self._monitors, strict=True))

    def processes(self) -> None:
        return None

    def close(self) -> None:
        pass


def _device(index: int, card: Path) -> Device:
    name = _text(card / "product_name") or f"AMD GPU {_text(card / 'device') or ''}".strip()
    return Device(index, name, _number(card / "mem_info_vram_total", _MB))


def _read(card: Path, monitor: Path) -> DeviceReading:
    power = _number(monitor / "power1_average", 1e6)
    return DeviceReading(
        vram_used_mb=_number(card / "mem_info_vram_used", _MB),
        utilization_percent=_number(card / "gpu_busy_percent", 1),
        power_w=_number(monitor / "power1_input", 1e6) if power is None else power,
        temperature_c=_number(monitor / "temp1_input", 1000),
        energy_j=_number(monitor / "energy1_input", 1e6),
    )


def _text(path: Path) -> str | None:
    try:
        return path.read_text().strip() or None
    except OSError:
        return None


def _number(path: Path, unit: float) -> float | None:
    text = _text(path)
    try:
        return None if text is None else int(text) / unit
    except ValueError:
        return None
