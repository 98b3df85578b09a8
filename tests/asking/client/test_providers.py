"""Each provider is asked as it wants to be, and its replies are understood, from a real socket."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from benchkit.asking.client.client import Client
from benchkit.asking.client.endpoint import Endpoint
from benchkit.asking.client.patience import Patience
from benchkit.asking.script import Answer, Prompt, Question, Sampling
from benchkit.errors import EndpointError, UsageError
from benchkit.providers import PROVIDERS, find_provider
from tests.stand_ins import anthropic
from tests.stand_ins.chat_server import ChatServer, Turn, in_order
from tests.stand_ins.provider import CACHED, MANNERS, REASONING, Script, never, provider

QUICK = Patience(retries=3, first_pause_s=0.01)
SYSTEM = ({"role": "system", "content": "Be brief."}, {"role": "user", "content": "Add two numbers."})
QUESTION = Question("T/0", 2, Prompt(SYSTEM, stop=("END",)))
KEY = "key-of-this-provider"
EVERYTHING = Sampling(temperature=0.5, max_tokens=50, top_p=0.9, seed=5)


@contextmanager
def client_of(
    name: str,
    *,
    model: str = "model-1",
    sampling: Sampling = EVERYTHING,
    script: Script = never,
    streams: bool = True,
    key: str = KEY,
    patience: Patience = QUICK,
) -> Iterator[tuple[Client, ChatServer, list[str]]]:
    said: list[str] = []
    with provider(name, lambda _: "a + b", key=KEY, script=script, streams=streams) as server:
        endpoint = Endpoint(server.base_url, key, patience, provider=find_provider(name))
        yield Client(endpoint, model, sampling, patience, said.append), server, said


def ask(name: str, question: Question = QUESTION, **options: Any) -> tuple[Answer, ChatServer, list[str]]:
    with client_of(name, **options) as (client, server, said):
        return client.ask(question, threading.Event()), server, said


def model_of(name: str) -> str:
    return "gpt-4" if name == "openai" else "model-1.gguf" if name == "llama-server" else "model-1"


@pytest.mark.parametrize("streams", [True, False])
@pytest.mark.parametrize("name", PROVIDERS)
def test_each_provider_answers_streamed_and_not(name: str, streams: bool) -> None:
    """Key, parameters and paths are as it wants them at the first try; text, tokens and thoughts arrive."""
    answer, server, said = ask(name, model=model_of(name), streams=streams)
    assert (answer.failure, answer.response, answer.finish_reason) == (None, "a + b", "stop")
    assert (answer.prompt_tokens, answer.completion_tokens) == (11, 3)
    assert (len(server.bodies), said) == (1, [])
    thinks = name == "anthropic" or MANNERS[name].thoughts
    assert answer.reasoning == ("Let me think." if thinks else "")


def test_every_provider_has_a_stand_in() -> None:
    assert set(PROVIDERS) == {*MANNERS, "anthropic"}


@pytest.mark.parametrize(
    ("name", "cached", "written", "reasoning", "cost"),
    [
        ("openai", CACHED, None, REASONING, None),
        ("openrouter", CACHED, None, REASONING, 0.00095),
        ("deepseek", CACHED, None, REASONING, None),
        ("anthropic", anthropic.READ, anthropic.WRITTEN, None, None),
        ("hf", None, None, None, None),
    ],
)
def test_what_a_reply_tells_beside_its_tokens(
    name: str, cached: int | None, written: int | None, reasoning: int | None, cost: float | None
) -> None:
    """Cached tokens, thought tokens and cost are in the answer; what nobody tells is unknown."""
    answer, _, _ = ask(name, model=model_of(name))
    told = (answer.cached_tokens, answer.cache_write_tokens, answer.reasoning_tokens, answer.cost)
    assert told == (cached, written, reasoning, cost)


def test_what_each_provider_calls_otherwise_or_does_not_take() -> None:
    """The names of the token budget and of the seed follow the provider; Anthropic's system text is apart."""
    bodies = {
        name: ask(name, model=model_of(name))[1].bodies[0] for name in ("openai", "mistral", "anthropic")
    }
    assert bodies["openai"]["max_completion_tokens"] == 50
    assert "max_tokens" not in bodies["openai"]
    assert (bodies["mistral"]["random_seed"], "seed" in bodies["mistral"]) == (7, False)
    assert bodies["anthropic"]["system"] == "Be brief."
    assert bodies["anthropic"]["messages"] == [SYSTEM[1]]
    assert bodies["anthropic"]["stop_sequences"] == ["END"]
    assert bodies["anthropic"]["max_tokens"] == 50


