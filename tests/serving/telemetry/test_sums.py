"""What readings come to: VRAM, energy, heat, throttling, one by one and together; not known is None."""

import pytest

from benchkit.records import Telemetry
from benchkit.serving.telemetry.base import Device, DeviceReading
from benchkit.serving.telemetry.sums import Sums

ONE = (Device(0, "GPU", 24_000),)
NONE: frozenset[str] = frozenset()
HEAT = frozenset({"thermal"})
TWO = (Device(0, "first", 24_000), Device(1, "second", 8_000))


def _summed(
    devices: tuple[Device, ...], *rounds: tuple[DeviceReading, ...], idle_w: float | None = None
) -> Telemetry:
    """A reading a second, the first at second zero."""
    sums = Sums(devices, rounds[0])
    for number, readings in enumerate(rounds):
        sums.add(readings, 1.0 if number else 0.0)
    return sums.telemetry(None, idle_w, None, 0.0)


def test_energy_by_the_counter() -> None:
    """Where the GPU counts its energy, the counter's difference is it, whatever the power readings say."""
    found = _summed(
        ONE,
        (DeviceReading(power_w=10, energy_j=5000),),
        (DeviceReading(power_w=10, energy_j=5000 + 7200),),
        idle_w=36,
    )
    assert found.energy_wh == 2.0
    assert found.energy_above_idle_wh == pytest.approx(2.0 - 36 / 3600)
    assert found.energy_source == "counter"
    assert found.power_w_mean == 7200


def test_energy_by_integrated_power() -> None:
    """Where it does not, power between readings is taken as a straight line, and the record says so."""
    powers = [100, 200, 200]
    found = _summed(ONE, *((DeviceReading(power_w=power),) for power in powers), idle_w=50)
    assert found.energy_wh == pytest.approx(350 / 3600, abs=1e-4)
    assert found.energy_above_idle_wh == pytest.approx(250 / 3600, abs=1e-4)
    assert found.energy_source == "integrated power"
    assert found.power_w_mean == 175


def test_a_counter_that_starts_again() -> None:
    """A driver reset makes the counter smaller; integrated power stands in."""
    found = _summed(
        ONE,
        (DeviceReading(power_w=3600, energy_j=900),),
        (DeviceReading(power_w=3600, energy_j=10),),
    )
    assert (found.energy_wh, found.energy_source) == (1.0, "integrated power")


def test_a_counter_that_starts_again_stays_of_no_use() -> None:
    """Also when it has come past its first value: what it says then is not what was used."""
    powers = [DeviceReading(power_w=3600, energy_j=energy) for energy in (900, 10, 5000)]
    found = _summed(ONE, *((one,) for one in powers))
    assert (found.energy_wh, found.energy_source) == (2.0, "integrated power")


def test_a_counter_that_was_silent_for_a_while_counts_all_the_same() -> None:
    """What it has counted meanwhile is no leap."""
    silent = [DeviceReading(power_w=3600)] * 30
    readings = [
        DeviceReading(power_w=3600, energy_j=0.0),
        *silent,
        DeviceReading(power_w=3600, energy_j=36_000.0),
    ]
    found = _summed(ONE, *((one,) for one in readings))
    assert (found.energy_wh, found.energy_source) == (10.0, "counter")


def test_a_counter_that_leaps_is_not_believed() -> None:
    """No card uses so much in a second."""
    found = _summed(ONE, *((DeviceReading(power_w=3600, energy_j=energy),) for energy in (900, 900 + 2**32)))
    assert (found.energy_wh, found.energy_source) == (1.0, "integrated power")


@pytest.mark.parametrize(("silent", "known"), [(1, True), (30, False)])
def test_power_that_was_not_read_most_of_the_time_is_no_energy(silent: int, known: bool) -> None:
    """A moment is bridged; half an hour of silence would make a card look thrifty."""
    readings = [DeviceReading(power_w=100)] * 30 + [DeviceReading()] * silent
    found = _summed(ONE, *((one,) for one in readings))
    assert (found.energy_wh is not None) == known


def test_several_gpus_each_and_in_sum() -> None:
    """The peak of the sum is that of one moment, not the sum of peaks at different moments."""
    found = _summed(
        TWO,
        (DeviceReading(vram_used_mb=100), DeviceReading(vram_used_mb=10)),
        (DeviceReading(vram_used_mb=900), DeviceReading(vram_used_mb=20)),
        (DeviceReading(vram_used_mb=300), DeviceReading(vram_used_mb=500)),
    )
    assert found.vram_peak_mb == 920
    assert [device["vram_peak_mb"] for device in found.devices] == [900, 500]
    assert [device["vram_before_mb"] for device in found.devices] == [100, 10]
    assert [device["vram_last_mb"] for device in found.devices] == [300, 500]


def test_one_silent_gpu_makes_the_sum_unknown() -> None:
    """A sum with an unknown part is not known; the other GPU's own figures are."""
    found = _summed(TWO, (DeviceReading(vram_used_mb=100, power_w=50), DeviceReading(power_w=50)))
    assert found.vram_peak_mb is None
    assert found.devices[0]["vram_peak_mb"] == 100
    assert found.devices[1]["vram_peak_mb"] is None


@pytest.mark.parametrize(
    ("reasons", "throttled"),
    [([None], None), ([NONE], False), ([frozenset({"power cap"})], False), ([NONE, HEAT, NONE], True)],
)
def test_throttling(reasons: list[frozenset[str] | None], throttled: bool | None) -> None:
    """Heat throttles; a power cap alone does not, and a GPU that does not tell leaves it open."""
    readings = [DeviceReading(throttle_reasons=one) for one in reasons]
    found = _summed(ONE, *((one,) for one in readings))
    assert found.throttled is throttled


def test_utilization_and_temperature() -> None:
    """Utilization is the mean over time, temperature the highest."""
    heats = [(0, 40.0), (100, 71.0), (50, 60.0)]
    found = _summed(ONE, *((DeviceReading(utilization_percent=u, temperature_c=t),) for u, t in heats))
    assert found.devices[0]["utilization_percent_mean"] == 75
    assert found.temperature_c_max == 71


def test_without_a_gpu_nothing_is_invented() -> None:
    """No GPU: every fact of one is None."""
    found = _summed((), ())
    assert (found.vram_peak_mb, found.energy_wh, found.energy_source, found.throttled) == (None,) * 4
    assert (found.power_w_mean, found.temperature_c_max, found.devices) == (None, None, ())
