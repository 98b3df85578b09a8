"""Results that cannot be taken for now."""

from __future__ import annotations

from concurrent.futures import Future
from types import SimpleNamespace
from typing import Any, cast

from benchkit.errors import ClusterError
from benchkit.link.calls import Box, Calls, Refused
from benchkit.running.executors import following
from benchkit.running.executors.base import GroupLost, Seams
from benchkit.running.executors.following import Following
from benchkit.running.executors.sending import Boxes, Sent
from benchkit.telling.history.leases import Leases

BOX = Box("alpha", "tls://10.0.0.1:1")


class Asked:
    """Counts what the box is asked, and answers nothing."""

    def __init__(self) -> None:
        self.times = 0

    def asked(self, *_: object, **_further: object) -> Future[Any]:
        self.times += 1
        return Future()


def test_a_full_disk_here_is_told_once_and_its_results_are_not_asked_for_without_a_pause() -> None:
    """They stay on the box, and are taken once there is room."""
    calls, lines = Asked(), list[str]()
    boxes = cast("Boxes", SimpleNamespace(known={BOX.name: BOX}))
    seams = cast("Seams", SimpleNamespace(display=SimpleNamespace(line=lines.append)))
    one = Following(cast("Calls", calls), boxes, cast("Leases", None), 20.0, seams)
    sent: Any = SimpleNamespace(
        group=SimpleNamespace(name="group"),
        box=BOX,
        lease=SimpleNamespace(attempt=1),
        left={"run": SimpleNamespace(label="demo on m")},
        starting=None,
        seen={},
        refusals=0,
    )
    for _ in range(2):
        full: Future[Any] = Future()
        full.set_exception(ClusterError("runs/x/answers.jsonl: No space left on device"))
        sent.fetching = "run", full
        assert list(one._note_fetched(cast("Sent", sent))) == []
        one._look([cast("Sent", sent)])
    assert calls.times == 0
    assert lines == [
        "demo on m: its results cannot be taken from alpha, which is tried again: "
        "runs/x/answers.jsonl: No space left on device"
    ]
    one._pause_until["group"] -= following.PAUSE_S
    one._look([cast("Sent", sent)])
    assert calls.times == 1


def test_a_box_that_refuses_a_runs_results_again_and_again_is_asked_no_more() -> None:
    """It tells that the run has ended, and has lost its record: the night waited for it without end."""
    boxes = cast("Boxes", SimpleNamespace(known={BOX.name: BOX}, note_loss=lambda *_: None))
    released: list[bool] = []
    leases = cast("Leases", SimpleNamespace(release=lambda _lease, done: released.append(done)))
    seams = cast("Seams", SimpleNamespace(display=SimpleNamespace(line=lambda _line: None)))
    one = Following(cast("Calls", Asked()), boxes, leases, 20.0, seams)
    sent: Any = SimpleNamespace(
        group=SimpleNamespace(name="group"),
        box=BOX,
        lease=SimpleNamespace(attempt=1),
        left={"run": SimpleNamespace(label="demo on m")},
        seen={},
        refusals=0,
        ends_early=0,
        unsaved=set(),
        begun={"run"},
    )
    told: list[Any] = []
    for _ in range(following.MOST_REFUSALS):
        assert told == []
        refused: Future[Any] = Future()
        refused.set_exception(Refused("it knows no run", "alpha"))
        sent.fetching = "run", refused
        told += one._note_fetched(cast("Sent", sent))
    assert told == [GroupLost(sent.group, "alpha (it knows no run)")]
    assert (sent.box, released) == (None, [False])
