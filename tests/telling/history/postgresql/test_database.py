"""What is special about a history in PostgreSQL, against a real server."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from benchkit.errors import HistoryError
from benchkit.records import Run
from benchkit.telling.history import open_store, to_record
from benchkit.telling.history.postgresql.link import Link
from tests.loaded_interpreter import run_script
from tests.postgresql import Server
from tests.telling.history.kills import start_appender
from tests.telling.history.runs import a_run
from tests.telling.history.test_stores import typed

pytestmark = pytest.mark.heavy

VERDICTS = [
    {
        "task_id": "T/1",
        "sample": 0,
        "verdict": "passed",
        "difficulty": "easy",
        "tokens": 12,
        "request_s": 1.5,
    },
    {"task_id": "T/2", "sample": 0, "verdict": "wrong", "difficulty": "hard", "tokens": 20, "request_s": 2.5},
    {"task_id": "T/3", "sample": 0, "verdict": "infrastructure", "detail": "no toolchain\0"},
]
ANSWERS = [
    {
        "task_id": row["task_id"],
        "sample": 0,
        "prompt": [{"role": "user", "content": f"solve {row['task_id']}"}],
        "response": f"So:\n```python\nx = '{row['task_id']}'\n```",
        "cost": 0.25,
    }
    for row in VERDICTS
]


def run_with_folder(folder: Path, name: str = "with-folder") -> Run:
    """A run whose folder holds verdicts, answers, an attempt and logs."""
    place = folder / "runs" / name
    (place / "attempts" / "t1" / "files").mkdir(parents=True)
    for file, rows in (("verdicts.jsonl", VERDICTS), ("answers.jsonl", ANSWERS)):
        (place / file).write_text("".join(json.dumps(row) + "\n" for row in rows))
    (place / "attempts" / "t1" / "files" / "a.py").write_text("x = 1\n")
    (place / "attempts" / "t1" / "stdout.log").write_text("said\n")
    (place / "output.log").write_text("printed\n")
    return a_run(name, artifacts=str(place), results={"score": 50.0, "total_problems": 3, "total_passed": 1})


def rows(url: str, query: str) -> list[tuple[object, ...]]:
    found: list[tuple[object, ...]] = Link(url).work(lambda connection: connection.execute(query).fetchall())
    return found


def test_eight_first_starts_at_once_make_one_schema(database: str) -> None:
    """Each over a connection of its own; none of them fails."""

    def first_start(_: int) -> object:
        link = Link(database)
        try:
            return link.work(lambda connection: connection.execute("SELECT count(*) FROM run").fetchone())
        finally:
            link.close()

    with ThreadPoolExecutor(8) as starts:
        assert list(starts.map(first_start, range(8))) == [(0,)] * 8
    assert rows(database, "SELECT version FROM bench_runner_schema") == [(1,)]


def test_a_newer_schema_is_refused(database: str) -> None:
    """Nothing in it is touched, and the next step is named."""
    rows(database, "INSERT INTO bench_runner_schema VALUES (7) RETURNING version")
    with pytest.raises(HistoryError, match="it has schema 7, this version knows only 1: update bench_runner"):
        Link(database).work(lambda _: None)


def test_another_programs_database_is_refused(postgres_server: Server, database: str) -> None:
    """Its table stays as it is, and none of ours is made."""
    name = database.partition("?")[0].rpartition("/")[2]
    postgres_server.sql(name, "CREATE TABLE run (distance int)")
    with pytest.raises(HistoryError, match="it holds run of another program: name an empty database"):
        open_store(database).heads()
    assert postgres_server.sql(name, "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'") == "1"


def test_a_database_that_cannot_hold_all_texts_is_refused(postgres_server: Server) -> None:
    """It would fail at the first answer with such a character, in the middle of a night."""
    url = postgres_server.make_database("latin", "-T", "template0", "-E", "LATIN1", "--locale", "C")
    with pytest.raises(HistoryError, match="its encoding is LATIN1: make one with createdb --encoding UTF8"):
        open_store(url).heads()


def test_a_user_who_may_make_no_table_is_told_who_can(postgres_server: Server, database: str) -> None:
    """Without the line of our SQL that the server quotes."""
    name = database.partition("?")[0].rpartition("/")[2]
    postgres_server.sql(
        name, f"CREATE ROLE of_{name} LOGIN; REVOKE CREATE ON SCHEMA public FROM of_{name}, PUBLIC"
    )
    url = postgres_server.url(name, user=f"of_{name}")
    with pytest.raises(HistoryError, match="schema public: its owner can make the tables: createdb --owner"):
        open_store(url).heads()


def test_what_jsonb_cannot_hold_comes_back_to_the_letter(database: str) -> None:
    """A character 0, half a surrogate pair of a file's odd name, and what is no JSON at all."""
    odd = a_run("odd", model="m\0\udcff", error="e\0", config={"path": "/m/\udcff.gguf", "nan": float("nan")})
    store = open_store(database)
    store.append(odd)
    store.append(a_run("plain", config={"text": "a backslash \\u0000 that is none"}))
    again = open_store(database)
    assert [to_record(run) for run in again.runs()] == [to_record(odd), to_record(store.get("plain"))]
    assert to_record(again.get("odd"))["model"] == "m\0\udcff"
    assert again.get("plain").config.value("text") == "a backslash \\u0000 that is none"
    assert [head.id for head in again.heads()] == ["odd", "plain"]
    assert list(again.problems()) == []


