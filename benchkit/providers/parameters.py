"""What a request may say: parameters that a model refuses are left out or renamed, once, and it is told."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from threading import Lock
from typing import Any

from benchkit.providers.preset import Provider
from benchkit.replies import message_of

OPTIONAL = frozenset({"temperature", "top_p", "seed", "stop", "stream_options", "response_format"})
"""A request is the same question without these. A budget is only ever renamed: no run is without one."""
BUDGET = "max_tokens"
REFUSAL = frozenset({400, 422})
_NAMED = re.compile(r"[`'\"]([A-Za-z_]+)[`'\"]|^(?:body\.)?([a-z_]+)\s*:")
_INSTEAD = re.compile(r"use [`'\"]?([a-z_]+)[`'\"]? instead", re.IGNORECASE)
_SHOWN = 160


class Parameters:
    """The parameters of all requests to one model; safe from several threads."""

    def __init__(self, provider: Provider, model: str) -> None:
        self._renamed = dict(provider.renamed)
        self._left_out = {name: f"{provider.title} takes none" for name in provider.refused_by(model)}
        self._lock = Lock()

    def fit(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """The body as this model takes it."""
        return {self._renamed.get(name, name): body[name] for name in body if name not in self._left_out}

    def leaves_out(self, name: str) -> bool:
        return name in self._left_out

    def changes(self, names: Mapping[str, Any]) -> dict[str, str]:
        """What becomes of these parameters that somebody set: name -> in words."""
        left_out = {name: f"left out: {why}" for name, why in self._left_out.items() if name in names}
        renamed = {name: f"sent as {to}" for name, to in self._renamed.items() if name in names}
        return {**renamed, **left_out}

    def learn(self, status: int, reply: str, body: Mapping[str, Any]) -> str | None:
        """What is changed after a refusal of this body; None where it names no parameter to change.

        Several questions may be refused at once: only the first of them changes anything, and the others
        find it changed.
        """
        if status not in REFUSAL:
            return None
        with self._lock:
            said = _words(reply)
            for sent in _named_in(reply, said):
                name = next((ours for ours, theirs in self._renamed.items() if theirs == sent), sent)
                if sent in body and (change := self._change(name, sent, said)):
                    return change
        return None

    def _change(self, name: str, sent: str, said: str) -> str | None:
        instead = _INSTEAD.search(said)
        if instead and self._renamed.get(name) != instead[1] and name in {BUDGET, *OPTIONAL}:
            self._renamed[name] = instead[1]
            return f"{sent} is sent as {instead[1]} from now on, for the server says: {said}"
        if name == BUDGET and self._renamed.get(name) not in (None, sent):
            return f"{sent} was renamed meanwhile"
        if name not in OPTIONAL:
            return None
        if name not in self._left_out:
            self._left_out[name] = said
        return f"{sent} is left out from now on, for the server says: {said}"


def _words(reply: str) -> str:
    """The message of an error, in one line."""
    text = message_of(reply)
    return text[:_SHOWN] + "…" if len(text) > _SHOWN else text


def _named_in(reply: str, said: str) -> list[str]:
    """The parameters that an error names: in a field of its own, at a place, or in its text."""
    try:
        names = list(_fields(json.loads(reply)))
    except ValueError:
        names = []
    names += [quoted or leading for quoted, leading in _NAMED.findall(said)]
    return list(dict.fromkeys(names))


def _fields(value: Any) -> Iterator[str]:
    """What stands in `param`, and at the end of a `loc`, wherever these are."""
    if isinstance(value, list):
        for one in value:
            yield from _fields(one)
    if not isinstance(value, dict):
        return
    if isinstance(value.get("param"), str):
        yield value["param"]
    if isinstance(place := value.get("loc"), list) and place:
        yield str(place[-1])
    for one in value.values():
        yield from _fields(one)
