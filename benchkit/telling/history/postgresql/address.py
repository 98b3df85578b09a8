"""The URL of a database: what it must name, and what must not stand in it."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit, urlunsplit

from benchkit.errors import UsageError

SECRETS = ("password", "sslpassword")
"""Parameters of a URL that nobody may read in a log."""
NO_PASSWORD = (
    "a password in an address ends up in logs and in `ps`: leave it out"
    " and put PGPASSWORD=… into .env, or a line into ~/.pgpass"
)
FORM = "write postgresql://USER@HOST/DATABASE"


def check_address(url: str) -> None:
    """UsageError for a URL without a database, or with a password, which the message does not repeat."""
    if _is_cut_by_password(url):
        place = url.partition("://")[2]
        shown = f"{url.partition('://')[0]}://{place.partition(':')[0]}:…"
        raise UsageError(f"{shown}: {NO_PASSWORD}")
    try:
        parts = urlsplit(url)
    except ValueError as error:  # such as a bracket that is never closed
        raise UsageError(f"{url} is no URL ({error}): {FORM}") from None
    asked = {name.lower() for name in parse_qs(parts.query, keep_blank_values=True)}
    if parts.password is not None or not asked.isdisjoint(SECRETS):
        raise UsageError(f"{without_secrets(url)}: {NO_PASSWORD}")
    if parts.path.strip("/") == "" and "dbname" not in asked:
        raise UsageError(f"{url} names no database: {FORM}")


def check_ports(url: str, ports: str) -> None:
    """UsageError for a port that can be none; `ports` as libpq reads them from the URL, one a host."""
    for port in filter(None, ports.split(",")):
        if not (port.isascii() and port.isdecimal() and 0 < int(port) < 1 << 16):
            raise UsageError(f"history {url}: port {port} is no number from 1 to 65535: {FORM}")


def _is_cut_by_password(url: str) -> bool:
    """Whether its password holds one of / ? # [ as it is: then the host's part ends there, and the password's
    rest and the @ after it count as something else."""
    place, end, rest = _at_first_of("/?#[", url.partition("://")[2])
    person, at, _ = rest.rpartition("@")
    if not at or ":" not in place.partition("@")[0]:
        return False
    port = place.rpartition(":")[2]
    is_parameter = "?" in end + person and "=" in person.rpartition("&")[2]
    return not (is_parameter and (port == "" or port.isdecimal()))


def _at_first_of(marks: str, text: str) -> tuple[str, str, str]:
    """What stands before the first of them, that mark, and the rest."""
    at = next((position for position, mark in enumerate(text) if mark in marks), len(text))
    return text[:at], text[at : at + 1], text[at + 1 :]


def without_secrets(url: str) -> str:
    """The URL without passwords and parameters, for people."""
    scheme, place, path, _, _ = urlsplit(url)
    person, at, host = place.rpartition("@")
    return urlunsplit((scheme, person.partition(":")[0] + at + host, path, "", ""))


def without_alias(url: str) -> str:
    """postgres:// is another way to write the same, which must not be another history."""
    return url.replace("postgres://", "postgresql://", 1) if url.startswith("postgres://") else url
