"""Answers of earlier runs to identical requests (--reuse)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from benchkit.asking.script.base import Answer, Question, read_answer
from benchkit.reuse import REQUEST, KeptAnswers, cleared_until, kept_answers


def request_digest(who: Mapping[str, Any], body: Mapping[str, Any], question: Question) -> str:
    """Digest of the model and where it is served, the request body and the sample's number."""
    from hashlib import sha256

    asked = [who, body, question.prompt.mode, question.sample, question.turn]
    return sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()[:24]


class EarlierAnswers:
    """Looks up answers in a folder of runs with the same model and sampling."""

    def __init__(self, runs: Path, own: Path, like: Mapping[str, Any]) -> None:
        self._places: dict[str, tuple[KeptAnswers, int, bool]] = {}
        self._own = own.resolve()
        until = cleared_until(runs)
        for kept in kept_answers(runs):
            if kept.path.parent.resolve() != self._own and all(kept.key.get(n) == like[n] for n in like):
                self._index(kept, until)

    def _index(self, kept: KeptAnswers, until: float) -> None:
        for offset, row in kept.rows():
            known, taken = self._places.get(row[REQUEST]), bool(row.get("reused"))
            if not kept.is_cleared(row, until) and (known is None or known[2]):
                self._places[row[REQUEST]] = kept, offset, taken

    def take(self, digests: Iterable[str]) -> dict[str, Answer]:
        """The answers to these requests, marked as reused and without timings."""
        known = [digest for digest in digests if digest in self._places]
        found = {digest: self._read(digest, *self._places[digest]) for digest in known}
        return {digest: answer for digest, answer in found.items() if answer is not None}

    def _read(self, digest: str, kept: KeptAnswers, offset: int, taken: bool) -> Answer | None:
        """None where the line is damaged, or another one by now."""
        row = kept.row_at(offset)
        answer = read_answer(row) if row.get(REQUEST) == digest else None
        if answer is None:
            return None
        origin = answer.reused if taken else kept.path.parent.name
        return replace(answer, reused=origin, seconds=0.0, first_token_s=None, server={})
