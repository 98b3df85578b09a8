"""The result of scoring one sample: Judged."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from benchkit.verdict import Verdict


@dataclass(frozen=True)
class Judged:
    """One sample's verdict: a line of verdicts.jsonl."""

    task_id: str
    sample: int
    verdict: Verdict
    detail: str = ""
    seconds: float = 0.0
    rung: str | None = None
    base_verdict: Verdict | None = None
    tokens: int | None = None
    further: Mapping[str, Any] = field(default_factory=dict)  # timings of the request and the like; JSON only
    source: str = field(default="", repr=False)  # the code that was judged; no part of the line

    def as_record(self) -> dict[str, Any]:
        record = {
            "task_id": self.task_id,
            "sample": self.sample,
            "verdict": str(self.verdict),
            "detail": self.detail,
            "seconds": round(self.seconds, 4),
            "rung": self.rung,
            "tokens": self.tokens,
        }
        if self.base_verdict is not None:
            record["base_verdict"] = str(self.base_verdict)
        return record | dict(self.further)
