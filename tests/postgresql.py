"""A PostgreSQL server of the tests' own: an ordinary user's, on a unix socket in a temporary folder.

Without PostgreSQL or psycopg the tests that ask for it skip, and say which is missing.
"""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

import psutil
import pytest

HOST = "127.0.0.1"
QUICK = "-c fsync=off -c full_page_writes=off -c shared_buffers=64MB"
"""A test's database may be lost with the machine's power; everything else is as a server comes."""


def missing() -> str | None:
    """Why no server can be started here."""
    if find_spec("psycopg") is None:
        return "psycopg is not installed: make postgres"
    if programs() is None:
        return "PostgreSQL is not installed: sudo apt install postgresql"
    if os.geteuid() == 0 and ordinary_user() is None:
        return "PostgreSQL refuses to run as root, and there is no user 'postgres' or 'nobody'"
    return None


def programs() -> Path | None:
    """The folder of the newest server's programs; distributions keep them out of PATH."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: float(path.parts[4]))
    on_path = shutil.which("initdb")
    return found[-1].parent if found else Path(on_path).resolve().parent if on_path else None


def ordinary_user() -> str | None:
    known = {one.pw_name for one in pwd.getpwall()}
    return next((name for name in ("postgres", "nobody") if name in known), None)


class Server:
    """One server process; `url` names a database of it."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.data = folder, folder / "data"
        self._user = ordinary_user() if os.geteuid() == 0 else None
        if self._user is not None:
            shutil.chown(folder, self._user)

    def url(self, database: str, user: str = "bench") -> str:
        return f"postgresql://{user}@/{database}?host={self.folder}"

    def make(self) -> None:
        self._run("initdb", "-D", self.data, "-U", "bench", "-A", "trust", "-E", "UTF8", "--no-locale", "-N")

    def start(self, *, safe: bool = False, port: int | None = None) -> None:
        """With its settings as it comes where it is to be `safe`; with a port also over TCP, by password."""
        place = f"-c listen_addresses='{HOST if port else ''}' -k {self.folder}"
        options = place + (f" -p {port}" if port else "") + ("" if safe else f" {QUICK}")
        self._run("pg_ctl", "-D", self.data, "-w", "-l", self.folder / "log", "-o", options, "start")

    def ask_for_passwords(self, password: str) -> None:
        """Of who comes over TCP, once it is started again."""
        self.sql("postgres", f"ALTER USER bench PASSWORD '{password}'")
        (self.data / "pg_hba.conf").write_text(f"local all all trust\nhost all all {HOST}/32 scram-sha-256\n")

    def stop(self, how: str = "fast") -> None:
        self._run("pg_ctl", "-D", self.data, "-w", "-m", how, "stop")

    @contextmanager
    def silenced(self) -> Iterator[None]:
        """It takes connections and questions, and answers nothing; later it does."""
        first = psutil.Process(int((self.data / "postmaster.pid").read_text().split()[0]))
        frozen = [first]
        first.suspend()
        for process in first.children():
            process.suspend()
            frozen.append(process)
        try:
            yield
        finally:
            for process in frozen:
                process.resume()

    def make_database(self, name: str, *options: str) -> str:
        """Its URL."""
        self._run("createdb", "-h", self.folder, "-U", "bench", *options, name)
        return self.url(name)

    def sql(self, database: str, statement: str) -> str:
        """What psql prints of it, values alone."""
        return self._run(
            *("psql", "-h", self.folder, "-U", "bench", "-XAtq", "-v", "ON_ERROR_STOP=1"),
            *("-d", database, "-c", statement),
        ).strip()

    def is_ready(self, *arguments: str) -> None:
        """What pg_isready says."""
        self._run("pg_isready", *arguments)

    def _run(self, program: str, *arguments: str | Path) -> str:
        folder = programs()
        assert folder is not None
        words = [str(folder / program), *map(str, arguments)]
        done = subprocess.run(
            words,
            user=self._user,
            cwd=self.folder,
            env={"PATH": os.environ["PATH"], "LC_ALL": "C"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert done.returncode == 0, f"{words}: {done.stdout}{done.stderr}"
        return done.stdout


@contextmanager
def running_server(*, safe: bool = False) -> Iterator[Server]:
    """A server that lives as long as the block; the test skips where there can be none."""
    why = missing()
    if why is not None:
        pytest.skip(why)
    with tempfile.TemporaryDirectory(prefix="bench-pg-") as name:  # short: a socket's path may have 107 bytes
        folder = Path(name)
        server = Server(folder)
        server.make()
        server.start(safe=safe)
        try:
            yield server
        finally:
            server.stop("immediate")
