"""Any OpenAI-compatible address that runs already: nothing is started, nothing is stopped."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable
from contextlib import suppress
from difflib import get_close_matches
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from benchkit.addresses import host_of
from benchkit.contract import Variable
from benchkit.errors import ServerBusy, ServerError, UsageError, WrongModel
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
NAMES_SHOWN = 8
TRIES = 6  # of a server that is busy
FIRST_PAUSE_S = 1.0  # doubled each time, where the server asks for no other
KEPT = ("owned_by", "root", "quantization", "dtype", "pricing")  # of the model's entry in the list
CONTEXT_KEYS = ("max_model_len", "context_length", "max_context_length")  # vLLM, OpenRouter, others


class Endpoint:
    """Proves the address, the key and the model's name, and records what the server tells of itself."""

    def __init__(self, request: ServerRequest, report: ShowLine) -> None:
        self._request = request
        self._report = report
        self._base_url = normalized(request.base_url)
        self._key = request.api_key or find_key()
        self._entry: dict[str, Any] = {}
        self._liveness: Liveness | None = None

    @staticmethod
    def engine(program: Path | None = None) -> EngineInfo:  # noqa: ARG004 - it is no program
        return EngineInfo("endpoint", "any OpenAI-compatible address", HOW_TO_GET, None)

    def start(self) -> None:
        """Nothing to start."""

    @property
    def api_key(self) -> str | None:
        return self._key

    def ready(self) -> None:
        self._patiently(self._find_model)
        try:
            self._patiently(lambda: prove_token(self._base_url, self._request.name, self._key))
        except ServerBusy as error:
            raise ServerError(f"{error}; it stayed so: try again later") from error
        except ServerError as error:
            advice = f"check --name, and the key in {KEY} or .env" if self._entry else ENDS_IN
            raise type(error)(f"{error}; {advice}") from error
        if is_local(self._base_url):
            self._liveness = Liveness("the endpoint", f"{self._base_url}/models", self._key)

    def describe(self) -> ServerFacts:
        further = {key: self._entry[key] for key in KEPT if self._entry.get(key) is not None}
        props = self._beside("props")  # llama.cpp's
        settings = props.get("default_generation_settings") or {}
        context = settings.get("n_ctx") or next(filter(None, map(self._entry.get, CONTEXT_KEYS)), None)
        return ServerFacts(
            kind="endpoint",
            base_url=self._base_url,
            model=self._request.name,
            version=self._beside("version").get("version") or props.get("build_info"),  # vLLM's and others'
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
        return False

    def _patiently(self, ask_it: Callable[[], None]) -> None:
        """Again while the server is only busy: the run would ask again as well."""
        for attempt in range(TRIES):
            try:
                return ask_it()
            except ServerBusy as error:
                pause = FIRST_PAUSE_S * 2**attempt if error.wait_s is None else error.wait_s
                if attempt + 1 == TRIES or pause > LONGEST_WISHED_PAUSE_S:
                    raise
                self._report(f"{error}; asking again in {pause:.0f} s")
                time.sleep(pause)
        return None

    def _find_model(self) -> None:
        """Look up the model's entry in the server's list; none where the server keeps no list."""
        url = f"{self._base_url}/models"
        self._report(f"asking {url}")
        try:
            reply = ask(url, timeout=ANSWER_S, key=self._key)
        except OSError as error:
            raise ServerError(f"{no_answer(url, error, ANSWER_S)}; is it running there?") from error
        if reply.status == 404:
            return
        found = _list_of(reply, url, self._key)
        self._entry = _named(self._request.name, found, url)

    def _beside(self, path: str) -> dict[str, Any]:
        """What the server tells at an address beside its /v1; nothing where it does not know the address."""
        with suppress(OSError):
            reply = ask(f"{self._base_url.removesuffix('/v1')}/{path}", timeout=ANSWER_S, key=self._key)
            found = reply.json() if reply.ok else None
            return found if isinstance(found, dict) else {}
        return {}


def normalized(url: str | None) -> str:
    """The address up to and without the slash before `chat/completions`; a bare host means its /v1."""
    if not url:
        raise UsageError("an endpoint needs its address: --base-url URL")
    stripped = url.strip().rstrip("/").removesuffix("/chat/completions")
    if not host_of(stripped):
        raise UsageError(f"--base-url {url} is no address: it looks like http://localhost:8000/v1")
    return stripped if urlsplit(stripped).path else f"{stripped}/v1"


def find_key(folder: Path | None = None) -> str | None:
    """The key from the environment, or else from .env in the working folder."""
    if os.environ.get(KEY):
        return os.environ[KEY]
    try:
        text = ((folder or Path.cwd()) / ".env").read_text(encoding="utf-8-sig", errors="replace")
    except OSError:
        return None
    found = next((found for line in text.splitlines() if (found := KEY_LINE.match(line))), None)
    return (found["quoted"] or found["bare"]) if found else None


def _list_of(reply: HttpReply, url: str, key: str | None) -> list[dict[str, Any]]:
    if reply.status in (401, 403):
        advice = f"wants a key: set {KEY}, or write it into .env"
        told = f"refuses the key in {KEY} or .env" if key else advice
        raise ServerError(f"{url} {told} ({reply.status}: {reply.message()})")
    refuse_unless_ok(reply, url, f"{url} answers {reply.status}")
    found = reply.json()
    entries = found.get("data") if isinstance(found, dict) else None
    if not isinstance(entries, list):
        what = "a web page" if reply.body.lstrip()[:1] == b"<" else "no list of models"
        raise ServerError(f"{url} answers with {what}: {ENDS_IN}")
    return [entry for entry in entries if isinstance(entry, dict)]


def _named(name: str, entries: list[dict[str, Any]], url: str) -> dict[str, Any]:
    by_id = {str(entry.get("id")): entry for entry in entries}
    base = name.partition(":")[0]  # OpenRouter takes variants that it does not list: model:nitro
    found = by_id.get(name) or (by_id.get(base) if "openrouter" in url else None)
    if found is None:
        near = get_close_matches(name, by_id, n=NAMES_SHOWN, cutoff=0.3) or sorted(by_id)[:NAMES_SHOWN]
        more = f" and {len(by_id) - len(near)} more" if len(by_id) > len(near) else ""
        raise WrongModel(
            f"{url} has no model {name}: it has {', '.join(near) or 'none'}{more}; choose with --name"
        )
    return found