def test_the_views_tell_what_the_specification_names(database: str, tmp_path: Path) -> None:
    """The columns by their names, from runs, verdicts and answers."""
    open_store(database).append(run_with_folder(tmp_path))
    assert rows(
        database, 'SELECT id, "timestamp"::text, total_tasks, completed_tasks FROM benchmark_runs'
    ) == [("with-folder", rows(database, "SELECT timestamptz '2026-01-01T10:00:00+01:00'::text")[0][0], 3, 2)]
    columns = "run_id, model_name, task_id, difficulty, prompt, generated_code, execution_result"
    found = rows(
        database, f"SELECT {columns}, score, response_time, tokens_used, cost FROM model_results ORDER BY id"
    )
    assert [str(one) for one in found[0]] == [
        *("with-folder", "qwen-7b", "T/1", "easy", "solve T/1", "x = 'T/1'", "passed"),
        *("100.0", "1.5", "12", "0.25"),
    ]
    assert [(row[6], row[7]) for row in found[1:]] == [("wrong", 0), ("infrastructure", None)]
    ranked = rows(
        database,
        "SELECT model_name, difficulty, avg_score, tasks_completed, total_cost, avg_response_time"
        " FROM rankings ORDER BY difficulty",
    )
    assert [tuple(map(str, row)) for row in ranked[:2]] == [
        ("qwen-7b", "easy", "100.0", "1", "0.25", "1.5"),
        ("qwen-7b", "hard", "0.0", "1", "0.25", "2.5"),
    ]


def test_figures_that_are_none_spoil_no_view(database: str, tmp_path: Path) -> None:
    """NaN, infinity and 1e300 tokens, as a broken harness writes them: they would be everybody's average."""
    run = run_with_folder(tmp_path)
    assert run.artifacts is not None
    odd = [
        {"tokens": 1e300, "request_s": float("nan"), "cost": float("inf")},
        {"tokens": 10, "request_s": 2.0, "cost": 0.5},
    ]
    lines = [
        {"task_id": f"T/{n}", "sample": 0, "verdict": "passed", "difficulty": "easy", **row}
        for n, row in enumerate(odd)
    ]
    (Path(run.artifacts) / "verdicts.jsonl").write_text("".join(json.dumps(row) + "\n" for row in lines))
    open_store(database).append(run)
    found = rows(database, "SELECT tokens_used, response_time, cost FROM model_results ORDER BY id")
    assert found == [(None, None, None), (10, 2.0, 0.5)]
    assert rows(database, "SELECT avg_response_time, total_cost FROM rankings") == [(2.0, 0.5)]


