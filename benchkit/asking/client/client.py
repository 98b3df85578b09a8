"""One question to one answer: the request, its limits and its retries."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Any

from benchkit.asking.client.bodies import reader
from benchkit.asking.client.budget import budget_of
from benchkit.asking.client.endpoint import CONNECT_S, Endpoint, innermost_reason
from benchkit.asking.client.failures import (
    ContextExceeded,
    Overlong,
    ParameterRefused,
    Refusal,
    RequestFailure,
    failure_of,
)
from benchkit.asking.client.partial_answer import PartialAnswer
from benchkit.asking.client.patience import Patience
from benchkit.asking.client.prompts import with_prefill
from benchkit.asking.client.stream import events
from benchkit.asking.script.base import Answer, Question
from benchkit.asking.script.events import Heartbeat
from benchkit.asking.script.flags import Sampling
from benchkit.endings import LENGTH
from benchkit.errors import EndpointError
from benchkit.providers.limiter import Limiter
from benchkit.providers.parameters import Parameters

if TYPE_CHECKING:
    import requests

MOST_CHANGES = 8  # of one request's parameters, refusal by refusal
ONE_AFTER_ANOTHER = "the server refuses one parameter after the other"


class _Changed(Exception):
    """The server rejected a parameter: the question can be asked again without it."""


class Client:
    """Asks an endpoint for one model's answers; safe from several threads."""

    def __init__(
        self,
        endpoint: Endpoint,
        model: str,
        sampling: Sampling,
        patience: Patience,
        say: Callable[[str], None] = lambda _line: None,
        shared_pace: Path | None = None,
        heartbeat: Heartbeat | None = None,
    ) -> None:
        self._endpoint, self._model = endpoint, model
        self._sampling, self._patience = sampling, patience
        self._limiter, self._say = Limiter(shared=shared_pace), say
        self._heartbeat = heartbeat or Heartbeat()
        self._reported_changes: set[str] = set()
        self.parameters = Parameters(endpoint.provider, model)

    def ask(self, question: Question, stopping: Event) -> Answer:
        """The model's answer; one with a `failure` where the server gave none after all retries."""
        tries = sent = changes = 0
        while True:
            sent, tries = sent + 1, tries + 1
            try:
                answer = self._in_turn(question, stopping)
                whole = with_prefill(question.prompt, answer.response)
                return replace(answer, response=whole, tries=sent)
            except ContextExceeded as error:
                return Answer(finish_reason=LENGTH, tries=sent, note=f"prompt beyond the context: {error}")
            except _Changed:
                tries, changes = tries - 1, changes + 1
                if changes > MOST_CHANGES:
                    return self._given_up(RequestFailure(ONE_AFTER_ANOTHER), tries, sent)
            except RequestFailure as failure:
                pause = self._pause_after(failure, tries)
                if pause is None or stopping.wait(pause):
                    return self._given_up(failure, tries, sent)
                tries -= failure.rate_limited

    def _pause_after(self, failure: RequestFailure, tries: int) -> float | None:
        """A rate limit uses up no retry while other questions are answered: the limiter waits."""
        patience = self._patience
        if failure.rate_limited and (failure.wait_s or 0.0) <= patience.longest_wished_pause_s:
            return None if self._limiter.unanswered_s > patience.unanswered_s else 0.0
        return patience.pause_after(failure, tries)

    def _in_turn(self, question: Question, stopping: Event) -> Answer:
        """Ask once, at the rate that the provider allows."""
        turn = self._limiter.wait(stopping)
        if stopping.is_set():
            raise RequestFailure("the run ended before the answer did", tries=1)
        body = self._body(question)
        try:
            answer = self._ask_once(question, body, stopping)
        except ParameterRefused as refused:
            if refused.refusal is not None and self._learned(refused.refusal, body):
                raise _Changed from None
            raise
        except RequestFailure as failure:
            if failure.rate_limited:
                self._limiter.note_refusal(turn, failure.wait_s)
            raise
        self._limiter.note_answer()
        return answer

    def _learned(self, refusal: Refusal, body: dict[str, Any]) -> bool:
        """Whether the next request will differ; each change is reported once."""
        change = self.parameters.learn(refusal.status, refusal.body, body)
        if change and change not in self._reported_changes:
            self._reported_changes.add(change)
            self._say(change)
        return change is not None

    def _given_up(self, failure: RequestFailure, tries: int, sent: int) -> Answer:
        times = f", {tries} times" if tries > 1 else ""
        if failure.unreachable:
            raise EndpointError(
                f"nobody answers at {self._endpoint.base_url} any more ({failure.why}{times}); "
                "the answers so far are kept, the same command goes on from them"
            )
        wished = f", which asks to wait {failure.wait_s:.0f} s" if failure.wait_s else ""
        return Answer(failure=f"{failure.why}{wished}{times}", tries=sent)

    def _ask_once(self, question: Question, body: dict[str, Any], stopping: Event) -> Answer:
        reply = PartialAnswer(self._endpoint.provider, self._endpoint.hide)
        budget = budget_of(body)
        try:
            with self._heartbeat.request(), self._sent(question.prompt.mode, body) as response:
                for batch in events(reader(response), budget.bytes):
                    before = reply.characters
                    for event in batch:
                        reply.take(event)
                    if reply.characters > before:
                        self._heartbeat.note_token()
                    if reply.characters > budget.characters:
                        return reply.cut_off()
                    self._watch(reply, stopping)
        except Overlong:
            if reply.characters and not reply.ended:
                return reply.cut_off()
            if not reply.ended:
                raise
        except RequestFailure:
            if not reply.ended:  # an error after the answer's end loses nothing
                raise
        return reply.answer()

    @contextmanager
    def _sent(self, mode: str, body: dict[str, Any]) -> Iterator[requests.Response]:
        """The reply to the request, to be read as it arrives; network errors become a RequestFailure."""
        import requests
        import urllib3

        try:
            with self._post(mode, body) as response:
                if response.status_code != 200:
                    raise failure_of(self._endpoint.refusal(response))
                yield response
        except urllib3.exceptions.DecodeError as error:
            message = f"the server's compressed answer cannot be unpacked: {error.args[0]}"
            raise RequestFailure(message, tries=2) from None
        except (requests.ReadTimeout, urllib3.exceptions.ReadTimeoutError):
            raise self._stalled() from None
        except (requests.ConnectionError, requests.Timeout) as error:
            raise RequestFailure(innermost_reason(error), unreachable=_never_connected(error)) from None
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
            raise RequestFailure(
                f"the connection broke in the middle of the answer: {innermost_reason(error)}"
            ) from None

    def _post(self, mode: str, body: dict[str, Any]) -> requests.Response:
        """Send the request; where the server has just closed a kept-alive connection, send it once more."""
        import requests

        send = partial(
            self._endpoint.session.post,
            self._endpoint.base_url + self._endpoint.dialect.path(mode),
            json=self._endpoint.dialect.body(body),
            stream=True,
            timeout=(CONNECT_S, self._patience.stall_s),
            allow_redirects=False,
        )
        try:
            return send()
        except requests.ConnectionError as error:
            if not _dropped(error):
                raise
            return send()

    def _watch(self, reply: PartialAnswer, stopping: Event) -> None:
        """Enforce the time limits; keep-alive events are no tokens: a server may send them forever."""
        now, patience = time.monotonic(), self._patience
        if stopping.is_set() and not reply.ended:
            raise RequestFailure("the run ended before the answer did", tries=1)
        if now - reply.last_token > patience.stall_s and not reply.ended:
            raise self._stalled()
        if now - reply.begun > patience.total_s:
            raise RequestFailure(f"no end of the answer after {patience.total_s:g} s", tries=1)

    def _stalled(self) -> RequestFailure:
        return RequestFailure(f"no token for {self._patience.stall_s:g} s", tries=2)

    def _body(self, question: Question) -> dict[str, Any]:
        return self.parameters.fit(self.wanted(question)) | dict(self._sampling.extra_body)

    def wanted(self, question: Question) -> dict[str, Any]:
        """The full request body, before it is reduced to what this model accepts."""
        sampling, prompt = self._sampling, question.prompt
        body: dict[str, Any] = {
            "model": self._model,
            "temperature": sampling.temperature,
            "max_tokens": sampling.max_tokens,
            "stream": True,
            "stream_options": {"include_usage": True},
        }
        if isinstance(prompt.content, str):
            body["prompt"] = prompt.content
        else:
            body["messages"] = prompt.content
        if sampling.top_p is not None:
            body["top_p"] = sampling.top_p
        if sampling.seed is not None:
            body["seed"] = sampling.seed + question.sample
        if stop := [*sampling.stop, *prompt.stop]:
            body["stop"] = stop
        if prompt.schema is not None:
            named = {"name": "answer", "strict": True, "schema": prompt.schema}
            body["response_format"] = {"type": "json_schema", "json_schema": named}
        return body


def _dropped(error: Exception) -> bool:
    """Whether the connection closed before the first byte of the reply."""
    import urllib3

    inner = error.args[0] if error.args else None
    return isinstance(inner, urllib3.exceptions.ProtocolError) and isinstance(inner.args[-1], ConnectionError)


def _never_connected(error: Exception) -> bool:
    """Whether no connection could be made at all: other questions would fail as well."""
    import requests
    import urllib3

    reason = getattr(error.args[0] if error.args else None, "reason", None)
    refused = isinstance(
        reason, urllib3.exceptions.NewConnectionError | urllib3.exceptions.ConnectTimeoutError
    )
    return refused or isinstance(error, requests.exceptions.ConnectTimeout)
