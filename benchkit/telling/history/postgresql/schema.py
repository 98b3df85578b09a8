"""The tables and views, made once and brought up to date; a newer or foreign database is refused."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from benchkit.errors import HistoryError

if TYPE_CHECKING:
    from psycopg import Connection

LOCK = 0x62656E63685F7231
"""Whoever makes or changes the tables holds this advisory lock, so that of eight first starts one does it."""

_FIRST = (
    """
    CREATE TABLE run (
        id text COLLATE "C" PRIMARY KEY,
        box text NOT NULL,
        sequence bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
        added timestamptz NOT NULL DEFAULT now(),
        record jsonb NOT NULL,
        exact json,
        lease_group text COLLATE "C",
        attempt integer,
        "timestamp" text COLLATE "C" NOT NULL,
        benchmark text COLLATE "C" NOT NULL,
        model text COLLATE "C" NOT NULL,
        status text COLLATE "C" NOT NULL,
        problems text COLLATE "C",
        searched text COLLATE "C" NOT NULL,
        error text,
        total_passed double precision,
        total_problems double precision,
        family text COLLATE "C",
        quantization text COLLATE "C",
        gpu_layers text COLLATE "C",
        size_bytes double precision,
        score double precision,
        time_taken double precision,
        tokens_per_second double precision,
        vram_mb double precision,
        moment double precision NOT NULL,
        model_folded text COLLATE "C" NOT NULL,
        family_folded text COLLATE "C" NOT NULL,
        benchmark_folded text COLLATE "C" NOT NULL
    )
    """,
    # The records lie elsewhere, so that what lists need of 100,000 runs is read quickly.
    "ALTER TABLE run SET (toast_tuple_target = 128)",
    """COMMENT ON COLUMN run.exact IS 'the record to the letter, where jsonb cannot hold it: a character 0 or
       half a surrogate pair stands in it'""",
    """
    CREATE INDEX run_by_latest ON run (status, benchmark, model, problems, moment DESC, sequence DESC)
    """,
    "CREATE INDEX run_by_model ON run (model)",
    "CREATE INDEX run_by_group ON run (lease_group) WHERE lease_group IS NOT NULL",
    """
    CREATE TABLE note (
        run text COLLATE "C" PRIMARY KEY REFERENCES run ON DELETE CASCADE,
        note text NOT NULL,
        tags text[] NOT NULL
    )
    """,
    """
    CREATE TABLE verdict (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        run text COLLATE "C" NOT NULL REFERENCES run ON DELETE CASCADE,
        task text COLLATE "C" NOT NULL,
        sample integer NOT NULL,
        verdict text NOT NULL,
        difficulty text,
        prompt text,
        code text,
        detail text,
        seconds double precision,
        tokens double precision,
        cost double precision
    )
    """,
    "CREATE INDEX verdict_by_run ON verdict (run, task, sample)",
    """
    CREATE TABLE attempt_file (
        run text COLLATE "C" NOT NULL REFERENCES run ON DELETE CASCADE,
        name text COLLATE "C" NOT NULL,
        content bytea NOT NULL,
        PRIMARY KEY (run, name)
    )
    """,
    """
    CREATE TABLE lease (
        "group" text COLLATE "C" PRIMARY KEY,
        attempt integer NOT NULL,
        box text NOT NULL,
        claimed timestamptz NOT NULL,
        heartbeat timestamptz NOT NULL,
        expires timestamptz NOT NULL,
        outcome text CHECK (outcome IN ('done', 'given back'))
    )
    """,
    """
    CREATE VIEW benchmark_runs AS
    SELECT
        run.id,
        CASE WHEN moment > -62000000000 THEN to_timestamp(moment) END AS "timestamp",
        total_problems::bigint AS total_tasks,
        CASE WHEN judged.tasks IS NOT NULL THEN judged.tasks
             WHEN status = 'ok' THEN total_problems::bigint END AS completed_tasks
    FROM run LEFT JOIN (
        SELECT run, count(DISTINCT task) AS tasks FROM verdict WHERE verdict <> 'infrastructure' GROUP BY run
    ) AS judged ON judged.run = run.id
    """,
    """
    CREATE VIEW model_results AS
    SELECT
        verdict.id,
        verdict.run AS run_id,
        run.model AS model_name,
        verdict.task AS task_id,
        verdict.difficulty,
        verdict.prompt,
        verdict.code AS generated_code,
        verdict.verdict AS execution_result,
        CASE verdict.verdict
            WHEN 'passed' THEN 100 WHEN 'infrastructure' THEN NULL ELSE 0
        END::float8 AS score,
        verdict.seconds AS response_time,
        verdict.tokens::bigint AS tokens_used,
        verdict.cost,
        CASE WHEN moment > -62000000000 THEN to_timestamp(moment) END AS "timestamp"
    FROM verdict JOIN run ON run.id = verdict.run
    """,
    """
    CREATE VIEW rankings AS
    SELECT
        model_name,
        difficulty,
        avg(score) AS avg_score,
        count(score) AS tasks_completed,
        sum(cost) AS total_cost,
        avg(response_time) AS avg_response_time
    FROM model_results
    GROUP BY model_name, difficulty
    """,
)

VERSIONS = (_FIRST,)
"""What brings a database from each version to the next; the number of the last is this program's."""

_OURS = ("run", "note", "verdict", "lease", "attempt_file", "benchmark_runs", "model_results", "rankings")


def prepare(connection: Connection[Any]) -> None:
    """Make the tables or bring them up to date; HistoryError for a database that this program cannot use."""
    if _version(connection) == len(VERSIONS):
        return
    with connection.transaction():
        connection.execute("SELECT pg_advisory_xact_lock(%s)", (LOCK,))
        version = _version(connection)
        if version > len(VERSIONS):
            raise HistoryError(
                f"it has schema {version}, this version knows only {len(VERSIONS)}: update bench_runner"
            )
        if version == 0:
            _refuse_what_is_not_ours(connection)
            connection.execute(
                "CREATE TABLE bench_runner_schema"
                " (version integer PRIMARY KEY, since timestamptz NOT NULL DEFAULT now())"
            )
        for number, statements in enumerate(VERSIONS[version:], version + 1):
            for statement in statements:
                connection.execute(statement)
            connection.execute("INSERT INTO bench_runner_schema (version) VALUES (%s)", (number,))


def _version(connection: Connection[Any]) -> int:
    """0 where there are no tables yet."""
    if not _present(connection, ["bench_runner_schema"]):
        return 0
    query = "SELECT coalesce(max(version), 0) FROM bench_runner_schema"
    (version,) = connection.execute(query).fetchone() or (0,)
    return int(version)


def _present(connection: Connection[Any], names: Sequence[str]) -> list[str]:
    """Those that are there, asked from the catalog itself: to_regclass may tell what was so a moment ago."""
    query = """
        SELECT relname FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
        WHERE relname = ANY (%s) AND nspname = ANY (current_schemas(false)) ORDER BY relname
    """
    return [name for (name,) in connection.execute(query, (list(names),))]


def _refuse_what_is_not_ours(connection: Connection[Any]) -> None:
    if foreign := _present(connection, _OURS):
        raise HistoryError(
            f"it holds {', '.join(foreign)} of another program: name an empty database (createdb NAME)"
        )
    (encoding,) = connection.execute("SHOW server_encoding").fetchone() or ("",)
    if encoding != "UTF8":
        raise HistoryError(f"its encoding is {encoding}: make one with createdb --encoding UTF8 NAME")