def test_a_model_that_thinks_is_sent_no_temperature() -> None:
    """OpenAI's are known by their names: nothing is refused first, and what was left out is told."""
    with client_of("openai", model="o3-mini") as (client, server, _):
        assert client.ask(QUESTION, threading.Event()).failure is None
        changes = client.parameters.changes(EVERYTHING.as_record())
    assert len(server.bodies) == 1
    assert "temperature" not in server.bodies[0]
    assert changes["temperature"] == "left out: OpenAI takes none"
    assert changes["max_tokens"] == "sent as max_completion_tokens"


def refuses(parameter: str, status: int, body: dict[str, Any]) -> Script:
    def script(turn: Turn) -> bool:
        if parameter not in turn.body:
            return False
        turn.status(status, body)
        return True

    return script


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (400, {"error": {"message": "Unsupported value: 'temperature' does not support 0.5", "param": None}}),
        (400, {"error": {"message": "no good", "param": "temperature", "code": "unsupported_value"}}),
        (400, {"error": {"message": "`temperature` may not be set with `thinking`", "type": "x"}}),
        (400, {"type": "error", "error": {"message": "temperature: Extra inputs are not permitted"}}),
        (422, {"detail": [{"type": "extra_forbidden", "loc": ["body", "temperature"], "msg": "no"}]}),
        (422, {"message": {"detail": [{"loc": ["body", "temperature"], "msg": "not permitted"}]}}),
        (400, [{"error": {"code": 400, "message": 'Unknown name "temperature": Cannot find field.'}}]),
    ],
)
def test_a_refused_parameter_is_left_out_once_for_all(status: int, error: Any) -> None:
    """The first refusal is no try of the question's; it is said once, and no later question pays."""
    turns = {"temperature": refuses("temperature", status, error)}
    with client_of("vllm", script=turns["temperature"]) as (client, server, said):
        answers = [client.ask(QUESTION, threading.Event()) for _ in range(3)]
        changes = client.parameters.changes(EVERYTHING.as_record())
    assert [answer.failure for answer in answers] == [None] * 3
    assert len(server.bodies) == 4
    assert len(said) == 1
    assert said[0].startswith("temperature is left out from now on, for the server says: ")
    assert changes["temperature"].startswith("left out: ")


def test_many_askers_learn_of_a_refusal_together() -> None:
    """Those that were refused at the same time ask again, and one line is said."""
    script = refuses("temperature", 400, {"error": {"message": "no", "param": "temperature"}})
    answers: list[Answer] = []
    with client_of("vllm", script=script) as (client, _, said):
        crowd = [
            threading.Thread(target=lambda: answers.append(client.ask(QUESTION, threading.Event())))
            for _ in range(8)
        ]
        for one in crowd:
            one.start()
        for one in crowd:
            one.join()
    assert [answer.failure for answer in answers] == [None] * 8
    assert len(said) == 1


def test_a_budget_is_renamed_and_never_left_out() -> None:
    """Where the server names no other name, the question fails with its words."""
    renamed = {"error": {"message": "'max_tokens' is no more: use 'max_completion_tokens' instead"}}
    answer, server, _ = ask("vllm", script=refuses("max_tokens", 400, renamed))
    assert (answer.failure, server.bodies[-1]["max_completion_tokens"]) == (None, 50)
    too_large = {"error": {"message": "max_tokens: 50 > 20, which is the most", "param": "max_tokens"}}
    answer, server, said = ask("vllm", script=refuses("max_tokens", 400, too_large))
    assert answer.failure == "the server answers 400 (max_tokens: 50 > 20, which is the most)"
    assert (len(server.bodies), said) == (1, [])


def test_a_server_that_refuses_on_and_on_is_not_asked_for_ever() -> None:
    """A parameter that was left out already is not left out again."""

    def script(turn: Turn) -> bool:
        turn.status(400, {"error": {"message": "no", "param": "temperature"}})
        return True

    answer, server, _ = ask("vllm", script=script)
    assert answer.failure == "the server answers 400 (no)"
    assert len(server.bodies) == 2


