"""Dask.distributed as it is used here: mutual TLS only, nothing unpickled, no plain port, no chatter.

Its scheduler knows which boxes there are and notices lost ones; its workers listen and take messages. Both
answer to a short list of operations of plain JSON: those that run what a message brings are taken out.
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NoReturn

from benchkit.errors import MissingDependency, UsageError
from benchkit.pip_commands import install_extra

if TYPE_CHECKING:
    from benchkit.link.certificates import Credentials

DEFAULT_PORT = 8786
CONNECT_S = 10.0
LOST_AFTER_S = 5.0  # without a sign of life from a box, which gives several a second
SCHEME = "tls://"
SETTINGS = {
    "distributed.comm.timeouts.connect": f"{CONNECT_S}s",
    "distributed.comm.timeouts.tcp": "20s",
    "distributed.comm.retry.count": 0,
    "distributed.worker.memory.target": False,
    "distributed.worker.memory.spill": False,
    "distributed.worker.memory.pause": False,
    "distributed.worker.memory.terminate": False,
    "distributed.worker.profile.enabled": False,
    "distributed.admin.system-monitor.gil.enabled": False,
    "distributed.admin.system-monitor.disk": False,
    "distributed.admin.system-monitor.interval": "1h",  # nobody asks for it, and it walks over all open files
    "distributed.admin.tick.interval": "1s",  # how late its event loop is: 50 times a second as it comes
    "distributed.scheduler.work-stealing": False,
    "distributed.scheduler.events-cleanup-delay": "1s",  # of lost boxes; as it comes an hour
}


@contextmanager
def needs_extra() -> Iterator[None]:
    """Imports of the optional libraries stand within it."""
    try:
        yield
    except ImportError as error:
        name = (error.name or "Dask.distributed").partition(".")[0]
        raise MissingDependency(f"{name}, which a cluster needs,", install_extra("cluster")) from None


def prepare() -> None:
    """Load the library, and set it up for this process: once, before anything listens or connects."""
    with needs_extra():
        import dask
        import distributed
        from distributed.protocol import pickle

        from benchkit.link import connections
    dask.config.set(SETTINGS)
    connections.install()
    pickle.loads = _refuse_to_unpickle
    warnings.filterwarnings("ignore", module="distributed")  # of an address that is not used
    warnings.filterwarnings("ignore", message="Creating scratch directories")  # on a busy machine
    warnings.filterwarnings("ignore", "Creating scratch directories")  # told of a caller elsewhere
    for chatty in ("distributed", "tornado", "tornado.application"):
        logging.getLogger(chatty).setLevel(logging.CRITICAL + 1)
    assert distributed


def _refuse_to_unpickle(*_arguments: Any, **_further: Any) -> NoReturn:
    raise ValueError("a message that runs code is refused")


def security_of(credentials: Credentials) -> Any:
    """Every connection shows a certificate of this cluster and asks for one."""
    from distributed.security import Security

    certificate, key = str(credentials.certificate), str(credentials.key)
    roles = {
        f"tls_{role}_{part}": value
        for role in ("client", "worker", "scheduler")
        for part, value in (("cert", certificate), ("key", key))
    }
    return Security(require_encryption=True, tls_ca_file=str(credentials.authority), **roles)


def keep_only(server: Any, operations: Iterable[str], streamed: Iterable[str]) -> None:
    """Of what one of the library's servers can be asked; a version of it may lack some of these."""
    for kind, names in (("handlers", operations), ("stream_handlers", streamed)):
        known = getattr(server, kind)
        setattr(server, kind, {name: known[name] for name in names if name in known})


def head_address(text: str) -> tuple[str, int]:
    """Host and port of what a person typed: HOST, HOST:PORT, [IPV6]:PORT."""
    from urllib.parse import urlsplit

    scheme, _, rest = text.rpartition("://")
    wrong = f"{text}: it is no address of a head: give HOST or HOST:PORT"
    if scheme not in ("", "tls"):
        raise UsageError(f"{wrong}; every connection of a cluster is tls" if scheme == "tcp" else wrong)
    try:
        parts = urlsplit(f"//{rest}")
        host, port = parts.hostname, parts.port
    except ValueError:
        raise UsageError(wrong) from None
    further = parts.path or parts.query or parts.fragment
    if not host or further or parts.username is not None or port == 0 or not _is_host(host):
        raise UsageError(wrong)
    return host, port or DEFAULT_PORT


def _is_host(name: str) -> bool:
    """Whether the resolver can be asked for it at all."""
    try:
        name.encode("idna")
    except UnicodeError:
        return False
    return not any(letter.isspace() for letter in name)


def as_url(host: str, port: int) -> str:
    return f"{SCHEME}[{host}]:{port}" if ":" in host else f"{SCHEME}{host}:{port}"
