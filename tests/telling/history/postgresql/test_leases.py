"""One group of runs, one box at a time: what leases promise, against a real server."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from benchkit.errors import UsageError
from benchkit.telling.history import open_store
from benchkit.telling.history.leases import Kept, Lease, Leases, LeaseState, leasing
from benchkit.telling.history.postgresql.link import Link
from tests.telling.history.runs import a_run

if TYPE_CHECKING:
    from psycopg import Connection

heavy = pytest.mark.heavy
LONG = 600.0
BLOCKED = """
    SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()
"""


def leases_of(url: str) -> Leases:
    return leasing(open_store(url))


def expire(url: str, group: str) -> None:
    """As if nothing had been heard of its holder for the time that it had asked for."""
    statement = "UPDATE lease SET expires = clock_timestamp() - interval '1 s' WHERE \"group\" = %s"
    Link(url).work(lambda connection: connection.execute(statement, (group,)))


@heavy
def test_a_group_is_held_by_one_box_until_its_time_is_over(database: str) -> None:
    """Another box gets it after that, as the next attempt; the first one then neither holds nor records."""
    leases = leases_of(database)
    first = leases.claim("night/qwen", "tower", LONG)
    assert first == Lease("night/qwen", 1, "tower")
    assert leases.claim("night/qwen", "laptop", LONG) is None
    assert leases.heartbeat(first, LONG)
    expire(database, "night/qwen")
    assert leases.groups()[0].state is LeaseState.LOST
    assert leases.heartbeat(first, LONG), "nobody else has claimed it: it is still the present attempt"
    expire(database, "night/qwen")
    second = leases.claim("night/qwen", "laptop", LONG)
    assert second == Lease("night/qwen", 2, "laptop")
    assert not leases.heartbeat(first, LONG)
    assert leases.append_if_current(a_run("of-the-first"), first) is Kept.REFUSED
    assert leases.append_if_current(a_run("of-the-second"), second) is Kept.RECORDED
    assert not leases.release(first, done=True)
    assert [run.id for run in open_store(database).runs()] == ["of-the-second"]


@heavy
def test_the_same_box_goes_on_after_a_reboot(database: str) -> None:
    """It claims its own group at once; its former process, should it still live, has lost it."""
    leases = leases_of(database)
    before = leases.claim("g", "tower", LONG)
    after = leases.claim("g", "tower", LONG)
    assert before is not None
    assert after == Lease("g", 2, "tower")
    assert not leases.heartbeat(before, LONG)
    assert leases.heartbeat(after, LONG)


@heavy
def test_what_is_done_is_never_claimed_again_and_what_is_given_back_is(database: str) -> None:
    """Releasing twice, as after a lost reply, is the same as once."""
    leases = leases_of(database)
    for group, whole in (("a", True), ("b", False)):
        lease = leases.claim(group, "tower", LONG)
        assert lease is not None
        assert leases.append_if_current(a_run(f"run-{group}"), lease) is Kept.RECORDED
        assert leases.release(lease, done=whole)
        assert leases.release(lease, done=whole)
        assert leases.append_if_current(a_run(f"late-{group}"), lease) is Kept.REFUSED
        assert leases.append_if_current(a_run(f"run-{group}"), lease) is Kept.RECORDED, "it was, before"
    assert leases.claim("a", "tower", LONG) is None
    assert leases.claim("b", "laptop", LONG) == Lease("b", 2, "laptop")
    done, open_again = leases.groups()
    assert (done.state, done.run_ids) == (LeaseState.DONE, ("run-a",))
    assert (open_again.state, open_again.run_ids) == (LeaseState.HELD, ("run-b",))
    assert 0 <= open_again.silent_s < LONG / 2 < open_again.left_s <= LONG
    assert [one.lease for one in leases.groups("a")] == [done.lease]


@heavy
def test_of_many_boxes_that_claim_at_once_one_gets_the_group(database: str) -> None:
    """Each over a connection of its own; when the time is over, one of them again, as the next attempt."""
    open_store(database).check()

    def claim(box: int) -> Lease | None:
        from benchkit.telling.history.postgresql import leases as statements

        link = Link(database)
        try:
            return link.work(lambda connection: statements.claim(connection, "g", f"box-{box}", LONG))
        finally:
            link.close()

    with ThreadPoolExecutor(8) as boxes:
        for attempt in range(1, 6):
            won = [lease for lease in boxes.map(claim, range(8 * attempt, 8 * attempt + 8)) if lease]
            assert [lease.attempt for lease in won] == [attempt]
            expire(database, "g")


@heavy
def test_an_append_that_waits_for_a_claim_is_decided_after_it(database: str) -> None:
    """A claim of another box is under way when the append comes: it waits, and finds itself too late."""
    leases = leases_of(database)
    first = leases.claim("g", "tower", LONG)
    assert first is not None
    expire(database, "g")
    other = Link(database)
    with ThreadPoolExecutor(1) as pool:

        def claim_slowly(connection: Connection[Any]) -> Kept:
            from benchkit.telling.history.postgresql import leases as statements

            with connection.transaction():
                assert statements.claim(connection, "g", "laptop", LONG)
                late = pool.submit(leases.append_if_current, a_run("late"), first)
                while connection.execute(BLOCKED).fetchone() != (1,):
                    assert not late.done()
            return late.result()

        assert other.work(claim_slowly) is Kept.REFUSED
    other.close()
    assert open_store(database).heads() == []


def test_a_history_of_one_box_has_no_leases(tmp_path: Path) -> None:
    """The message says which kind of history has."""
    with pytest.raises(UsageError, match="several boxes share one by --history postgresql://"):
        leasing(open_store(tmp_path / "h.json"))