MONEY: dict[str, tuple[int, dict[str, Any]]] = {
    "openai": (429, {"error": {"message": "You exceeded your current quota", "code": "insufficient_quota"}}),
    "openrouter": (402, {"error": {"code": 402, "message": "Insufficient credits"}}),
    "deepseek": (402, {"error": {"message": "Insufficient Balance"}}),
    "anthropic": (400, {"type": "error", "error": {"message": "Your credit balance is too low to go on"}}),
}


@pytest.mark.parametrize("name", MONEY)
def test_no_money_ends_the_run_at_once(name: str) -> None:
    """Whatever the status: the provider's own words, one request, and nothing is lost."""
    status, body = MONEY[name]

    def script(turn: Turn) -> bool:
        turn.status(status, body)
        return True

    with (
        client_of(name, model=model_of(name), script=script) as (client, server, _),
        pytest.raises(EndpointError) as raised,
    ):
        client.ask(QUESTION, threading.Event())
    assert body["error"]["message"] in str(raised.value)
    assert "what was answered so far is kept" in str(raised.value)
    assert len(server.bodies) == 1


@pytest.mark.parametrize("name", PROVIDERS)
def test_a_wrong_key_ends_the_run_and_is_not_repeated(name: str) -> None:
    """The variable of this provider is named, and the key that the server repeats is hidden."""
    with (
        client_of(name, model=model_of(name), key="a-wrong-key") as (client, server, _),
        pytest.raises(EndpointError) as raised,
    ):
        client.ask(QUESTION, threading.Event())
    assert f"put the key into {PROVIDERS[name].key_variable}" in str(raised.value)
    assert "a-wrong-key" not in str(raised.value)
    assert len(server.bodies) == 1


@pytest.mark.parametrize("name", ["openai", "anthropic", "google", "lmstudio", "openrouter"])
def test_an_unknown_model_is_told_with_the_nearest(name: str) -> None:
    """Before the first question, from the provider's own list."""
    near = {"openai": "gpt-4", "anthropic": "claude-3-opus", "google": "gemini-pro"}.get(name, "model-1")
    with provider(name, key=KEY) as server:
        endpoint = Endpoint(server.base_url, KEY, QUICK, provider=find_provider(name))
        with pytest.raises(UsageError, match=f"has no model {near}x: it has {near}"):
            endpoint.model(f"{near}x")
        assert endpoint.model(near) == near


def test_a_variant_that_is_not_listed_is_asked_for() -> None:
    """OpenRouter's model:nitro is in no list."""
    with provider("openrouter", key=KEY) as server:
        endpoint = Endpoint(server.base_url, KEY, QUICK, provider=find_provider("openrouter"))
        assert endpoint.model("google/gemini-pro:nitro") == "google/gemini-pro:nitro"


@pytest.mark.parametrize(
    ("reason", "becomes"),
    [
        ("end_turn", "stop"),
        ("stop_sequence", "stop"),
        ("max_tokens", "length"),
        ("model_context_window_exceeded", "length"),
        ("refusal", "content_filter"),
    ],
)
def test_why_an_answer_of_anthropic_ended(reason: str, becomes: str) -> None:
    def script(turn: Turn) -> bool:
        anthropic.answer(turn, "a + b", reason)
        return True

    answer, _, _ = ask("anthropic", script=script)
    assert (answer.finish_reason, answer.truncated) == (becomes, becomes == "length")


@pytest.mark.parametrize(
    ("reason", "becomes"), [("model_length", "length"), ("eos_token", "stop"), ("MAX_TOKENS", "length")]
)
def test_why_an_answer_of_others_ended(reason: str, becomes: str) -> None:
    def script(turn: Turn) -> bool:
        turn.answer("a + b", reason)
        return True

    answer, _, _ = ask("vllm", script=script)
    assert answer.finish_reason == becomes


@pytest.mark.parametrize("reason", ["error", "insufficient_system_resource"])
def test_an_answer_that_the_provider_gave_up_is_asked_for_again(reason: str) -> None:
    script = in_order(lambda turn: turn.answer("a +", reason), lambda turn: turn.answer("a + b"))

    def always(turn: Turn) -> bool:
        script(turn)
        return True

    answer, server, _ = ask("deepseek", script=always)
    assert (answer.failure, answer.response, len(server.bodies)) == (None, "a + b", 2)


def test_thoughts_in_parts_of_the_content() -> None:
    """As Mistral's thinking models write them."""
    thinking = [{"type": "thinking", "thinking": [{"type": "text", "text": "Adding means plus."}]}]

    def script(turn: Turn) -> bool:
        turn.begin()
        turn.delta(thinking)
        turn.delta([{"type": "text", "text": "a + b"}])
        turn.delta(finish="stop")
        turn.end()
        return True

    answer, _, _ = ask("mistral", script=script)
    assert (answer.reasoning, answer.response) == ("Adding means plus.", "a + b")


