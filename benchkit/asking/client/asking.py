"""Sends all questions of a script to one model: how many at once, and which were answered before."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Event
from typing import Any

from benchkit.asking.client.client import Client
from benchkit.asking.client.costs import Purse, refuse_unknown_price
from benchkit.asking.client.earlier import EarlierAnswers, request_digest
from benchkit.asking.client.endpoint import Endpoint
from benchkit.asking.client.patience import Patience
from benchkit.asking.client.target import find_target
from benchkit.asking.script import Answer, Pipeline, Question, Settings, open_answer_journal, say, speaker
from benchkit.asking.script.events import Heartbeat
from benchkit.asking.script.pipeline import JudgeAnswer, R
from benchkit.contract import RunFile, Variable
from benchkit.errors import UsageError
from benchkit.prices import find_price, may_cost
from benchkit.providers.limiter import find_shared_pace
from benchkit.spending import Spending
from benchkit.terminal import how_many


class Asking:
    """One model at one endpoint, answering into one folder."""

    def __init__(self, settings: Settings) -> None:
        target, self._folder = find_target(settings), settings.need_folder()
        self._settings = settings
        self._patience = Patience(
            settings.retries, stall_s=settings.stall_timeout, total_s=settings.request_timeout
        )
        self._provider = target.provider
        aloud = speaker()  # askers are threads
        self._endpoint = Endpoint(target.base_url, target.api_key, self._patience, aloud, target.provider)
        self._endpoint.wait_until_loaded()
        self.model = self._endpoint.model(target.model)
        self._heartbeat = Heartbeat()
        pace = find_shared_pace(self._endpoint.base_url)
        self._client = Client(
            self._endpoint, self.model, settings.sampling, self._patience, aloud, pace, self._heartbeat
        )
        self.askers, self._because = self._parallel()
        self._price = find_price(settings.price, self._provider, self._endpoint.base_url, self.model)
        self._purse = self._open_purse()
        self.left_out = 0  # problems, where it was enough before all were asked
        self._began = False  # whether the cost of earlier commands has been counted

    def _open_purse(self) -> Purse:
        """A model on this machine costs no money, so no limit applies."""
        most, night = self._settings.max_cost, os.environ.get(Variable.SPENDING)
        own_file, price = os.environ.get(Variable.MODEL_SHA256), self._settings.price
        if own_file or not may_cost(price, self._provider, self._endpoint.base_url):
            most = night = None
        shared = Spending(Path(night), self._folder.name) if night else None
        purse = Purse(most, self._price, self._settings.sampling.max_tokens, shared)
        refuse_unknown_price(purse, self._price, self.model)
        return purse

    def _parallel(self) -> tuple[int, str]:
        asked = self._settings.parallel
        return (asked, "as asked") if asked else self._endpoint.slots()

    def run(
        self, questions: Sequence[Question], depends_on: Mapping[str, Any], judge: JudgeAnswer[R], judges: int
    ) -> Generator[tuple[R, Answer], None, None]:
        """Each question's row and answer as they get ready; close it before the judge's sandbox.

        `depends_on` is what the answers depend on beside model and sampling: problems, prompts.
        """
        key = self._key(depends_on)
        if self._settings.reuse is not None:
            self._take_earlier(self._settings.reuse, questions, key)
        with open_answer_journal(self._folder, key, self._request) as journal:
            if journal.set_aside:
                say(journal.set_aside)
            before = sum(map(journal.holds, questions))
            say(f"{how_many(len(questions), 'question')} to {self.model}, {before} of them answered before")
            if self._settings.samples > 1 and self._settings.sampling.temperature == 0:
                say("at --temperature 0 all samples of a problem are the same")
            say(f"{self.askers} at once ({self._because})")
            if self._purse.is_limited and not self._began:
                self._purse.begin(journal.cost())
            self._began = True
            pipeline = Pipeline(
                self._ask, judge, journal, askers=self.askers, judges=judges, is_enough=self._is_enough
            )
            with self._heartbeat.beating():
                yield from pipeline.run(questions)
            self.left_out += len({question.task_id for question in pipeline.left_out})

    def _is_enough(self) -> bool:
        """Only a part can do with fewer: what runs whole never ends before its end."""
        return self._settings.part is not None and (self._folder / RunFile.ENOUGH).exists()

    @contextmanager
    def one_by_one(self, depends_on: Mapping[str, Any]) -> Iterator[Callable[[Question], Answer]]:
        """A function that asks what is not known beforehand, from several threads; each answer is kept."""
        key, stopping = self._key(depends_on), Event()
        with open_answer_journal(self._folder, key, self._request) as journal:
            if journal.set_aside:
                say(journal.set_aside)
            if self._purse.is_limited and not self._began:
                self._purse.begin(journal.cost())
            self._began = True
            earlier = self._earlier(self._settings.reuse, key) if self._settings.reuse else None

            def ask(question: Question) -> Answer:
                if journal.holds(question):
                    return journal.recall(question)
                digest = self._request(question)
                taken = earlier.take([digest]).get(digest) if earlier else None
                answer = taken or self._ask(question, stopping)
                if answer.failure is None:
                    journal.append(question, answer)
                return answer

            try:
                with self._heartbeat.beating():
                    yield ask
            finally:
                stopping.set()

    def _earlier(self, runs: Path, key: Mapping[str, Any]) -> EarlierAnswers:
        if not runs.is_dir():
            raise UsageError(f"--reuse {runs}: there is no such folder; name the one that holds the runs")
        like = {name: json.loads(json.dumps(key[name])) for name in ("model", "sampling")}
        return EarlierAnswers(runs, self._folder, like)

    def _take_earlier(self, runs: Path, questions: Sequence[Question], key: Mapping[str, Any]) -> None:
        """Take over the answers that earlier runs got to identical requests."""
        earlier = self._earlier(runs, key)
        with open_answer_journal(self._folder, key, self._request) as journal:
            if journal.set_aside:
                say(journal.set_aside)
            missing = {self._request(one): one for one in questions if not journal.holds(one)}
            taken = earlier.take(missing)
            for digest, answer in taken.items():
                journal.append(missing[digest], answer)
        say(f"{how_many(len(taken), 'answer')} taken from the runs in {runs}, without a speed")

    def _request(self, question: Question) -> str:
        """Digest of a question and its model; a model file counts by its content and how it is served."""
        body = self._client.wanted(question) | dict(self._settings.sampling.extra_body)
        if sha256 := os.environ.get(Variable.MODEL_SHA256):
            del body["model"]
            return request_digest(
                {"sha256": sha256, "server": os.environ.get(Variable.SERVER)}, body, question
            )
        return request_digest({"endpoint": self._endpoint.base_url}, body, question)

    def _ask(self, question: Question, stopping: Event) -> Answer:
        return self._purse.ask(question, lambda: self._client.ask(question, stopping))

    def facts(self) -> dict[str, Any]:
        """The sampling that was sent, for the summary; a parameter that the model does not accept is null."""
        sampling = self._settings.sampling.as_record()
        changes = self._client.parameters.changes(sampling)
        sent = {
            name: None if self._client.parameters.leaves_out(name) else sampling[name] for name in sampling
        }
        changed = {"request_changes": changes} if changes else {}
        return {"sampling": sent, **changed, "parallel": self.askers}

    @property
    def served(self) -> dict[str, Any]:
        """What the server tells of its model beside the name: another quantization tells another size."""
        return self._endpoint.facts_of(self.model)

    def _key(self, depends_on: Mapping[str, Any]) -> dict[str, Any]:
        """Answers are reused only where all of this is equal; a file's hash is preferred to its name."""
        sha256 = os.environ.get(Variable.MODEL_SHA256)
        model = {"sha256": sha256} if sha256 else self._endpoint.identity(self.model)
        return {"model": model, "sampling": self._settings.sampling.as_record(), **depends_on}
