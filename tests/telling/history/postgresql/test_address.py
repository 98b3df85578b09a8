"""What the URL of a database must name, and what must not stand in it; nothing here needs a server."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from benchkit.errors import MissingDependency, UsageError
from benchkit.telling.history import open_store
from tests.telling.history.test_stores import typed


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://me:pa55@box/runs",
        "postgresql://box/runs?password=pa55",
        "postgres://me:pa55@box:5432/runs?sslmode=require&sslpassword=pa55",
    ],
)
def test_a_password_in_a_url_is_refused_and_not_repeated(url: str) -> None:
    """It would stand in logs and in `ps`; the message tells where it belongs."""
    refused = str(typed("list", "--history", url).exception)
    assert "leave it out and put PGPASSWORD=… into .env, or a line into ~/.pgpass" in refused
    assert "pa55" not in refused
    assert "box" in refused


@pytest.mark.parametrize(
    "secret", ["pa#55", "pa/55", "pa?55", "12/55", "12?55", "pa?55=x", "pa[55", "12?x&pa55", "pa@55/x"]
)
def test_a_password_with_marks_of_a_url_is_not_repeated_either(secret: str) -> None:
    """Such a mark ends the host's part of the URL, so that the password's rest looked like a path."""
    refused = str(typed("list", "--history", f"postgresql://me:{secret}@box/runs").exception)
    assert "put PGPASSWORD=… into .env" in refused
    assert "55" not in refused
    assert refused.startswith("postgresql://me:…: ")


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://box:5432/runs?user=me@work",
        "postgresql://box:5432/?dbname=runs&user=me@work",
        "postgresql://me@[::1]:5432/runs?application_name=a@b",
        "postgresql://box/runs?application_name=a:b@c",
    ],
)
def test_an_at_sign_in_a_parameter_is_no_password(url: str) -> None:
    """Names of users may hold one."""
    open_store(url)


def test_a_url_that_is_none_is_refused_in_one_line() -> None:
    """It was reported as a bug of ours."""
    assert "is no URL (Invalid IPv6 URL): write postgresql://USER@HOST/DATABASE" in str(
        typed("list", "--history", "postgresql://[::1/runs").exception
    )


@pytest.mark.parametrize("url", ["postgresql://box", "postgresql://box/", "postgresql:///?host=/tmp"])
def test_a_url_must_name_a_database(url: str) -> None:
    """libpq would take the user's name for it, which nobody means."""
    with pytest.raises(UsageError, match="names no database: write postgresql://USER@HOST/DATABASE"):
        open_store(url)


@pytest.mark.parametrize("url", ["postgresql:/box/runs", "postgres:runs", "csv:/home/me/runs.csv"])
def test_a_url_with_too_few_slashes_is_no_file_of_that_name(url: str) -> None:
    """A history in a file of that odd name would be begun, and the night's results be nowhere else."""
    refused = typed("list", "--history", url).exception
    assert isinstance(refused, UsageError)
    assert f"{url}: an address of a history begins with {url.partition(':')[0]}://" in str(refused)


@pytest.mark.parametrize(
    "url", ["postgresql://box:abc/runs", "postgresql://box/runs?port=5432,x", "postgresql://a:1,b:99999/runs"]
)
def test_a_port_that_is_no_number_is_wrong_usage(url: str) -> None:
    """No server was asked; libpq would look for a host of that name first."""
    pytest.importorskip("psycopg")
    with pytest.raises(UsageError, match=r"port (abc|x|99999) is no number from 1 to 65535"):
        open_store(url).heads()


def test_both_names_of_the_scheme_are_one_history() -> None:
    """What waits for one of them waits for the other."""
    assert open_store("postgres://box/runs").place == open_store("postgresql://box/runs").place


def test_without_psycopg_the_command_that_brings_it_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only when such a history is looked at: until then nobody needs it."""
    monkeypatch.setitem(sys.modules, "psycopg", None)
    store = open_store("postgresql://box/runs")
    with pytest.raises(
        MissingDependency, match=r"psycopg is not installed: .* -m pip install .*/locks/postgres\.lock$"
    ):
        store.heads()


def test_copying_from_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    """It is a typing error more likely than an empty history; TO is not looked at."""
    refused = typed("history", "copy", str(tmp_path / "no.json"), "postgresql://box/runs").exception
    assert isinstance(refused, UsageError)
    assert str(refused).endswith("no.json holds no runs: there is nothing to copy")


def test_the_environment_names_the_history(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """BENCH_HISTORY stands for --history in every command; what is typed wins over it."""
    monkeypatch.setenv("BENCH_HISTORY", "postgresql://box")
    assert "names no database" in str(typed("list").exception)
    assert typed("list", "--history", str(tmp_path / "h.json")).exception is None


def test_a_parameter_that_libpq_does_not_know_is_wrong_usage() -> None:
    """No server was asked, so nothing has failed."""
    pytest.importorskip("psycopg")
    with pytest.raises(UsageError, match='invalid URI query parameter: "foo"'):
        open_store("postgresql://box/runs?foo=1").heads()
