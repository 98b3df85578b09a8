"""An endpoint: the models that it serves, its number of slots, and the connections to it."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import count
from typing import TYPE_CHECKING, Any

from benchkit.addresses import basic_authorization, host_of, is_own_network, split_credentials
from benchkit.asking.client.bodies import read_error, read_whole
from benchkit.asking.client.failures import Refusal, RequestFailure, failure_of
from benchkit.asking.client.patience import Patience
from benchkit.contract import Variable
from benchkit.errors import EndpointError, UsageError
from benchkit.masking import MASK
from benchkit.providers.dialects import dialect_of
from benchkit.providers.listing import find_listed, models_of, not_listed
from benchkit.providers.preset import Provider
from benchkit.providers.table import LOCAL

if TYPE_CHECKING:
    import requests

CONNECT_S, QUICK_S = 10.0, 30.0
LOADS_WITHIN_S = 1800
LARGEST_DOCUMENT = 16 << 20  # bytes; the longest list of models, with all their facts, is under 1 MB
TOO_LONG = f"it is longer than {LARGEST_DOCUMENT >> 20} MB, or takes longer than {{:g}} s"
RETRIES_OF_THE_OPTIONAL = 2
REPORTED_PAUSE_S = 2.0
MODEL_FACTS = ("n_params", "size", "n_vocab", "n_embd")  # of a model's `meta`; the rest changes by itself
REMOTE_REQUESTS = 4  # for an address that does not tell its slots; a server on this machine gets one


@dataclass(frozen=True)
class JsonReply:
    """The reply to a GET: its status, and the body where it is JSON."""

    status: int
    content: Any = None
    failure: Exception | None = None  # what a status other than 200 stands for


class Endpoint:
    """An OpenAI-compatible endpoint; each thread that asks keeps one connection alive."""

    def __init__(
        self,
        base_url: str,
        api_key: str | None = None,
        patience: Patience = Patience(),  # noqa: B008 - frozen
        say: Callable[[str], None] = lambda _line: None,
        provider: Provider = LOCAL,
    ) -> None:
        base_url, self._login = split_credentials(base_url)
        host = host_of(base_url)
        if host is None:
            raise UsageError(f"--base-url {base_url!r} is no address such as http://127.0.0.1:8080/v1")
        if api_key and not api_key.isascii():
            raise UsageError(f"{Variable.API_KEY} holds characters that no key has: is it the right one?")
        self.base_url = base_url.rstrip("/")
        self.root = self.base_url.removesuffix("/v1")
        self._is_local = is_own_network(host)
        self._api_key, self._patience, self._say = api_key, patience, say
        self._own = threading.local()
        self.provider, self.dialect = provider, dialect_of(provider)

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
        key = None if self._login else self._api_key
        request.headers.update(self.dialect.headers(key))
        if self._login is not None:  # typed as part of this very address
            request.headers["Authorization"] = basic_authorization(*self._login)
        return request

    def hide(self, text: str) -> str:
        """The text with the API key masked: some servers repeat it in their messages."""
        return text.replace(self._api_key, MASK) if self._api_key and self._api_key in text else text

    def wait_until_loaded(self) -> None:
        """llama.cpp's server accepts connections while it loads its model; others have no /health."""
        if self._is_hosted:
            return
        deadline, announced = time.monotonic() + LOADS_WITHIN_S, False
        while self._get(f"{self.root}/health").status == 503:
            if time.monotonic() > deadline:
                raise EndpointError(
                    f"the server at {self.base_url} is still loading after {LOADS_WITHIN_S} s"
                )
            if not announced:
                self._say("the server is still loading its model; waiting")
            announced = True
            time.sleep(0.5)

    @cached_property
    def models(self) -> list[dict[str, Any]]:
        """The models that the server lists; empty where it has no such list."""
        return models_of(self._listing.content) or []

    @cached_property
    def _listing(self) -> JsonReply:
        return self._document(self.base_url + self.dialect.models_path(), self._patience)

    def model(self, name: str | None) -> str:
        """The model's name in requests: the given one, or that of the only model served."""
        if name is not None:
            self._refuse_unknown(name)
            return name
        served = [row["id"] for row in self.models]
        if len(served) == 1:
            return str(served[0])
        if served:
            raise UsageError(f"--model is missing: {self.base_url} serves {', '.join(served[:20])}")
        failure = self._listing.failure
        if failure is None or self._listing.status == 404:
            raise UsageError(f"--model is missing, and {self.base_url} does not say what it serves")
        if isinstance(failure, EndpointError):
            raise failure
        raise EndpointError(f"--model is missing, and {self.base_url}/models does not tell it: {failure}")

    def _refuse_unknown(self, name: str) -> None:
        """Known providers list their models, so a typing error is found early; others are sent any name."""
        provider = self.provider
        if not provider.lists_models or provider.takes_any_name or provider is LOCAL:
            return
        if isinstance(self._listing.failure, EndpointError):
            raise self._listing.failure
        if self.models and find_listed(name, self.models, provider) is None:
            message = not_listed(name, self.models, provider)
            raise UsageError(f"{self.base_url} has {message}; choose with --model")

    def identity(self, model: str) -> dict[str, Any]:
        """The server's facts that distinguish this model from others of the same name."""
        facts = self.facts_of(model)
        return {"name": model, "url": None if facts else self.base_url, **facts}

    def facts_of(self, model: str) -> dict[str, Any]:
        """What the server tells of this model's size; empty where it tells nothing."""
        served = self.models
        named = [row for row in served if row["id"] == model]
        row = next(iter(named or served[: len(served) == 1]), {})  # an only model is meant by any name
        meta = row.get("meta")
        return {name: meta[name] for name in MODEL_FACTS if name in meta} if isinstance(meta, Mapping) else {}

    def slots(self) -> tuple[int, str]:
        """How many requests it works on at once, and where that number comes from."""
        if self._is_hosted:
            return REMOTE_REQUESTS, f"{self.provider.title} tells no slots; --parallel N asks more or fewer"
        props = self._document(f"{self.root}/props", self._brief_patience).content
        if isinstance(props, dict) and isinstance(props.get("total_slots"), int) and props["total_slots"] > 0:
            return props["total_slots"], "the server's slots"
        slots = self._document(f"{self.root}/slots", self._brief_patience).content
        if isinstance(slots, list) and slots:
            return len(slots), "the server's slots"
        if self._is_local:
            return 1, "the server does not tell its slots; --parallel N asks more at once"
        return (
            REMOTE_REQUESTS,
            "a remote server that does not tell its slots; --parallel N asks more or fewer",
        )

    @property
    def _is_hosted(self) -> bool:
        """Whether it is a hosted provider, which has none of llama.cpp's routes and never loads a model."""
        return self.provider is not LOCAL and not self.provider.is_local

    @property
    def _brief_patience(self) -> Patience:
        """For optional routes: some servers answer them with an error however often they are asked."""
        return replace(self._patience, retries=min(self._patience.retries, RETRIES_OF_THE_OPTIONAL))

    def _document(self, url: str, patience: Patience) -> JsonReply:
        """Fetch a small JSON document; retry while the server is busy."""
        for attempt in count(1):
            document = self._get(url)
            failure = document.failure if isinstance(document.failure, RequestFailure) else None
            pause = patience.pause_after(failure, attempt) if failure else None
            if pause is None:
                return document
            if pause > REPORTED_PAUSE_S:
                self._say(f"{document.failure}; asking again in {pause:.0f} s")
            time.sleep(pause)
        raise AssertionError("the last attempt always ends the loop")

    def _get(self, url: str) -> JsonReply:
        import requests

        try:
            with self.session.get(
                url, timeout=(CONNECT_S, QUICK_S), stream=True, allow_redirects=False
            ) as response:
                if response.status_code != 200:
                    return JsonReply(response.status_code, failure=failure_of(self.refusal(response)))
                body = read_whole(response, LARGEST_DOCUMENT, QUICK_S)
        except requests.RequestException as error:
            raise EndpointError(
                f"nobody answers at {self.base_url}: is the server running? ({innermost_reason(error)})"
            ) from None
        if body is None:
            return JsonReply(200, failure=RequestFailure(TOO_LONG.format(QUICK_S), tries=1))
        try:
            return JsonReply(200, json.loads(body))
        except (ValueError, RecursionError):
            return JsonReply(200)

    def refusal(self, response: requests.Response) -> Refusal:
        """The content of a reply with a status other than 200."""
        return Refusal(
            response.status_code,
            self.hide(read_error(response)),
            response.headers,
            response.url,
            self.provider.reset_headers,
            self.provider.key_variable,
        )


def innermost_reason(error: Exception) -> str:
    """The innermost reason of a connection error, without the layers around it."""
    seen: BaseException = error
    while (inner := seen.__cause__ or seen.__context__) is not None and inner is not seen:
        seen = inner
    text = getattr(seen, "strerror", None) or str(seen) or type(seen).__name__
    return " ".join(str(text).split())[:120]
