"""The machine, for a run's record and for `doctor`."""

from __future__ import annotations

import platform
from functools import cache
from pathlib import Path
from typing import Any

import psutil

from benchkit.serving.telemetry.readers import open_reader

_MB = 1 << 20


@cache
def machine_facts() -> dict[str, Any]:
    """What a run's speed hangs on; it does not change while we run."""
    reader = open_reader()
    names = [device.name for device in reader.devices]
    vram = [device.vram_total_mb for device in reader.devices if device.vram_total_mb is not None]
    facts = {
        "gpu": ", ".join(names) or None,
        "vram_mb": round(sum(vram)) if vram else None,
        "driver": reader.driver,
        "cpu": _cpu_name(),
        "cores": psutil.cpu_count(logical=False) or psutil.cpu_count(),
        "ram_mb": round(psutil.virtual_memory().total / _MB),
        "os": _os_name(),
    }
    reader.close()
    return facts


def _cpu_name() -> str | None:
    """Linux gives the model's name only here."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or None
    named = (line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    return next(named, platform.processor() or platform.machine() or None)


def _os_name() -> str:
    try:
        release = platform.freedesktop_os_release()
    except OSError:
        return f"{platform.system()} {platform.release()}"
    return f"{release.get('PRETTY_NAME', 'Linux')}, kernel {platform.release()}"
