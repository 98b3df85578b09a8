"""What may be compared: only runs on the same problems, asked in the same way.

The seed and the number of samples are no conditions: repeated samples of one model differ in just these.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from benchkit.json_values import number
from benchkit.records import Run
from benchkit.settings import COMPARED, SELDOM_SET
from benchkit.telling.comparison import facts

ASKED: Mapping[str, str] = {
    "prompt_style": "prompt style",
    "mode": "mode",
    **COMPARED,
    **{name: name for name in ("top_p", "top_k", "min_p", "stop")},
    "extra_body": "further sampling",
}
"""How the problems were asked: a name in a run's configuration -> what it is called in words."""

Conditions = Mapping[str, str]


def conditions(run: Run) -> dict[str, str]:
    """What must be equal, each in words; what is not known is equal only to what is not known."""
    total = facts.asked(run)
    required = {"problems": _problems(run), "number of problems": "unknown" if total is None else str(total)}
    asked = ((called, name, run.config.value(name)) for name, called in ASKED.items())
    return required | {
        called: _words(value) for called, name, value in asked if value is not None or name not in SELDOM_SET
    }


def differing(labelled: Iterable[tuple[str, Conditions]]) -> dict[str, dict[str, list[str]]]:
    """The conditions that are not the same for all: name -> value -> who has it."""
    labelled = list(labelled)
    names = dict.fromkeys(name for _, required in labelled for name in required)
    values: dict[str, dict[str, list[str]]] = {}
    for name in names:
        who: dict[str, list[str]] = {}
        for label, required in labelled:
            who.setdefault(required.get(name, "unknown"), []).append(label)
        if len(who) > 1:
            values[name] = who
    return values


def in_words(differences: Mapping[str, Mapping[str, Sequence[str]]]) -> str:
    """`temperature 0.0 (A, B) or 0.8 (C); token budget …`"""
    return "; ".join(
        f"{name} " + " or ".join(f"{value} ({', '.join(who)})" for value, who in values.items())
        for name, values in differences.items()
    )


def _problems(run: Run) -> str:
    """The problem set by its hash; where none was recorded, by name and version."""
    digest = run.problem_set.sha256
    name, version = facts.set_name(run), run.problem_set.version
    called = f"{name} {version}" if version else name
    return f"{called} (sha256 {digest[:12]})" if digest else f"{called} (no hash known)"


def _words(value: Any) -> str:
    if (known := number(value)) is not None:
        return f"{known:g}"
    if value in (None, "", [], (), {}):
        return "unknown"
    return value if isinstance(value, str) else json.dumps(value, sort_keys=True, default=str)
