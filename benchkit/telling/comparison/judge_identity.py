"""Who a judge is: the file by its content, else the address and the model's name there.

A name alone tells nobody: two servers may call two models by one name, and a file may be replaced by another
quantization under the same name.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from benchkit.contract import JudgeRun
from benchkit.providers.names import provider_of_url
from benchkit.providers.table import LOCAL
from benchkit.records import Run

LOOPBACK = ("127.0.0.1", "localhost", "::1")
MACHINE = ("box", "cpu", "gpu", "ram_mb")
"""What tells one machine from another in a record: `localhost` is another server on each."""
OF_SERVER = ("root", "quantization", "dtype")
"""What a server's list of models tells of a model beside its name, where it tells it."""


@dataclass(frozen=True)
class JudgeIdentity:
    """Equal ones are one judge, as far as their records tell."""

    name: str
    sha256: str | None = None  # of a file
    endpoint: str = ""  # `host:port/path` of an address, without user and password; empty for a file
    machine: tuple[Any, ...] = ()  # of an address on the machine itself
    facts: Mapping[str, Any] = field(default_factory=dict)  # what the server told of its model

    @property
    def host(self) -> str:
        """`host:port`"""
        return self.endpoint.partition("/")[0]

    @property
    def label(self) -> str:
        """A provider's model is named by its provider; any other address is told."""
        known = self.endpoint and provider_of_url(f"https://{self.endpoint}") is not LOCAL
        return f"{self.name} at {self.host}" if self.endpoint and not known else self.name

    def difference(self, other: JudgeIdentity) -> str:
        """What the other one is, in words, where it is not this judge; empty where it is."""
        if self.name != other.name:
            return f"another model, {other.name}"
        if self.sha256 != other.sha256:
            return "another file"
        if self.sha256 is not None:
            return ""
        if not other.endpoint:
            return "a model whose place its record does not tell"
        if self.endpoint != other.endpoint:
            return f"the model at {other.endpoint}"
        if self.machine != other.machine:
            return f"the model at {other.endpoint} of another machine"
        shared = self.facts.keys() & other.facts.keys()
        if odd := sorted(name for name in shared if self.facts[name] != other.facts[name]):
            return f"another model of this name at {other.endpoint} (other {', '.join(odd)})"
        return ""


def identity_of(run: Run) -> JudgeIdentity:
    """Of a judging run, or of a judge's check."""
    sha256 = run.model_file.sha256
    if sha256 is not None or run.config.path:
        return JudgeIdentity(run.model, sha256)
    endpoint, is_own = _endpoint(run.config.base_url or run.server.base_url or "")
    machine = tuple(run.machine.value(name) for name in MACHINE) if is_own else ()
    return JudgeIdentity(run.model, None, endpoint, machine, _facts(run))


def _endpoint(url: str) -> tuple[str, bool]:
    """Without scheme, login and query; and whether it is an address of the machine itself."""
    parts = urlsplit(url if "://" in url else f"//{url}")
    place = parts.netloc.rpartition("@")[2].casefold()
    try:
        host, port = parts.hostname or "", parts.port
    except ValueError:
        host, port = "", None
    if host in LOOPBACK:
        place = f"localhost:{port}" if port else "localhost"
    return f"{place}{parts.path.rstrip('/')}", host in LOOPBACK


def _facts(run: Run) -> dict[str, Any]:
    listed, served = run.server.value("further"), told_by(run).get(JudgeRun.SERVED)
    known = (
        {name: listed[name] for name in OF_SERVER if name in listed} if isinstance(listed, Mapping) else {}
    )
    return known | (dict(served) if isinstance(served, Mapping) else {})


def told_by(run: Run) -> Mapping[str, Any]:
    """What a judging run, or a judge's check, has of it in its record."""
    recorded = (run.results.script_further or {}).get(JudgeRun.FURTHER)
    return recorded if isinstance(recorded, Mapping) else {}