def test_an_overloaded_anthropic_is_asked_again() -> None:
    """As a reply's status 529, and as an error event in the midst of a stream."""

    def in_the_stream(turn: Turn) -> None:
        anthropic.begin(turn)
        anthropic.event(turn, "error", error={"type": "overloaded_error", "message": "Overloaded"})
        turn.send(b"")

    ways = in_order(
        lambda turn: anthropic.refusal(turn, 529, "overloaded_error", "Overloaded", Retry_After="0.01"),
        in_the_stream,
        lambda turn: anthropic.answer(turn, "a + b"),
    )

    def script(turn: Turn) -> bool:
        ways(turn)
        return True

    answer, server, _ = ask("anthropic", script=script, patience=Patience(retries=0))
    assert (answer.failure, answer.response, len(server.bodies)) == (None, "a + b", 3)


def test_plain_text_to_continue_is_nothing_for_anthropic() -> None:
    with pytest.raises(UsageError, match="--mode chat"):
        ask("anthropic", Question("T/0", 0, Prompt("def add(a, b):\n")))


def test_a_begun_answer_ends_without_white_space_for_anthropic() -> None:
    """The prompt's own white space stays in the whole answer."""
    begun = ({"role": "user", "content": "Go."}, {"role": "assistant", "content": "So:\n"})
    answer, server, _ = ask("anthropic", Question("T/0", 0, Prompt(begun)))
    assert server.bodies[0]["messages"][-1]["content"] == "So:"
    assert answer.response == "So:\na + b"


def test_a_key_that_a_server_repeats_is_hidden() -> None:
    """In the answer's text, in its thoughts, and in the words of an error inside a stream."""

    def script(turn: Turn) -> bool:
        if turn.number == 1:
            turn.begin()
            turn.delta(reasoning_content=f"your key {KEY[:4]}")
            turn.delta(f"{KEY[4:]} is {KEY[:7]}", reasoning_content=KEY[4:])
            turn.delta(KEY[7:], finish="stop")
            turn.end()
        else:
            turn.begin()
            turn.event({"error": {"message": f"{KEY} is tired", "code": 500}})
            turn.end()
        return True

    with client_of("vllm", script=script, patience=Patience(retries=0)) as (client, _, _):
        answer, failed = (client.ask(QUESTION, threading.Event()) for _ in range(2))
    assert KEY not in repr(answer)
    assert (answer.response.endswith("is ***"), failed.failure) == (
        True,
        "the server answers 500 (*** is tired)",
    )


ODD = [
    {
        "type": "message_start",
        "message": {"usage": {"input_tokens": "many", "cache_read_input_tokens": None}},
    },
    {"type": "message_start", "message": None},
    {"type": "content_block_start", "content_block": "text"},
    {"type": "content_block_delta", "delta": {"type": "text_delta", "text": 5}},
    {"type": "content_block_delta", "delta": {"type": "input_json_delta", "partial_json": "{"}},
    {"type": "signature_delta_of_times_to_come", "x": [1]},
    {"type": "message_delta", "delta": None, "usage": [1]},
]


@pytest.mark.parametrize("odd", ODD)
def test_odd_events_of_anthropic_are_passed_over(odd: dict[str, Any]) -> None:
    """In the midst of a good answer: its text is whole, and no number is invented."""

    def script(turn: Turn) -> bool:
        turn.begin()
        turn.event(odd)
        anthropic.block(turn, 0, "text", ["a", " + b"])
        anthropic.end(turn, 2)
        return True

    answer, _, _ = ask("anthropic", script=script)
    assert (answer.failure, answer.response, answer.completion_tokens) == (None, "a + b", 2)
    assert answer.prompt_tokens is None


@pytest.mark.parametrize("content", [None, "a + b", [{"type": "text", "text": None}], [5]])
def test_odd_whole_replies_of_anthropic_are_an_empty_answer(content: Any) -> None:
    def script(turn: Turn) -> bool:
        turn.status(200, {"type": "message", "content": content, "stop_reason": "end_turn", "usage": None})
        return True

    answer, _, _ = ask("anthropic", script=script)
    assert (answer.failure, answer.response) == (None, "")
