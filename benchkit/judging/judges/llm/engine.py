"""Our own client as the engine behind DSPy's LM: keys, limits, costs and the journal of answers are ours.

DSPy 3.4 takes any object with `complete(Request) -> Response` for an engine, and DSPy 3.5 will take nothing
else (https://dspy.ai/community/normalized-lm-api-migration/). So no second client sends anything, and what
DSPy's metadata asks for besides, litellm, is never imported.
"""

from __future__ import annotations

import json
import logging
import os
import re
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from benchkit.asking.answers.reasoning import without_reasoning
from benchkit.asking.script import Answer, Prompt, Question
from benchkit.errors import MissingDependency
from benchkit.pip_commands import install_extra

AskQuestion = Callable[[Question], Answer]
BRACKETS = re.compile(r"[\[\](){}]")
CLOSED_BY = {"]": "[", ")": "(", "}": "{"}
MOST_OPEN = 100  # at once, in a reply that is no JSON
MARK = re.compile(r"\[\[ ## \w+ ## \]\]")
NO_BARS = "TQDM_DISABLE"


def import_dspy() -> Any:
    """DSPy, which speaks of its own matters on no terminal of ours."""
    try:
        with _without_progress_bars():
            import dspy
    except ImportError:
        raise MissingDependency("DSPy, with which models judge,", install_extra("judge")) from None
    logging.getLogger("dspy").setLevel(logging.CRITICAL)
    return dspy


@contextmanager
def _without_progress_bars() -> Iterator[None]:
    """Of tqdm, which asks for it as it is imported; programs that we start later may have theirs."""
    before = os.environ.get(NO_BARS)
    os.environ[NO_BARS] = "1"
    try:
        yield
    finally:
        if before is None:
            del os.environ[NO_BARS]
        else:
            os.environ[NO_BARS] = before


class ClientEngine:
    """Answers questions of DSPy's by our client; what came back, or went wrong, stays to be looked at.

    Without a name, each question is known by its prompt.
    """

    def __init__(self, ask: AskQuestion, task_id: str, sample: int, schema: dict[str, Any]) -> None:
        self._ask, self._task_id, self._sample, self._schema = ask, task_id, sample, schema
        self.answer: Answer | None = None
        self.error: BaseException | None = None

    def complete(self, request: Any) -> Any:
        """One request, one response; DSPy wraps errors, so that the first is kept as it was."""
        from dspy.lm15 import Message, Response, Usage

        if self.error is not None:  # an optimizer goes on after errors: ours are not of one question
            raise self.error
        prompt = Prompt(_messages(request), schema=self._schema)
        name = self._task_id or prompt.digest
        try:
            answer = self.answer = self._ask(Question(name, self._sample, prompt))
        except BaseException as error:
            self.error = error
            raise
        usage = Usage(input_tokens=answer.prompt_tokens or 0, output_tokens=answer.completion_tokens or 0)
        text = _as_object(without_reasoning(answer.response))
        text = "" if _is_beyond_repair(text) else text
        return Response(
            id=None, model=request.model, message=Message.assistant(text), finish_reason="stop", usage=usage
        )


def asking_by(engine: ClientEngine) -> AbstractContextManager[None]:
    """Within it DSPy's predictors ask by the engine: once each, and DSPy itself keeps no answer."""
    dspy = import_dspy()
    lm = dspy.LM("judge", engine=engine, cache=False, num_retries=0)
    context: AbstractContextManager[None] = dspy.context(
        lm=lm, adapter=dspy.JSONAdapter(), disable_history=True
    )
    return context


def _messages(request: Any) -> tuple[dict[str, str], ...]:
    """OpenAI's form of a request's messages: texts alone, for code is nothing else."""
    system = request.system
    if system is not None and not isinstance(system, str):
        system = "".join(part.text for part in system)
    said = [{"role": one.role, "content": one.text or ""} for one in request.messages]
    return tuple([{"role": "system", "content": system}, *said] if system else said)


def _as_object(text: str) -> str:
    """Small models leave the object around the list away, or put DSPy's marks of a question around it."""
    text = MARK.sub("", text)
    begin, end = text.find("["), text.rfind("]")
    if begin < 0 or "{" in text[:begin]:
        return text
    try:
        answers = json.loads(text[begin : end + 1])
    except (ValueError, RecursionError):
        return text
    return json.dumps({"answers": answers}) if isinstance(answers, list) else text


def _is_beyond_repair(text: str) -> bool:
    """Whether it goes round in circles: DSPy mends what is no JSON, and takes the square of what is open."""
    opened: Counter[str] = Counter()
    for bracket in BRACKETS.findall(text):
        if bracket in CLOSED_BY:
            opened[CLOSED_BY[bracket]] = max(0, opened[CLOSED_BY[bracket]] - 1)
            continue
        opened[bracket] += 1
        if opened[bracket] > MOST_OPEN:
            return not _is_json(text)
    return False


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True
