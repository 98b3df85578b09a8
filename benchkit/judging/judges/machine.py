"""What the sandbox's Python is like on this machine: how slow it is now, which libraries it has."""

from __future__ import annotations

import json

from benchkit.judging.sandbox import Limits, Program, Sandbox
from benchkit.languages import ContestRules
from benchkit.verdict import Verdict

TAKEN_BY_WORK_S = 0.21  # on a server core of 2023 with nothing beside it
MOST_SLOWNESS = 30.0
SHARED = 1.2  # times its processor time: what takes longer has waited for others
MARGIN = 1.5  # for how unevenly they leave a processor to it
_WORK = """
numbers, total, seen = list(range(2000)), 0, {}
for turn in range(450):
    for number in numbers:
        total = (total * 31 + number) % 1000003
        seen[total & 1023] = seen.get(total & 1023, 0) + 1
    numbers.sort(key=lambda number: -number if turn % 2 else number)
"""


def slowness(sandbox: Sandbox) -> float:
    """By how much limits are to grow here and now: 1 on the machine they were made for and on faster ones.

    One piece of work, long enough that a scheduler treats it like the programs that are judged.
    """
    outcome = sandbox.run(Program(source=_WORK), Limits(wall_s=60))
    shared = outcome.seconds > SHARED * outcome.cpu_seconds
    ratio = outcome.seconds / TAKEN_BY_WORK_S * (MARGIN if shared else 1)
    return min(MOST_SLOWNESS, max(1.0, ratio))


def libraries(sandbox: Sandbox, rules: ContestRules) -> dict[str, str | None]:
    """The version of each library that a contest's answer can import; None where it cannot."""
    limits = Limits(wall_s=60, memory_mb=4096)
    outcome = sandbox.run(Program(source=rules.library_versions), limits)
    if outcome.sandbox_failed:
        outcome = sandbox.run(Program(source=rules.library_versions), limits)
    if outcome.verdict is not Verdict.PASSED:
        return dict.fromkeys(rules.libraries)
    versions: dict[str, str | None] = json.loads(outcome.stdout)
    return versions
