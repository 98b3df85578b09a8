"""What the sandbox's Python is like on this machine: how slow it is now, which libraries it has."""

from __future__ import annotations

import json

from benchkit.judging.sandbox import Limits, Program, Sandbox
from benchkit.verdict import Verdict

# What contest solutions take for granted beyond the standard library; the extra `contest` brings them.
LIBRARIES = ("numpy", "sortedcontainers")
TAKEN_BY_WORK_S = 0.07  # on a server core of 2023 with nothing beside it
MOST_SLOWNESS = 8.0
_WORK = """
numbers, total, seen = list(range(2000)), 0, {}
for turn in range(150):
    for number in numbers:
        total = (total * 31 + number) % 1000003
        seen[total & 1023] = seen.get(total & 1023, 0) + 1
    numbers.sort(key=lambda number: -number if turn % 2 else number)
"""
_VERSIONS = f"""
import importlib, json
found = dict.fromkeys({LIBRARIES!r})
for name in found:
    try:
        found[name] = importlib.import_module(name).__version__
    except Exception:
        pass
print(json.dumps(found))
"""


def slowness(sandbox: Sandbox) -> float:
    """By how much limits are to grow here and now: 1 on the machine they were made for and on faster ones."""
    tries = [sandbox.run(Program(source=_WORK), Limits(wall_s=60)).seconds for _ in range(3)]
    return min(MOST_SLOWNESS, max(1.0, min(tries) / TAKEN_BY_WORK_S))


def libraries(sandbox: Sandbox) -> dict[str, str | None]:
    """The version of each library that a program can import; None where it cannot."""
    outcome = sandbox.run(Program(source=_VERSIONS), Limits(wall_s=60, memory_mb=4096))
    if outcome.verdict is not Verdict.PASSED:
        return dict.fromkeys(LIBRARIES)
    found: dict[str, str | None] = json.loads(outcome.stdout)
    return found
