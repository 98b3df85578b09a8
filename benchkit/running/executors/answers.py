"""Looks through what boxes answer as it arrives: one that answers nonsense ends no night for the others.

Each takes an answer, and gives it back where it has all that is read of it later; else it raises ValueError.
"""

from __future__ import annotations

from typing import Any

from benchkit.link.calls import GroupState

NOTHING_TO_TELL = (GroupState.UNKNOWN, GroupState.LOST)


def read_facts(answer: Any) -> dict[str, Any]:
    facts = _object(answer)
    _need(type(facts.get("slots")) is int and facts["slots"] >= 0, "slots")
    for name in ("name", "version"):
        _need(isinstance(facts.get(name), str), name)
    for name in ("gpus", "at_work"):
        _need(_are_all(facts.get(name), str), name)
    for name in ("engines", "toolchains"):
        versions = facts.get(name)
        _need(isinstance(versions, dict) and _are_all([*versions.values()], str | None), name)
    machine = facts.get("machine")
    _need(isinstance(machine, dict) and isinstance(machine.get("vram_mb"), int | float | None), "machine")
    _need(_are_all(facts.get("models"), dict), "models")
    return facts


def read_refusals(answer: Any, count: int) -> list[str]:
    """One for each order."""
    _need(_are_all(answer, str) and len(answer) == count, f"refusals of {count} orders")
    refusals: list[str] = answer
    return refusals


def read_news(answer: Any, group: str) -> dict[str, Any]:
    """How a group is."""
    news = _object(_object(answer).get(group))
    _need(news.get("state") in list(GroupState), "state")
    if news["state"] in NOTHING_TO_TELL:
        return news
    _need(_are_all(news.get("ended"), dict), "ended")
    _need(_are_all([one.get("id") for one in news["ended"]], str), "ended")
    snapshots = news.get("runs")
    _need(isinstance(snapshots, dict) and _are_all([*snapshots.values()], dict), "runs")
    _need(_are_all([one.get("done") for one in news["runs"].values()], int | None), "runs")
    return news


def _object(value: Any) -> dict[str, Any]:
    _need(isinstance(value, dict), "object")
    found: dict[str, Any] = value
    return found


def _are_all(values: Any, kind: Any) -> bool:
    return isinstance(values, list) and all(isinstance(value, kind) for value in values)


def _need(holds: bool, what: str) -> None:
    if not holds:
        raise ValueError(f"no such {what}")
