"""Which GPUs are in this box, by what the system shows without any vendor's library."""

from __future__ import annotations

import platform
import shutil
from contextlib import suppress
from pathlib import Path
from typing import Literal

AMD = "0x1002"
LEAST_VRAM = 2 << 30  # less is a processor's built-in graphics


def gpus(root: Path = Path("/")) -> tuple[str, ...]:
    """The names of the GPUs that a model could use."""
    if platform.system() == "Darwin":
        return ("Apple GPU",) if platform.machine() == "arm64" else ()
    return (*_nvidia(root), *_amd(root))


def maker(root: Path = Path("/")) -> Literal["NVIDIA", "AMD", "Apple"] | None:
    """Who made the first of them: what to install depends on it."""
    if platform.system() == "Darwin":
        return "Apple" if gpus(root) else None
    return "NVIDIA" if _nvidia(root) else "AMD" if _amd(root) else None


def _nvidia(root: Path) -> list[str]:
    gpus = []
    for information in sorted(root.glob("proc/driver/nvidia/gpus/*/information")):
        with suppress(OSError):
            lines = dict(line.split(":", 1) for line in information.read_text().splitlines() if ":" in line)
            gpus.append(lines.get("Model", "NVIDIA GPU").strip())
    if gpus:
        return gpus
    windows = (root / "dev/dxg").exists() and shutil.which("nvidia-smi")  # Linux inside Windows
    return ["NVIDIA GPU"] if windows or any(root.glob("dev/nvidia[0-9]*")) else []


def _amd(root: Path) -> list[str]:
    gpus = []
    for vram in sorted(root.glob("sys/class/drm/card*/device/mem_info_vram_total")):
        with suppress(OSError, ValueError):
            vendor = vram.with_name("vendor").read_text().strip()
            if vendor == AMD and int(vram.read_text()) >= LEAST_VRAM:
                gpus.append("AMD GPU")
    return gpus
