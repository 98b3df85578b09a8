"""Boxes that lie: messages of the right form with absurd content end no batch."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from benchkit.errors import ClusterError
from benchkit.link.calls import BOX_ADDRESS, Box, Calls, Nonsense
from benchkit.running.executors.answers import read_facts, read_news, read_refusals
from benchkit.running.executors.base import Event, GroupLost, RunBroke, Seams
from benchkit.running.executors.following import MOST_ENDS, Following
from benchkit.running.executors.sending import Boxes, Sent
from benchkit.telling.history.leases import Leases

BOX = Box("alpha", "tls://10.0.0.1:1")
FACTS: dict[str, Any] = {
    **{"name": "alpha", "version": "1", "slots": 1, "gpus": ["RTX"], "at_work": []},
    **{"engines": {"llama.cpp": "b1", "vllm": None}, "toolchains": {}, "models": [{"name": "m"}]},
    "machine": {"vram_mb": 24_000},
}
NEWS: dict[str, Any] = {"state": "working", "ended": [{"id": "run"}], "runs": {"run": {"done": 3}}}


def answered(text: Any, read: Callable[[Any], Any]) -> Any:
    """What Calls makes of this message of the box."""

    async def asked(*_: object) -> Any:
        return text

    calls = cast("Calls", SimpleNamespace(_asked=asked))
    return asyncio.run(Calls._answer(calls, BOX, "box_operation", {}, 1.0, read))


def news_of(answer: Any) -> Any:
    return read_news(answer, "group")


def two_refusals(answer: Any) -> Any:
    return read_refusals(answer, 2)


SOUND: list[tuple[Any, Callable[[Any], Any]]] = [
    (FACTS, read_facts),
    (["", "it has no file of m"], two_refusals),
    ({"group": NEWS}, news_of),
    ({"group": {"state": "lost"}}, news_of),
]
STRANGE: tuple[Any, ...] = (None, 1.5, [[]], [7], {"a": 7})
WHOLE: tuple[Any, ...] = (None, 7, "yes", {}, [[]])
ABSURD: list[tuple[Any, Callable[[Any], Any]]] = [
    *((whole, read) for whole in WHOLE for read in (read_facts, two_refusals, news_of)),
    *(
        (FACTS | {name: value}, read_facts)
        for name in sorted(FACTS.keys() - {"machine"})
        for value in STRANGE
    ),
    (FACTS | {"slots": -1}, read_facts),
    (FACTS | {"machine": 7}, read_facts),
    (FACTS | {"machine": {"vram_mb": "much"}}, read_facts),
    (["", 7], two_refusals),
    (["", "", ""], two_refusals),
    ({"another": NEWS}, news_of),
    *(({"group": NEWS | {name: value}}, news_of) for name in NEWS for value in STRANGE),
    ({"group": NEWS | {"ended": [{}]}}, news_of),
    ({"group": NEWS | {"runs": {"run": {"done": "all"}}}}, news_of),
]


@pytest.mark.parametrize(
    ("answer", "read"), SOUND, ids=lambda part: getattr(part, "__name__", str(part)[:60])
)
def test_what_makes_sense_is_taken_as_it_is(answer: Any, read: Callable[[Any], Any]) -> None:
    assert answered(json.dumps(answer), read) == (answer if isinstance(answer, list) else read(answer))


@pytest.mark.parametrize(
    ("answer", "read"), ABSURD, ids=lambda part: getattr(part, "__name__", str(part)[:60])
)
def test_what_makes_no_sense_is_told_with_the_box(answer: Any, read: Callable[[Any], Any]) -> None:
    """In one line, as a failure of that box."""
    with pytest.raises(Nonsense, match="alpha answers what no box of ours does") as told:
        answered(json.dumps(answer), read)
    assert "\n" not in str(told.value)


@pytest.mark.parametrize("text", [None, 7, "", "{", "[" * 100_000])
def test_what_is_no_json_is_nonsense_too(text: Any) -> None:
    with pytest.raises(Nonsense):
        answered(text, lambda answer: answer)


@pytest.mark.parametrize(
    "ended",
    [
        {"record": {"id": "another run"}, "files": {}},
        {"record": [], "files": {}},
        {"record": {"id": "run"}, "files": {"a": "long"}},
        {"record": {"id": "run"}, "files": {"a\0": 1}},
        [],
    ],
)
def test_a_record_of_another_run_is_not_taken(ended: Any) -> None:
    """Nobody gave it that run: under its id it would stand in the history."""

    async def asked(*_: object) -> Any:
        return json.dumps(ended)

    calls = Calls.__new__(Calls)
    setattr(calls, "_asked", asked)  # noqa: B010  a method of it
    with pytest.raises(Nonsense, match="of run"):
        asyncio.run(calls._fetch(BOX, "group", "run", cast("Any", None)))


@pytest.mark.parametrize("name", ["../../x", "/etc/x"])
def test_a_file_outside_of_the_runs_folder_is_not_taken(name: str, tmp_path: Path) -> None:
    """It is asked for no second time, either: another attempt may be one of a better box."""

    async def asked(*_: object) -> Any:
        return json.dumps({"record": {"id": "run"}, "files": {name: 1}})

    calls = Calls.__new__(Calls)
    setattr(calls, "_asked", asked)  # noqa: B010  a method of it
    with pytest.raises(Nonsense, match="does not belong into the run's folder"):
        asyncio.run(calls._fetch(BOX, "group", "run", tmp_path))


def test_one_box_without_an_address_hides_no_other() -> None:
    """Its member told the head something else."""
    workers = {
        "a": {"name": "alpha", BOX_ADDRESS: "tls://10.0.0.1:1"},
        "b": {"name": "beta", BOX_ADDRESS: "nowhere/at all"},
    }

    async def asked(*_: object) -> Any:
        return {"workers": workers}

    calls = Calls.__new__(Calls)
    calls.host, calls.port = "10.0.0.1", 8786
    setattr(calls, "_asked", asked)  # noqa: B010  a method of it
    assert [box.name for box in asyncio.run(calls._boxes())] == ["alpha"]


def failed(error: Exception) -> Future[Any]:
    future: Future[Any] = Future()
    future.set_exception(error)
    return future


def done(value: Any) -> Future[Any]:
    future: Future[Any] = Future()
    future.set_result(value)
    return future


@pytest.mark.parametrize(
    "fetched",
    [
        lambda: failed(Nonsense("no record of run")),
        lambda: done({"id": "run", "results": 7}),
        lambda: done({"id": "run", "machine": [1]}),
    ],
)
def test_a_group_whose_record_makes_no_sense_is_tried_again_and_then_has_failed(
    fetched: Callable[[], Future[Any]],
) -> None:
    """Else it would be asked for without end."""
    following = Following(
        cast("Calls", SimpleNamespace(stopped=lambda *_, **__: None)),
        Boxes(cast("Calls", None)),
        cast("Leases", SimpleNamespace(release=lambda *_, **__: None)),
        20.0,
        cast("Seams", None),
    )
    plan = SimpleNamespace(label="demo on m", folder="runs/x")
    sent: Any = SimpleNamespace(
        group=SimpleNamespace(name="group"),
        left={"run": plan},
        begun={"run"},
        unsaved=set(),
        ends_early=0,
        lost_at=Counter(),
        answered={},
    )
    events: list[Event] = []
    for _ in range(MOST_ENDS):
        sent.box, sent.lease, sent.seen = BOX, SimpleNamespace(attempt=1), {"ended": [{"id": "run"}]}
        sent.fetching = "run", fetched()
        events += following._note_fetched(cast("Sent", sent))
    assert [type(event) for event in events] == [GroupLost] * MOST_ENDS + [RunBroke]
    assert isinstance(events[-1], RunBroke)
    assert isinstance(events[-1].error, ClusterError)
    assert sent.left == {}
    assert (
        sent.lost_at[BOX.name] == MOST_ENDS - 1
    )  # so that the last attempt goes to another box, if there is one
