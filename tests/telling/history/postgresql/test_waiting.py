"""A database that cannot be reached, is full or read-only stops nothing: what it misses waits and follows."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from benchkit.errors import HistoryError, StoreUnavailable
from benchkit.running.batch.loop import _known
from benchkit.running.batch.state import EntryState, StateJournal
from benchkit.telling.history import open_store
from benchkit.telling.history.leases import Kept, leasing
from benchkit.telling.history.postgresql import link, silence
from benchkit.telling.history.postgresql import store as store_module
from benchkit.telling.history.postgresql.spool import Spool, all_spools
from tests.loaded_interpreter import run_script
from tests.postgresql import Server, running_server
from tests.support import F16
from tests.telling.history.runs import a_run

pytestmark = pytest.mark.heavy

FULL = """
    CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION 'could not extend file' USING ERRCODE = 'disk_full'; END $$;
    CREATE TRIGGER full_disk BEFORE INSERT ON run EXECUTE FUNCTION full_disk()
"""
"""What a server says whose disk is full, at the same statement."""


@pytest.fixture(autouse=True)
def own_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One batch a machine is the rule: each test is a machine of its own."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.fixture(scope="module")
def own_server() -> Iterator[Server]:
    """One that these tests may stop."""
    with running_server() as server:
        yield server


@pytest.fixture
def place(own_server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A history that this box has worked with."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setattr(store_module, "NEXT_TRY_S", 0.0)
    name = f"waiting_{os.urandom(6).hex()}"
    url = own_server.make_database(name)
    store = open_store(url)
    store.check()
    store.append(a_run("before"))
    return url


def name_in(url: str) -> str:
    return url.partition("?")[0].rpartition("/")[2]


def stop(server: Server, _name: str) -> None:
    server.stop()


def start(server: Server, _name: str) -> None:
    server.start()


def fill(server: Server, name: str) -> None:
    server.sql(name, FULL)


def empty(server: Server, name: str) -> None:
    server.sql(name, "DROP TRIGGER full_disk ON run")


def forbid(server: Server, name: str) -> None:
    server.sql("postgres", f"ALTER DATABASE {name} SET default_transaction_read_only = on")
    disconnect(server, name)


def allow(server: Server, name: str) -> None:
    server.sql("postgres", f"ALTER DATABASE {name} RESET default_transaction_read_only")
    disconnect(server, name)


def disconnect(server: Server, name: str) -> None:
    server.sql("postgres", f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'")


Fault = Callable[[Server, str], None]


@pytest.mark.parametrize(
    ("begin", "end", "said"),
    [
        (stop, start, "No such file or directory"),
        (fill, empty, "could not extend file"),
        (forbid, allow, "it may only be read"),
    ],
    ids=["unreachable", "full", "read-only"],
)
def test_records_wait_and_follow_by_themselves(
    place: str, own_server: Server, capfd: pytest.CaptureFixture[str], begin: Fault, end: Fault, said: str
) -> None:
    """Two appends meanwhile; the first reader afterwards sees them, in their order, each once."""
    store = open_store(place)
    begin(own_server, name_in(place))
    try:
        store.check()
        store.append(a_run("x"))
        store.append(a_run("y"))
        told = capfd.readouterr().err
        assert (said in told, told.count("follow by themselves")) == (True, 1)
        assert all_spools() == {place: 2}
        assert [run.id for run in store.waiting()] == ["x", "y"]
    finally:
        end(own_server, name_in(place))
    assert [head.id for head in open_store(place).heads()] == ["before", "x", "y"]
    assert all_spools() == {}
    assert store.waiting() == []


def test_a_database_that_says_nothing_any_more_is_not_waited_for(
    place: str, own_server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It takes connections, too, as one does whose machine hangs; once it goes on, what waited follows."""
    monkeypatch.setattr(silence, "SILENT_S", 0.5)
    monkeypatch.setattr(silence, "LOOKS_EVERY_S", 0.2)
    monkeypatch.setattr(silence, "ANSWERS_WITHIN_S", 2)
    monkeypatch.setitem(link.PATIENCE, "connect_timeout", "2")
    link._links.clear()
    store = open_store(place)
    store.check()
    with own_server.silenced():
        store.append(a_run("meanwhile"))
        assert [run.id for run in Spool(place).runs()] == ["meanwhile"]
    assert [run.id for run in store.runs()] == ["before", "meanwhile"]
    assert not Spool(place).path.exists()


