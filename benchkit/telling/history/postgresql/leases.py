"""One group of runs, one box at a time; what is promised stands in benchkit/telling/history/leases.py.

clock_timestamp() and not now(): a statement that waited for another one judges by the time after its wait.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from benchkit.telling.history.leases import Lease, LeasedGroup, LeaseState

if TYPE_CHECKING:
    from psycopg import Connection

_CLAIM = """
    INSERT INTO lease AS held ("group", attempt, box, claimed, heartbeat, expires)
    VALUES (
        %(group)s, 1, %(box)s, clock_timestamp(), clock_timestamp(),
        clock_timestamp() + make_interval(secs => %(seconds)s)
    )
    ON CONFLICT ("group") DO UPDATE SET
        attempt = held.attempt + 1,
        box = excluded.box,
        claimed = clock_timestamp(),
        heartbeat = clock_timestamp(),
        expires = clock_timestamp() + make_interval(secs => %(seconds)s),
        outcome = NULL
    WHERE held.outcome IS DISTINCT FROM 'done'
        AND (held.outcome = 'given back' OR held.box = excluded.box OR held.expires <= clock_timestamp())
    RETURNING attempt
"""

_HEARTBEAT = """
    UPDATE lease SET
        heartbeat = clock_timestamp(),
        expires = clock_timestamp() + make_interval(secs => %(seconds)s)
    WHERE "group" = %(group)s AND attempt = %(attempt)s AND box = %(box)s AND outcome IS NULL
    RETURNING attempt
"""

# Repeated after a lost reply it finds the same outcome, which is as good.
_RELEASE = """
    UPDATE lease SET outcome = %(outcome)s
    WHERE "group" = %(group)s AND attempt = %(attempt)s AND box = %(box)s
        AND (outcome IS NULL OR outcome = %(outcome)s)
    RETURNING attempt
"""

_GROUPS = """
    SELECT
        "group", lease.attempt, lease.box, outcome,
        extract(epoch FROM clock_timestamp() - heartbeat)::float8,
        extract(epoch FROM expires - clock_timestamp())::float8,
        array(SELECT id FROM run WHERE lease_group = lease."group" ORDER BY sequence)
    FROM lease WHERE starts_with("group", %s) ORDER BY "group"
"""


def claim(connection: Connection[Any], group: str, box: str, seconds: float) -> Lease | None:
    row = connection.execute(_CLAIM, {"group": group, "box": box, "seconds": seconds}).fetchone()
    return None if row is None else Lease(group, row[0], box)


def heartbeat(connection: Connection[Any], lease: Lease, seconds: float) -> bool:
    return connection.execute(_HEARTBEAT, {**vars(lease), "seconds": seconds}).fetchone() is not None


def release(connection: Connection[Any], lease: Lease, *, done: bool) -> bool:
    outcome = LeaseState.DONE if done else LeaseState.GIVEN_BACK
    return connection.execute(_RELEASE, {**vars(lease), "outcome": outcome.value}).fetchone() is not None


def groups(connection: Connection[Any], prefix: str) -> list[LeasedGroup]:
    return [
        LeasedGroup(Lease(group, attempt, box), _state(outcome, left_s), silent_s, left_s, tuple(run_ids))
        for group, attempt, box, outcome, silent_s, left_s, run_ids in connection.execute(_GROUPS, (prefix,))
    ]


def _state(outcome: str | None, left_s: float) -> LeaseState:
    if outcome is not None:
        return LeaseState(outcome)
    return LeaseState.HELD if left_s > 0 else LeaseState.LOST