def test_the_small_files_of_a_run_are_read_on_any_box(database: str, tmp_path: Path) -> None:
    """Its folder is gone, as on another box; logs stayed there, and the message says so."""
    run = run_with_folder(tmp_path)
    open_store(database).append(run)
    assert run.artifacts is not None
    Path(run.artifacts).rename(tmp_path / "elsewhere")
    store = open_store(database)
    assert [row["verdict"] for row in store.verdicts(run)] == ["passed", "wrong", "infrastructure"]
    assert sorted(store.files(run).names) == ["answers.jsonl", "attempts/t1/files/a.py", "verdicts.jsonl"]
    with store.artifact(run, "attempts/t1/files/a.py") as file:
        assert file.read() == b"x = 1\n"
    with pytest.raises(FileNotFoundError, match="neither in postgresql://"):
        store.artifact(run, "output.log")


def test_four_writers_at_once_lose_nothing(database: str) -> None:
    """Processes of their own, as on four boxes; nor does anything come twice that is sent twice."""
    boxes = [start_appender(database, f"box{number}", 10) for number in range(4)]
    assert [box.wait() for box in boxes] == [0, 0, 0, 0]
    store = open_store(database)
    assert len(store.heads()) == len({head.id for head in store.heads()}) == 40
    store.append(store.runs()[0])
    assert len(store.heads()) == 40
    positions = [head.position for head in store.heads()]
    assert positions == sorted(set(positions))


def test_a_lost_connection_is_opened_again(database: str) -> None:
    """An administrator ends it, or a router forgets it: the next append goes through."""
    store = open_store(database)
    store.append(a_run("a"))
    rows(
        database,
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()",
    )
    store.append(a_run("b"))
    assert [head.id for head in store.heads()] == ["a", "b"]
    assert store.waiting() == []


def test_copies_differ_in_nothing(database: str, tmp_path: Path) -> None:
    """A file into the database and back: the same records, notes and files; once more does nothing."""
    file, back = str(tmp_path / "h.json"), str(tmp_path / "back" / "h.json")
    store = open_store(file)
    for run in (run_with_folder(tmp_path), a_run("plain", error="größer"), a_run("odd", model="m\0\udcff")):
        store.append(run)
    store.annotate("plain", "a note", ["night", "best"])
    for source, target in ((file, database), (database, back), (file, database)):
        done = typed("history", "copy", source, target)
        assert done.exception is None
    assert "0 of 3 runs added" in done.output
    assert "3 were there" in done.output

    def without_place(place: str) -> list[object]:
        return [to_record(replace(run, artifacts=None)) for run in open_store(place).runs()]

    assert without_place(file) == without_place(database) == without_place(back)
    assert open_store(back).notes() == store.notes()
    copied = open_store(back).get("with-folder")
    assert [row["verdict"] for row in open_store(back).verdicts(copied)] == [
        "passed",
        "wrong",
        "infrastructure",
    ]
    assert not (tmp_path / "back" / "runs" / "with-folder" / "output.log").exists()
    assert typed("history", "copy", file, back, "--logs").exception is None
    assert (tmp_path / "back" / "runs" / "with-folder" / "output.log").read_text() == "printed\n"
    for place in (file, database, back):
        checked = typed("history", "check", "--history", place)
        assert (checked.output, checked.return_value) == ("3 runs, no problems\n", 0)


def test_check_names_a_row_that_somebody_changed(database: str) -> None:
    """Lists are filtered by columns beside the record: they must say the same."""
    open_store(database).append(a_run("a"))
    rows(database, "UPDATE run SET score = 99 RETURNING 1")
    checked = typed("history", "check", "--history", database)
    assert "run a: its score differ from its record" in checked.output
    assert checked.return_value == 1


def test_every_reader_works_on_it(database: str, tmp_path: Path) -> None:
    """Whole commands in processes of their own."""
    from tests.telling.comparison.nights import worked_example

    for run in worked_example():
        open_store(database).append(run)
    environment = {"BENCH_HISTORY": database, "XDG_STATE_HOME": str(tmp_path / "state")}
    for words, told in (
        (["list"], "run-B"),
        (["compare", "run-A", "run-B"], "17 fixed, 8 broken"),
        (["leaderboard", "list"], "tier 1"),
        (["report", "--output", "r.html"], ""),
        (["status"], "no batch was started"),
        (["history", "check"], "2 runs, no problems"),
    ):
        done = run_script("bench_runner.py", *words, folder=tmp_path, env=environment)
        assert (done.returncode, told in done.stdout) == (0, True), f"{words}: {done.stdout}{done.stderr}"