def test_what_waits_belongs_to_the_history_where_that_can_only_be_read(
    place: str, own_server: Server
) -> None:
    """A batch that goes on with a read-only database must not ask again what waits for it."""
    store = open_store(place)
    forbid(own_server, name_in(place))
    try:
        store.append(a_run("x"))
        assert [head.id for head in store.heads()] == ["before", "x"]
        assert [run.id for run in store.runs()] == ["before", "x"]
        assert store.get("x").id == "x"
    finally:
        allow(own_server, name_in(place))


def test_one_that_was_sent_before_a_crash_changes_nothing_the_second_time(place: str) -> None:
    """The process died between the database's word and the file's."""
    store = open_store(place)
    store.append(a_run("x"))
    Spool(place).put(a_run("x"), None)
    store.append(a_run("y"))
    assert [head.id for head in store.heads()] == ["before", "x", "y"]
    assert store.waiting() == []
    assert not Spool(place).refused.exists()


def test_another_run_under_an_id_is_not_lost(place: str, capfd: pytest.CaptureFixture[str]) -> None:
    """Appended at once or after a wait, it is kept beside what waits, and the database keeps the first."""
    store = open_store(place)
    store.append(a_run("before", model="second"))
    assert "it holds another run before; this one's record is in" in capfd.readouterr().err
    Spool(place).put(a_run("before", model="third"), None)
    assert [head.model for head in store.heads()] == ["qwen-7b"]
    assert [run.model for run in open_store(Spool(place).refused).runs()] == ["second", "third"]
    assert store.waiting() == []


def test_a_record_that_waits_with_a_lease_keeps_to_it(place: str, own_server: Server) -> None:
    """Two boxes were cut off; the group of one went to another box meanwhile, whose record counts."""
    leases = leasing(open_store(place))
    kept, lost = leases.claim("kept", "tower", 600), leases.claim("lost", "tower", 0.0)
    assert kept is not None
    assert lost is not None
    fill(own_server, name_in(place))
    assert leases.append_if_current(a_run("of-kept"), kept) is Kept.WAITING
    assert leases.append_if_current(a_run("of-lost"), lost) is Kept.WAITING
    assert leases.claim("lost", "laptop", 600) is not None
    empty(own_server, name_in(place))
    assert [head.id for head in open_store(place).heads()] == ["before", "of-kept"]
    assert all_spools() == {}
    assert [run.id for run in open_store(Spool(place).refused).runs()] == ["of-lost"]
    assert open_store(place).get("of-kept").further == {}


def test_an_address_that_was_never_reached_is_refused(own_server: Server, place: str) -> None:
    """A wrong host, a database that is not there: said before hours of work, and nothing is put aside."""
    for url in (own_server.url("nowhere"), place.replace(str(own_server.folder), "/nonexistent")):
        with pytest.raises(HistoryError, match="nothing was ever recorded there from this box"):
            open_store(url).check()
        with pytest.raises(StoreUnavailable):
            open_store(url).heads()
    assert all_spools() == {}


def test_a_copy_into_a_database_that_is_away_ends_and_promises_nothing(
    place: str, own_server: Server, tmp_path: Path
) -> None:
    """What is copied is in its history already: none of it waits, so nobody is told that it follows."""
    source = tmp_path / "h.json"
    open_store(source).append(a_run("x"))
    own_server.stop()
    try:
        words = ("history", "copy", source, place)
        state = {"XDG_STATE_HOME": str(tmp_path / "state")}
        refused = run_script("bench_runner.py", *words, folder=tmp_path, env=state)
    finally:
        own_server.start()
    assert (refused.returncode, refused.stderr.count("\n")) == (1, 1)
    assert f"history {place}: " in refused.stderr
    assert "follow by themselves" not in refused.stderr
    assert all_spools() == {}


