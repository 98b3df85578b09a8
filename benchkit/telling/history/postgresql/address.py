"""The URL of a database: what it must name, and what must not stand in it."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit, urlunsplit

from benchkit.errors import UsageError

SECRETS = ("password", "sslpassword")
"""Parameters of a URL that nobody may read in a log."""


def check_address(url: str) -> None:
    """UsageError for a URL without a database, or with a password, which the message does not repeat."""
    parts = urlsplit(url)
    asked = parse_qs(parts.query, keep_blank_values=True)
    if parts.password is not None or any(name in asked for name in SECRETS):
        raise UsageError(
            f"{without_secrets(url)}: a password in an address ends up in logs and in `ps`: leave it out"
            " and put PGPASSWORD=… into .env, or a line into ~/.pgpass"
        )
    if parts.path.strip("/") == "" and "dbname" not in asked:
        raise UsageError(f"{url} names no database: write postgresql://USER@HOST/DATABASE")


def without_secrets(url: str) -> str:
    """The URL without passwords and parameters, for people."""
    scheme, place, path, _, _ = urlsplit(url)
    person, at, host = place.rpartition("@")
    return urlunsplit((scheme, person.partition(":")[0] + at + host, path, "", ""))


def without_alias(url: str) -> str:
    """postgres:// is another way to write the same, which must not be another history."""
    return url.replace("postgres://", "postgresql://", 1) if url.startswith("postgres://") else url
