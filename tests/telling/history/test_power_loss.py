"""The real code over a simulated disk that loses its power."""

from __future__ import annotations

import errno
from collections.abc import Callable
from contextlib import suppress
from typing import Any
from zlib import crc32

import pytest

from benchkit.telling.history.json_file import appending, document, journal
from tests.telling.history.power import HISTORY, lose_power
from tests.telling.history.simulated_disk import SimulatedDisk

RUN = {"id": "a", "results": {}}


@pytest.mark.parametrize(
    "first", [0, *(pytest.param(first, marks=pytest.mark.heavy) for first in range(1000, 5000, 1000))]
)
def test_no_acknowledged_run_is_lost_in_a_thousand_power_losses(first: int) -> None:
    """Unsynced sectors dropped, reordered or garbled, with their neighbours or not: the history is whole."""
    wrong = {seed: what for seed in range(first, first + 1000) if (what := lose_power(seed))}
    assert wrong == {}


def test_the_simulation_finds_a_missing_journal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Overwriting without a journal loses runs here, so the test above can fail."""
    monkeypatch.setattr(journal, "write", lambda *_: None)
    assert _losses() > 50


def test_the_simulation_finds_a_journal_that_is_not_synced(monkeypatch: pytest.MonkeyPatch) -> None:
    """A journal that is still in the cache when the history is touched does not help."""
    monkeypatch.setattr(journal, "write", _without_fsync(journal.write))
    assert _losses() > 20


def test_the_simulation_finds_a_journal_without_the_page_before(monkeypatch: pytest.MonkeyPatch) -> None:
    """New bytes alone are not enough: the sector they begin in holds old ones."""
    monkeypatch.setattr(journal, "plan", _plan_without_the_page_before)
    assert _losses() > 10


def test_a_failed_fsync_stops_and_is_not_tried_again() -> None:
    """After the history's fsync failed nothing more is written or synced, and the journal stays."""
    disk = _disk_with_a_run()
    disk.failing_fsyncs = {HISTORY.name}
    with pytest.raises(OSError, match="input/output"):
        appending.append_record(HISTORY, RUN | {"id": "b"}, disk)
    assert disk.synced.count(HISTORY.name) == 1
    assert journal.place(HISTORY) in disk.names


def test_a_journal_that_cannot_be_synced_leaves_the_history_alone() -> None:
    """The failure comes before the history is opened for writing."""
    disk = _disk_with_a_run()
    before = bytes(disk.names[HISTORY].content)
    disk.failing_fsyncs = {journal.place(HISTORY).with_suffix(".tmp").name}
    with pytest.raises(OSError, match="input/output"):
        appending.append_record(HISTORY, RUN | {"id": "b"}, disk)
    assert bytes(disk.names[HISTORY].content) == before


@pytest.mark.parametrize("free", range(0, 1200, 50))
def test_a_disk_that_gets_full_changes_no_byte(free: int) -> None:
    """However much still fits, the run is in whole or the old history is there, unchanged."""
    disk = _disk_with_a_run()
    before = bytes(disk.names[HISTORY].content)
    disk.free = free
    failure = None
    try:
        appending.append_record(HISTORY, RUN | {"id": "b", "noise": "x" * 300}, disk)
    except OSError as error:
        failure = error.errno
    records = document.parse(appending.read_bytes(HISTORY, disk)).records
    if failure is None:
        assert [run["id"] for run in records] == ["a", "b"]
    else:
        assert failure == errno.ENOSPC
        assert bytes(disk.names[HISTORY].content) == before
        assert list(disk.names) == [HISTORY]


def test_an_append_to_a_long_history_moves_few_bytes() -> None:
    """Of seven megabytes it reads and writes less than a hundred kilobytes each."""
    moved = {"read": 0, "written": 0}

    class CountingDisk(SimulatedDisk):
        def pread(self, fd: int, length: int, offset: int) -> bytes:
            data = super().pread(fd, length, offset)
            moved["read"] += len(data)
            return data

        def pwrite(self, fd: int, data: bytes, offset: int) -> int:
            moved["written"] += len(data)
            return super().pwrite(fd, data, offset)

    history = document.render(document.Document([RUN | {"noise": "x" * 300}] * 20_000))
    appending.append_record(HISTORY, RUN | {"id": "new"}, CountingDisk({HISTORY: history}))
    assert len(history) > 6_000_000
    assert 0 < moved["read"] < 100_000
    assert 0 < moved["written"] < 100_000


def _losses() -> int:
    return sum(lose_power(seed) is not None for seed in range(300))


def _disk_with_a_run() -> SimulatedDisk:
    return SimulatedDisk({HISTORY: document.render(document.Document([RUN]))})


def _without_fsync(write: Callable[..., None]) -> Callable[..., None]:
    def unsynced(history: Any, planned: Any, disk: Any) -> None:
        with pytest.MonkeyPatch.context() as patch, suppress(OSError):
            patch.setattr(disk, "fsync", lambda _: None)
            write(history, planned, disk)

    return unsynced


def _plan_without_the_page_before(
    fd: int, size: int, new_from: int, added: bytes, disk: Any
) -> journal.Journal:
    anchor = crc32(journal.page_before(fd, new_from, disk))
    return journal.Journal(new_from, added, new_from, size, anchor)
