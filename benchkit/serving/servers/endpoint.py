"""Any OpenAI-compatible address that runs already: nothing is started, nothing is stopped."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from pathlib import Path
from threading import Event
from typing import Any

from benchkit.addresses import split_credentials, with_version
from benchkit.contract import Variable
from benchkit.errors import AccountEmpty, ServerBusy, ServerError, UsageError, WrongModel
from benchkit.providers.dialects import dialect_of
from benchkit.providers.keys import key_for_address
from benchkit.providers.limiter import Limiter, find_shared_pace
from benchkit.providers.listing import find_listed, models_of, not_listed
from benchkit.providers.lms import alone_in_memory
from benchkit.providers.names import provider_at, remote_model
from benchkit.providers.preset import Provider
from benchkit.providers.refusals import is_about_the_key
from benchkit.providers.table import LOCAL
from benchkit.records import ServerFacts, ServerRequest
from benchkit.replies import LONGEST_WISHED_PAUSE_S
from benchkit.serving.servers.base import EngineInfo, ShowLine
from benchkit.serving.servers.http import HttpReply, ask, no_answer, prove_token, refuse_unless_ok
from benchkit.serving.servers.running import Liveness, is_local, owners_of

KEY = Variable.API_KEY
KEY_LINE = re.compile(
    rf"""\s*(?:export\s+)?{KEY}\s*=\s*(?:(?P<quote>["'])(?P<quoted>.*?)(?P=quote)|(?P<bare>[^\s#"']\S*))"""
)
HOW_TO_GET = "start any OpenAI-compatible server, then --base-url URL"
ENDS_IN = "the address of an API usually ends in /v1"
ANSWER_S = 20.0
TRIES = 6  # of a server that is busy
FIRST_PAUSE_S = 1.0  # doubled each time, where the server asks for no other
KEPT = ("owned_by", "root", "quantization", "dtype", "pricing")  # of the model's entry in the list
CONTEXT_KEYS = ("max_model_len", "context_length", "max_context_length")  # vLLM, OpenRouter, others


class Endpoint:
    """Proves the address, the key and the model's name, and records what the server reports of itself."""

    def __init__(self, request: ServerRequest, report: ShowLine) -> None:
        self._request = request
        self._report = report
        self._base_url = normalized(request.base_url)
        self._provider = provider_at(request.provider, self._base_url)
        self._key = request.api_key or _key_for(request, self._provider)
        self._entry: dict[str, Any] = {}
        self._liveness: Liveness | None = None
        pace = find_shared_pace(split_credentials(self._base_url)[0])
        self._limiter = Limiter(shared=pace) if pace else None  # of the runs beside this one
        self._room = ExitStack()

    @staticmethod
    def engine(program: Path | None = None) -> EngineInfo:  # noqa: ARG004 - it is no program
        return EngineInfo("endpoint", "any OpenAI-compatible address", HOW_TO_GET, None)

    def start(self) -> None:
        """Nothing to start; LM Studio makes room for its model."""
        if self._request.provider:
            remote = remote_model(self._request.provider, self._request.name, self._base_url)
            self._room.enter_context(alone_in_memory(remote, self._report))

    @property
    def api_key(self) -> str | None:
        return self._key

    def ready(self) -> None:
        self._retry_while_busy(self._find_model)
        try:
            self._retry_while_busy(self._prove_token_in_turn)
        except ServerBusy as error:
            raise ServerError(f"{error}; it stayed so: try again later") from error
        except AccountEmpty:
            raise
        except ServerError as error:
            advice = (
                f"check the model's name, and the key in {self._variable} or .env" if self._entry else ENDS_IN
            )
            raise type(error)(f"{error}; {advice}") from error
        if is_local(self._base_url) and not self._is_hosted:
            self._liveness = Liveness("the endpoint", f"{self._base_url}/models", self._key)

    def describe(self) -> ServerFacts:
        further = {key: self._entry[key] for key in KEPT if self._entry.get(key) is not None}
        if self._provider is not LOCAL:
            further["provider"] = self._provider.name
        props = self._get_beside_v1("props")  # llama.cpp's
        settings = props.get("default_generation_settings") or {}
        context = settings.get("n_ctx") or next(filter(None, map(self._entry.get, CONTEXT_KEYS)), None)
        return ServerFacts(
            kind="endpoint",
            base_url=self._base_url,
            model=self._request.name,
            version=self._get_beside_v1("version").get("version")
            or props.get("build_info"),  # vLLM's and others'
            pids=owners_of(self._base_url),
            context_per_slot=context if isinstance(context, int) else None,
            slots=props.get("total_slots"),
            further=further,
        )

    def silent_s(self) -> None:
        """Its counters are not ours to read."""

    def failure(self) -> ServerError | None:
        """A remote address is not asked for signs of life: that can cost money, and the script will tell."""
        return self._liveness.failure() if self._liveness else None

    def stop(self) -> bool:
        with suppress(ServerError):
            self._room.close()
        return False

    def _retry_while_busy(self, ask_it: Callable[[], None]) -> None:
        """Again while the server is only busy: the run would ask again as well."""
        for attempt in range(TRIES):
            try:
                return ask_it()
            except ServerBusy as error:
                pause = FIRST_PAUSE_S * 2**attempt if error.wait_s is None else error.wait_s
                if attempt + 1 == TRIES or pause > LONGEST_WISHED_PAUSE_S:
                    raise
                if self._limiter is None or not error.rate_limited:  # else it waits for its turn
                    self._report(f"{error}; asking again in {pause:.0f} s")
                    time.sleep(pause)
        return None

    def _prove_token_in_turn(self) -> None:
        """At the pace that the provider allows all runs together, of which this question is one more."""
        if self._limiter is None:
            return self._prove_token()
        turn = self._limiter.wait(Event())
        try:
            self._prove_token()
        except ServerBusy as error:
            if error.rate_limited:
                self._limiter.note_refusal(turn, error.wait_s)
            raise
        return self._limiter.note_answer()

    def _prove_token(self) -> None:
        prove_token(self._base_url, self._request.name, self._key, provider=self._provider)

    @property
    def _variable(self) -> str:
        return self._request.key_variable or self._provider.key_variable

    @property
    def _is_hosted(self) -> bool:
        """At a known provider, wherever its address leads to."""
        return self._provider is not LOCAL and not self._provider.is_local

    def _find_model(self) -> None:
        """Look up the model's entry in the server's list; none where the server keeps no list."""
        if not self._provider.lists_models:
            return
        url = f"{self._base_url}/models"
        self._report(f"asking {url}")
        listing = self._base_url + dialect_of(self._provider).models_path()
        try:
            reply = ask(listing, timeout=ANSWER_S, key=self._key, provider=self._provider)
        except OSError as error:
            raise ServerError(f"{no_answer(url, error, ANSWER_S)}; is it running there?") from error
        if reply.status == 404:
            return
        entries = _list_of(reply, url, self._variable, self._key)
        entry = find_listed(self._request.name, entries, self._provider)
        if entry is None and not self._provider.takes_any_name:
            message = not_listed(self._request.name, entries, self._provider)
            advice = "give one of these names" if entries else "load a model there first"
            raise WrongModel(f"{url} has {message}; {advice}")
        self._entry = dict(entry or {})

    def _get_beside_v1(self, path: str) -> dict[str, Any]:
        """The server's reply at an address beside its /v1; empty where it has no such address."""
        if self._is_hosted:
            return {}
        with suppress(OSError):
            reply = ask(f"{self._base_url.removesuffix('/v1')}/{path}", timeout=ANSWER_S, key=self._key)
            body = reply.json() if reply.ok else None
            return body if isinstance(body, dict) else {}
        return {}


def normalized(url: str | None) -> str:
    """The address up to and without the slash before `chat/completions`; a bare host means its /v1."""
    if not url:
        raise UsageError("an endpoint needs its address: --base-url URL")
    address = with_version(url)
    if address is None:
        raise UsageError(f"--base-url {url} is no address: it looks like http://localhost:8000/v1")
    return address


def _key_for(request: ServerRequest, provider: Provider) -> str | None:
    if request.key_variable:
        return os.environ.get(request.key_variable)
    if request.provider:
        return None if provider is LOCAL else os.environ.get(provider.key_variable)
    return key_for_address(provider, {**os.environ, KEY: find_key() or ""})


def find_key(folder: Path | None = None) -> str | None:
    """The key from the environment, or else from .env in the working folder."""
    if os.environ.get(KEY):
        return os.environ[KEY]
    try:
        text = ((folder or Path.cwd()) / ".env").read_text(encoding="utf-8-sig", errors="replace")
    except OSError:
        return None
    match = next((match for line in text.splitlines() if (match := KEY_LINE.match(line))), None)
    return (match["quoted"] or match["bare"]) if match else None


def _list_of(reply: HttpReply, url: str, variable: str, key: str | None) -> list[dict[str, Any]]:
    if is_about_the_key(reply.status, reply.text()):
        advice = f"wants a key: set {variable}, or write it into .env"
        reason = f"refuses the key in {variable} or .env" if key else advice
        raise ServerError(f"{url} {reason} ({reply.status}: {reply.message()})")
    refuse_unless_ok(reply, url, f"{url} answers {reply.status}")
    entries = models_of(reply.json())
    if entries is None:
        what = "a web page" if reply.body.lstrip()[:1] == b"<" else "no list of models"
        raise ServerError(f"{url} answers with {what}: {ENDS_IN}")
    return entries