def test_a_night_goes_on_while_the_database_is_away(place: str, own_server: Server, tmp_path: Path) -> None:
    """A batch starts and ends without it; status and doctor tell what waits; then the history has it all."""
    environment = {"BENCH_HISTORY": place, "XDG_STATE_HOME": str(tmp_path / "state")}

    def typed(*words: str | Path) -> subprocess.CompletedProcess[str]:
        return run_script("bench_runner.py", *words, folder=tmp_path, env=environment)

    plan = tmp_path / "plan.yaml"
    plan.write_text(
        f"models: [{F16}]\nbenchmarks: [demo]\n"
        "defaults: {server: xllamacpp, temperature: 0.0, max_tokens: 60, args: [--limit, '1']}\n"
    )
    own_server.stop()
    try:
        batch = typed("batch", plan)
        assert batch.returncode == 0, batch.stdout + batch.stderr
        assert "follow by themselves" in batch.stderr
        assert f"runs on this box that wait until {place} takes them: 1" in typed("status").stdout
        open_store(place).append(a_run("a-single-run"))
        told = json.loads(typed("status", "--json").stdout)
        assert [row["waits_for_store"] for row in told] == [True, True]
        assert [row["run_id"] for row in told][1:] == ["a-single-run"]
        assert f"2 runs wait here for {place}" in typed("doctor").stdout
        refused = typed("list")
        assert (refused.returncode, refused.stderr.count("\n")) == (1, 1)
        assert "Traceback" not in refused.stderr
    finally:
        own_server.start()
    assert [head.model for head in open_store(place).heads()] == ["qwen-7b", "demo-f16", "qwen-7b"]
    again = typed("batch", plan)
    assert again.returncode == 0, again.stdout + again.stderr
    assert len(open_store(place).heads()) == 3, "what is done is done"
    assert "wait" not in typed("status").stdout
    assert [row.get("waits_for_store") for row in json.loads(typed("status", "--json").stdout)] == [None]


def test_an_interrupted_run_goes_on_under_another_id_while_the_database_is_away(
    place: str, own_server: Server
) -> None:
    """The database may have its id: the finished run would be another one under it."""
    journal = StateJournal(place)
    states = [
        EntryState("done", "A", "demo", state="ok", run_id="of-done"),
        EntryState("cut", "B", "demo", state="interrupted", run_id="of-cut", folder="runs/of-cut"),
    ]
    journal.plan(states)
    for one in states:
        journal.run(one)
    own_server.stop()
    try:
        state, runs = _known(place, print)
    finally:
        own_server.start()
    assert [(one.run_id, one.folder) for one in state.of_the_plan()] == [
        ("of-done", None),
        (None, "runs/of-cut"),
    ]
    assert runs == []


def test_a_batch_does_not_begin_with_an_address_that_was_never_reached(
    own_server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A night of records would wait for a database that there is not."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    plan = tmp_path / "plan.yaml"
    plan.write_text(f"models: [{F16}]\nbenchmarks: [demo]\ndefaults: {{server: xllamacpp}}\n")
    words = ("batch", plan, "--history", own_server.url("nowhere"))
    refused = run_script("bench_runner.py", *words, folder=tmp_path)
    assert refused.returncode == 1
    assert "nothing was ever recorded there from this box: mend the address" in refused.stderr
    assert all_spools() == {}


def test_a_password_is_in_no_log_and_no_record(own_server: Server, tmp_path: Path) -> None:
    """It comes from .env; a wrong one is refused in one line that does not repeat it."""
    own_server.make_database("guarded")
    own_server.sql(
        "guarded", "CREATE ROLE keeper LOGIN PASSWORD 'pa55-word'; GRANT ALL ON SCHEMA public TO keeper"
    )
    access = own_server.data / "pg_hba.conf"
    access.write_text(f"local guarded keeper scram-sha-256\n{access.read_text()}")
    own_server.sql("postgres", "SELECT pg_reload_conf()")
    url = own_server.url("guarded", user="keeper")
    environment = {"BENCH_HISTORY": url, "XDG_STATE_HOME": str(tmp_path / "state")}

    def typed(*words: str | Path) -> subprocess.CompletedProcess[str]:
        return run_script("bench_runner.py", *words, folder=tmp_path, env=environment)

    for wrong in ("", "PGPASSWORD=another-pa55\n"):
        (tmp_path / ".env").write_text(wrong)
        refused = typed("history", "check")
        assert (refused.returncode, refused.stderr.count("\n")) == (1, 1)
        assert "pa55" not in refused.stderr
        assert ("no password supplied: put PGPASSWORD=… into .env" in refused.stderr) == (not wrong)
    (tmp_path / ".env").write_text("PGPASSWORD=pa55-word\n")
    words = ("--model", F16, "--benchmark", "demo", "--server", "xllamacpp", "--temperature", "0.0")
    done = typed(*words, "--max-tokens", "60", "--limit", "1")
    assert done.returncode == 0, done.stderr
    assert "recorded as" in done.stderr
    left = [done.stdout, done.stderr, typed("show", "--help").stdout, typed("list", "--json").stdout]
    left += [
        path.read_text(errors="replace")
        for path in tmp_path.rglob("*")
        if path.is_file() and path.name != ".env"
    ]
    assert "pa55-word" not in "\n".join(left)
