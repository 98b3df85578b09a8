"""The address that is asked: what it serves, how many requests at once, and the connections to it."""

from __future__ import annotations

import ipaddress
import threading
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from benchkit.addresses import host_of
from benchkit.contract import Variable
from benchkit.errors import EndpointError, UsageError

if TYPE_CHECKING:
    import requests

CONNECT_S, QUICK_S = 10.0, 30.0
LOADS_WITHIN_S = 1800
TOLD_BY_SERVER = ("n_params", "size", "n_vocab", "n_embd")  # of a model's `meta`; the rest changes by itself
REMOTE_REQUESTS = 4  # for an address that does not tell its slots; a server on this machine gets one


class Endpoint:
    """An OpenAI-compatible endpoint; each thread that asks keeps one connection alive."""

    def __init__(self, base_url: str, api_key: str | None = None) -> None:
        host = host_of(base_url)
        if host is None:
            raise UsageError(f"--base-url {base_url!r} is no address such as http://127.0.0.1:8080/v1")
        if api_key and not api_key.isascii():
            raise UsageError(f"{Variable.API_KEY} holds characters that no key has: is it the right one?")
        self.base_url = base_url.rstrip("/")
        self.root = self.base_url.removesuffix("/v1")
        self._is_local = _is_local(host)
        self._api_key = api_key
        self._own = threading.local()

    @property
    def session(self) -> requests.Session:
        """This thread's session."""
        if not hasattr(self._own, "session"):
            self._own.session = self._new_session()
        session: requests.Session = self._own.session
        return session

    def _new_session(self) -> requests.Session:
        import requests

        session = requests.Session()
        session.trust_env = not self._is_local  # a proxy is for addresses outside
        session.auth = self._authorize  # an auth of its own, or requests would prefer one from ~/.netrc
        session.headers["Accept-Encoding"] = "identity"  # a compressed stream would be held back
        return session

    def _authorize(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        if self._api_key:
            request.headers["Authorization"] = f"Bearer {self._api_key}"
        return request

    def wait_until_loaded(self, say: Callable[[str], None]) -> None:
        """llama.cpp's server takes connections while it loads its model; others have no /health."""
        deadline, told = time.monotonic() + LOADS_WITHIN_S, False
        while self._get(f"{self.root}/health").status_code == 503:
            if time.monotonic() > deadline:
                raise EndpointError(
                    f"the server at {self.base_url} is still loading after {LOADS_WITHIN_S} s"
                )
            if not told:
                say("the server is still loading its model; waiting")
            told = True
            time.sleep(0.5)

    def models(self) -> list[dict[str, Any]]:
        """What the server says it serves; empty where it does not say."""
        listing = self._quick(f"{self.base_url}/models")
        rows = listing.get("data") if isinstance(listing, dict) else None
        return [row for row in rows or () if isinstance(row, dict) and isinstance(row.get("id"), str)]

    def model(self, name: str | None) -> str:
        """The name to ask for: the person's, or that of the only model there is."""
        if name is not None:
            return name
        served = [row["id"] for row in self.models()]
        if len(served) == 1:
            return str(served[0])
        if not served:
            raise UsageError(f"--model is missing, and {self.base_url} does not say what it serves")
        raise UsageError(f"--model is missing: {self.base_url} serves {', '.join(served[:20])}")

    def identity(self, model: str) -> dict[str, Any]:
        """What tells this model from others of the same name, as far as the server says."""
        served = self.models()
        named = [row for row in served if row["id"] == model]
        row = next(iter(named or served[: len(served) == 1]), {})  # an only model is meant by any name
        meta = row.get("meta")
        told = (
            {name: meta[name] for name in TOLD_BY_SERVER if name in meta} if isinstance(meta, Mapping) else {}
        )
        return {"name": model, "url": None if told else self.base_url, **told}

    def slots(self) -> tuple[int, str]:
        """How many requests it can work on at once, and how that is known."""
        props = self._quick(f"{self.root}/props")
        if isinstance(props, dict) and isinstance(props.get("total_slots"), int) and props["total_slots"] > 0:
            return props["total_slots"], "the server's slots"
        slots = self._quick(f"{self.root}/slots")
        if isinstance(slots, list) and slots:
            return len(slots), "the server's slots"
        if self._is_local:
            return 1, "the server does not tell its slots; --parallel N asks more at once"
        return (
            REMOTE_REQUESTS,
            "a remote server that does not tell its slots; --parallel N asks more or fewer",
        )

    def _quick(self, url: str) -> Any:
        """A small JSON document, or None where the server has none there."""
        reply = self._get(url)
        try:
            return reply.json() if reply.ok else None
        except ValueError:
            return None

    def _get(self, url: str) -> requests.Response:
        import requests

        try:
            return self.session.get(url, timeout=(CONNECT_S, QUICK_S))
        except requests.RequestException as error:
            raise EndpointError(
                f"nobody answers at {self.base_url}: is the server running? ({why(error)})"
            ) from None


def _is_local(host: str) -> bool:
    """This machine or its own network."""
    try:
        return ipaddress.ip_address(host).is_private
    except ValueError:
        return host == "localhost" or "." not in host


def why(error: Exception) -> str:
    """The innermost reason of a connection error, without the layers around it."""
    seen: BaseException = error
    while (inner := seen.__cause__ or seen.__context__) is not None and inner is not seen:
        seen = inner
    text = getattr(seen, "strerror", None) or str(seen) or type(seen).__name__
    return " ".join(str(text).split())[:120]
