"""Python's NVML bindings calling into a real shared library: the stand-in of NVIDIA's, built on the spot."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

SOURCE = Path(__file__).parents[2] / "stand_ins" / "nvml.c"
ROOT = Path(__file__).parents[3]
READ = """
import json
from benchkit.serving.telemetry.readers import open_reader
reader = open_reader()
reading = reader.read()[0]
for _ in range(3):
    assert reader.read()[0] == reading
facts = {**vars(reading), "throttle_reasons": sorted(reading.throttle_reasons or ())}
facts |= {"name": reader.devices[0].name, "total": reader.devices[0].vram_total_mb}
print(json.dumps({**facts, "driver": reader.driver, "processes": reader.processes()}))
reader.close()
"""

pytestmark = pytest.mark.skipif(
    not sys.platform.startswith("linux") or not shutil.which("cc"), reason="needs Linux and a C compiler"
)


def _read(folder: Path, *flags: str) -> dict[str, Any]:
    library = folder / "libnvidia-ml.so.1"
    subprocess.run(["cc", "-shared", "-fPIC", *flags, "-o", library, SOURCE], check=True)
    environment = {**os.environ, "LD_LIBRARY_PATH": str(folder)}
    done = subprocess.run(
        [sys.executable, "-c", READ], env=environment, cwd=ROOT, check=True, capture_output=True, text=True
    )
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_a_driver_of_today(tmp_path: Path) -> None:
    """Every figure arrives in its unit; memory is the newer one, without the driver's own reserve."""
    found = _read(tmp_path)
    assert (found["name"], found["driver"], found["total"]) == ("NVIDIA Made Up", "580.65", 24_000)
    assert (found["vram_used_mb"], found["utilization_percent"]) == (600, 88)
    assert (found["power_w"], found["temperature_c"], found["energy_j"]) == (312.5, 66, 9000)
    assert found["throttle_reasons"] == ["power cap", "thermal"]
    assert found["processes"] == {"7": 500}


def test_an_older_driver(tmp_path: Path) -> None:
    """What came later is read from what there was before, or is unknown."""
    found = _read(tmp_path, "-DOLD")
    assert (found["vram_used_mb"], found["energy_j"]) == (1000, None)
    assert found["throttle_reasons"] == ["power cap", "thermal"]
