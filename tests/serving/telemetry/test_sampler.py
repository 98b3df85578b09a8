"""Sampling beside a run: before, peak and after; the series on disk; what others took meanwhile."""

import json
import os
import time
from itertools import pairwise
from pathlib import Path

import pytest

from benchkit.serving.telemetry import Before, sampling
from benchkit.serving.telemetry.base import DeviceReading
from benchkit.serving.telemetry.fake import ScriptedReader
from tests.support import wait_until

OURS = os.getpid()


def _vram(*used: float) -> list[tuple[DeviceReading, ...]]:
    return [(DeviceReading(vram_used_mb=each, power_w=each / 10),) for each in used]


def test_before_peak_and_after(tmp_path: Path) -> None:
    """From before the server's start until after its end, with a line on disk for each reading."""
    pids: list[int] = []
    reader = ScriptedReader(_vram(500, 500, 9000, 9500, 9000, 510))
    with sampling(lambda: pids, tmp_path / "telemetry.jsonl", reader=reader) as sampler:
        pids.append(OURS)
        wait_until(lambda: sampler.now().vram_used_mb == 510)
        pids.clear()
        found = sampler.summary()
    assert (found.vram_before_mb, found.vram_peak_mb, found.vram_after_mb) == (500, 9500, 510)
    assert found.ram_peak_mb is not None
    assert reader.closed
    lines = [json.loads(line) for line in (tmp_path / "telemetry.jsonl").read_text().splitlines()]
    assert [line["vram_used_mb"] for line in lines[:4]] == [500, 9000, 9500, 9000]
    times = [line["seconds"] for line in lines]
    assert times == sorted(times)  # the last is taken when it is asked for, however soon after another
    assert lines[1]["ram_mb"] > 1


def test_what_can_be_no_figure_of_a_card_is_not_known() -> None:
    """65535 is how a driver says that it does not know: neither a peak, nor heat, nor a bill."""
    nonsense = DeviceReading(vram_used_mb=-1, utilization_percent=65535, power_w=65535, temperature_c=65535)
    with sampling(lambda: [OURS], reader=ScriptedReader([(nonsense,)])) as sampler:
        now, found = sampler.now(), sampler.summary()
    assert (now.vram_used_mb, now.utilization_percent, now.power_w, now.temperature_c) == (None,) * 4
    assert (found.vram_peak_mb, found.energy_wh, found.power_w_mean, found.temperature_c_max) == (None,) * 4


def test_a_server_that_runs_already() -> None:
    """Before is not known from here, after not yet; what an earlier sampler saw is carried over."""
    with sampling(lambda: [OURS], reader=ScriptedReader(_vram(9000))) as sampler:
        found = sampler.summary()
    assert (found.vram_before_mb, found.vram_after_mb, found.energy_above_idle_wh) == (None, None, None)
    before = Before(vram_mb=500, power_w=20)
    with sampling(lambda: [OURS], reader=ScriptedReader(_vram(9000)), before=before) as sampler:
        found = sampler.summary()
    assert found.vram_before_mb == 500
    assert found.energy_above_idle_wh is not None


def test_vram_now_is_a_reading_of_its_own() -> None:
    """Who waits for VRAM to settle gets this moment's figure, not one half a second old."""
    with sampling(lambda: (), reader=ScriptedReader(_vram(1, 2, 3, 4, 5, 6, 7, 8, 9))) as sampler:
        first, second = sampler.vram_used_mb(), sampler.vram_used_mb()
    assert first is not None
    assert second is not None
    assert second > first


@pytest.mark.parametrize(
    ("later", "taken"),
    [
        ({OURS: 9000, 77: 300}, 0),
        ({OURS: 9000, 77: 300, 78: 2000}, 2000),
        ({OURS: 9000}, 0),
        ({77: 9300}, None),  # our own is not in the driver's list: it counts processes otherwise
        (None, None),
    ],
)
def test_vram_taken_by_others(later: dict[int, float] | None, taken: float | None) -> None:
    """What other processes took since the start; unknown where the driver does not show our own."""
    reader = ScriptedReader(_vram(500, 9500), processes=[{77: 300}, later])
    with sampling(lambda: [OURS], reader=reader) as sampler:
        found, now = sampler.summary(), sampler.vram_of_others_mb()
    assert found.vram_taken_by_others_mb == taken
    assert now == (None if taken is None or later is None else sum(later.values()) - later[OURS])


def test_a_full_disk_ends_the_series_only() -> None:
    """The run goes on when the series can no longer be written."""
    with sampling(lambda: (), Path("/dev/full"), reader=ScriptedReader(_vram(5))) as sampler:
        wait_until(lambda: sampler.now().seconds > 0.4)
        assert sampler.summary().vram_peak_mb == 5


def test_it_reads_twice_a_second(tmp_path: Path) -> None:
    """Readings come half a second apart, the first at once, and never more than two a second."""
    path = tmp_path / "t.jsonl"
    with sampling(lambda: (), path, reader=ScriptedReader(_vram(5))):
        begun = time.monotonic()
        wait_until(lambda: path.exists() and any(0.4 < gap < 0.6 for gap in gaps_in(path)))
        most = (time.monotonic() - begun) / 0.5 + 2
    assert len(gaps_in(path)) <= most


def gaps_in(series: Path) -> list[float]:
    """The seconds between one whole line of the series and the next."""
    lines = series.read_text().rpartition("\n")[0].splitlines()
    times = [json.loads(line)["seconds"] for line in lines]
    return [later - earlier for earlier, later in pairwise(times)]
