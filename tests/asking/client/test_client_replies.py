"""What the client makes of replies, good and bad, from a real socket."""

from __future__ import annotations

import gzip
import json
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from email.utils import formatdate
from types import SimpleNamespace

import pytest

from benchkit.asking.client import client, partial_answer
from benchkit.asking.client.client import Client
from benchkit.asking.client.endpoint import Endpoint
from benchkit.asking.client.patience import Patience
from benchkit.asking.script import Answer, Prompt, Question, Sampling
from benchkit.errors import EndpointError
from tests.stand_ins.chat_server import ChatServer, Do, Turn, chat_server, in_order

CHAT = Question("T/0", 0, Prompt(({"role": "user", "content": "Add two numbers."},)))
GREEDY = Sampling()
QUICK = Patience(retries=3, first_pause_s=0.01)
HASTY = Patience(retries=3, first_pause_s=0.01, stall_s=1.0)


def ask(
    do: Do, question: Question = CHAT, patience: Patience = QUICK, sampling: Sampling = GREEDY
) -> tuple[Answer, ChatServer]:
    with chat_server(do) as server:
        asker = Client(Endpoint(server.base_url), "m", sampling, patience)
        return asker.ask(question, threading.Event()), server


def stream(*events: dict[str, object] | str) -> Do:
    def do(turn: Turn) -> None:
        turn.begin()
        for event in events:
            turn.event(event)
        turn.end()

    return do


def raw(*chunks: bytes, then: Callable[[Turn], None] = Turn.end) -> Do:
    def do(turn: Turn) -> None:
        turn.begin()
        for chunk in chunks:
            turn.send(chunk)
        then(turn)

    return do


def good(turn: Turn) -> None:
    turn.answer("def add(a, b): return a + b")


class Clock:
    """The client's clock, which stands still until the server says what time it is."""

    def __init__(self) -> None:
        self.now = 0.0
        self.last_look = threading.Event()  # somebody has looked at it since it was set

    def time(self) -> float:
        return 1e9

    def monotonic(self) -> float:
        self.last_look.set()
        return self.now

    def set(self, now: float) -> None:
        self.last_look.clear()
        self.now = now


def test_a_stream_becomes_text_tokens_and_times(monkeypatch: pytest.MonkeyPatch) -> None:
    """A well-behaved stream gives its text, its usage, and the times of its first token and its last."""
    clock = Clock()
    monkeypatch.setattr(partial_answer, "time", clock)
    monkeypatch.setattr(client, "time", SimpleNamespace(monotonic=lambda: clock.now))  # of the limits

    def do(turn: Turn) -> None:
        turn.begin()
        clock.set(1.5)
        turn.delta("one")
        assert clock.last_look.wait(30)
        clock.set(4.0)
        turn.delta(" two")
        turn.delta(" three")
        turn.delta(finish="stop")
        turn.event({"choices": [], "usage": {"prompt_tokens": 11, "completion_tokens": 3}})
        turn.end()

    answer, server = ask(do)
    assert (answer.response, answer.finish_reason) == ("one two three", "stop")
    assert (answer.prompt_tokens, answer.completion_tokens) == (11, 3)
    assert (answer.first_token_s, answer.seconds) == (1.5, 4.0)
    assert server.bodies[0]["stream_options"] == {"include_usage": True}


def test_the_servers_own_timings_are_kept() -> None:
    """llama.cpp's `timings` of the last event are in the answer."""
    timings = {"prompt_per_second": 900.5, "predicted_per_second": 41.5, "predicted_n": 3, "cache_n": 2}
    answer, _ = ask(lambda turn: turn.answer("a b c", timings=timings))
    assert answer.server == {"prompt_per_second": 900.5, "predicted_per_second": 41.5, "predicted_n": 3.0}


@pytest.mark.parametrize("odd", [float("inf"), float("nan"), 10**400, "many", None])
def test_timings_of_nonsense_cost_no_answer(odd: object) -> None:
    """A number that is none is not known; the answer is one all the same."""
    timings = {"prompt_n": odd, "predicted_n": odd, "predicted_per_second": odd}
    answer, _ = ask(lambda turn: turn.answer("a b c", timings=timings, usage={"prompt_tokens": odd}))
    assert (answer.failure, answer.response, answer.prompt_tokens) == (None, "a b c", None)
    assert answer.server == {}


def test_thoughts_are_kept_apart() -> None:
    """`reasoning_content` is no part of the answer, and counts as a sign of life."""

    def do(turn: Turn) -> None:
        turn.begin()
        turn.delta(reasoning_content="Adding means ")
        turn.delta(reasoning_content="plus.")
        turn.delta("a + b", finish="stop")
        turn.end()

    answer, _ = ask(do)
    assert (answer.reasoning, answer.response) == ("Adding means plus.", "a + b")


def test_a_server_that_does_not_stream_is_understood() -> None:
    """One JSON document in place of a stream is an answer too."""
    message = {"choices": [{"message": {"content": "a + b"}, "finish_reason": "stop"}], "usage": {}}
    answer, _ = ask(lambda turn: turn.status(200, message))
    assert answer.response == "a + b"


def test_a_raw_completion_goes_to_its_own_path() -> None:
    """A text prompt is sent as `prompt` with its stop strings, and the text that follows comes back."""
    question = Question("T/0", 0, Prompt("def add(a, b):\n", stop=("\ndef ",)))
    sampling = Sampling(stop=("END",))
    answer, server = ask(lambda turn: turn.answer("    return a + b"), question, sampling=sampling)
    assert answer.response == "    return a + b"
    assert server.bodies[0]["prompt"] == "def add(a, b):\n"
    assert server.bodies[0]["stop"] == ["END", "\ndef "]


def test_sampling_is_passed_on_as_asked() -> None:
    """No budget is capped, sample 2 of seed 5 is asked with 7, further fields go through."""
    question = Question("T/0", 2, CHAT.prompt)
    sampling = Sampling(temperature=0.7, max_tokens=123_456, top_p=0.9, seed=5, extra_body={"top_k": 20})
    _, server = ask(good, question, sampling=sampling)
    sent = {name: server.bodies[0][name] for name in ("temperature", "max_tokens", "top_p", "seed", "top_k")}
    assert sent == {"temperature": 0.7, "max_tokens": 123_456, "top_p": 0.9, "seed": 7, "top_k": 20}


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_a_busy_server_is_asked_again(status: int) -> None:
    """After a refusal that may pass the next try's answer counts."""
    answer, server = ask(in_order(lambda turn: turn.error(status, "busy"), good))
    assert (answer.failure, answer.tries, len(server.bodies)) == (None, 2, 2)


def test_retries_come_to_an_end() -> None:
    """A server that stays busy gives no answer after all retries, and the failure says why."""
    answer, server = ask(lambda turn: turn.error(503, "Loading model"))
    assert answer.failure == "the server answers 503 (Loading model), 4 times"
    assert len(server.bodies) == 4


@pytest.mark.parametrize("form", ["seconds", "date"])
def test_retry_after_is_honoured(form: str) -> None:
    """The next try comes no sooner than the server asked, whether in seconds or as a date."""
    value = "1" if form == "seconds" else formatdate(time.time() + 2, usegmt=True)
    begun = time.monotonic()
    answer, _ = ask(in_order(lambda turn: turn.error(429, "slow down", Retry_After=value), good))
    assert answer.failure is None
    assert time.monotonic() - begun >= 0.95


def test_a_retry_after_of_a_day_is_not_waited_for() -> None:
    """An absurd pause ends the question at once, and the failure names it."""
    answer, server = ask(lambda turn: turn.error(429, "quota used up", Retry_After="86400"))
    assert answer.failure == "the server answers 429 (quota used up), which asks to wait 86400 s"
    assert len(server.bodies) == 1


@pytest.mark.parametrize(
    ("status", "message", "kind"),
    [
        (
            400,
            "the request exceeds the available context size, try increasing it",
            "exceed_context_size_error",
        ),
        (
            400,
            "This model's maximum context length is 4096 tokens. However, you requested 5000.",
            "BadRequestError",
        ),
        (400, "Requested tokens (530) exceed context window of 512", "invalid_request_error"),
        (500, "Context size has been exceeded.", "server_error"),
    ],
)
def test_a_prompt_beyond_the_context_is_cut_off(status: int, message: str, kind: str) -> None:
    """Context exceeded, in several servers' words, is an answer cut off: no failure, and not asked again."""
    answer, server = ask(lambda turn: turn.error(status, message, kind))
    assert (answer.failure, answer.truncated, len(server.bodies)) == (None, True, 1)


def test_another_400_is_the_questions_failure() -> None:
    """A refused field is no context problem: the failure repeats the server's words."""
    answer, server = ask(lambda turn: turn.error(400, "unknown field 'top_k'"))
    assert answer.failure == "the server answers 400 (unknown field 'top_k')"
    assert len(server.bodies) == 1


@pytest.mark.parametrize(
    ("status", "step"), [(401, "OPENAI_API_KEY"), (403, "OPENAI_API_KEY"), (404, "--base-url")]
)
def test_a_wrong_setup_ends_the_run(status: int, step: str) -> None:
    """What no question can mend is raised at once, with the next step."""
    with pytest.raises(EndpointError, match=step):
        ask(lambda turn: turn.error(status, "no"))


def test_a_spell_of_internal_errors_is_outlasted() -> None:
    """500 may be a passing fault: as many tries as for any other, then the server's words as the failure."""
    patience = Patience(retries=6, first_pause_s=0.01)
    answer, server = ask(in_order(*[lambda turn: turn.error(500, "a moment")] * 6, good), patience=patience)
    assert (answer.failure, answer.tries) == (None, 7)
    answer, server = ask(lambda turn: turn.error(500, "out of slots"))
    assert answer.failure == "the server answers 500 (out of slots), 4 times"
    assert len(server.bodies) == 4


def test_what_a_server_does_not_offer_is_not_asked_again() -> None:
    """501 lasts."""
    answer, _ = ask(lambda turn: turn.error(501, "no chat here"))
    assert answer.failure == "the server answers 501 (no chat here)"


def test_a_compressed_answer_is_unpacked() -> None:
    """Some servers compress although they are asked not to; one in an unknown way is told so."""
    event = {"choices": [{"delta": {"content": "a + b"}, "finish_reason": "stop"}]}
    packed = gzip.compress(f"data: {json.dumps(event)}\n\n".encode())
    answer, _ = ask(lambda turn: turn.status(200, packed, Content_Encoding="gzip"))
    assert (answer.response, answer.failure) == ("a + b", None)
    answer, server = ask(lambda turn: turn.status(200, packed, Content_Encoding="snappy"))
    assert "compresses its answers with 'snappy'" in str(answer.failure)
    assert len(server.bodies) == 1


def test_damaged_compression_is_a_failure() -> None:
    """What cannot be unpacked is named as that."""
    answer, _ = ask(lambda turn: turn.status(200, b"no gzip at all", Content_Encoding="gzip"))
    assert "gzip" in str(answer.failure)


@pytest.mark.parametrize("form", ["one event", "an event a token", "one line without an end"])
def test_an_answer_far_beyond_its_token_budget_is_not_read_on(form: str) -> None:
    """200 tokens were asked for and 50 MB come: what was read until then is an answer cut off."""
    sent = 0

    def do(turn: Turn) -> None:
        nonlocal sent
        turn.begin()
        event = b'data: {"choices":[{"delta":{"content":"%s"}}]}\n\n'
        with suppress(OSError):
            turn.send(event % b"def ")
            for _ in range(800):
                if form == "one event":
                    chunk = event % (b"loop " * (1 << 14))
                elif form == "an event a token":
                    chunk = event % b"loop " * 1400
                else:
                    chunk = b"x" * (1 << 16)
                turn.send(chunk)
                sent += len(chunk)

    answer, server = ask(do, sampling=Sampling(max_tokens=200))
    assert (answer.failure, answer.truncated) == (None, True)
    assert answer.response.startswith("def ")
    assert len(answer.response) < 200_000
    assert "token budget" in answer.note
    assert sent < 16 << 20
    assert len(server.bodies) == 1


def test_a_budget_that_a_further_field_raises_counts() -> None:
    """--extra-body may ask for more tokens than --max-tokens, or for any number of them."""
    text = "word " * 20_000
    for further in ({"max_tokens": 20_000}, {"n_predict": -1}, {"max_completion_tokens": 20_000}):
        answer, _ = ask(lambda turn: turn.answer(text), sampling=Sampling(max_tokens=10, extra_body=further))
        assert (answer.response, answer.finish_reason) == (text, "stop")


def test_a_content_filter_is_told() -> None:
    """The answer that it ended says so."""
    answer, _ = ask(lambda turn: turn.answer("I", finish="content_filter"))
    assert (answer.finish_reason, answer.filtered) == ("content_filter", True)
    assert answer.note == "the server's content filter ended the answer"


def test_an_error_inside_the_stream_is_one() -> None:
    """llama.cpp reports late errors as an event of a 200 reply."""
    answer, _ = ask(stream({"error": {"code": 500, "message": "decode failed", "type": "server_error"}}))
    assert answer.failure == "the server answers 500 (decode failed), 4 times"


@pytest.mark.parametrize(
    ("event", "told"),
    [
        ({"object": "error", "message": "no room", "code": 400}, "400 (no room)"),
        (
            {"error": {"message": '{"error": {"message": "from upstream"}}', "code": 502}},
            "502 (from upstream)",
        ),
        ({"error": {"message": {"error": {"message": "deep"}}}}, "500 (deep)"),
        ({"error": {"type": "server_error", "code": None}}, "500 (server_error)"),
        ({"detail": "not found"}, "500 (not found)"),
        ('[{"error": {"code": 501, "message": "in a list"}}]', "501 (in a list)"),
    ],
)
def test_an_error_in_the_first_event_is_told_in_its_words(event: dict[str, object] | str, told: str) -> None:
    """However a server wraps them, and never as JSON."""
    answer, _ = ask(stream(event), patience=Patience(retries=0))
    assert answer.failure == f"the server answers {told}"


def test_an_empty_account_told_in_a_stream_ends_the_run() -> None:
    """Its code says so, not its status, which is 200."""
    with pytest.raises(EndpointError, match=r"with 429 \(Quota exceeded\): see to the account"):
        ask(stream({"error": {"message": "Quota exceeded", "code": "insufficient_quota"}}))


def test_an_old_servers_error_line_is_one() -> None:
    """Older llama.cpp sends `error:` in place of `data:`."""
    line = b'error: {"code":400,"message":"too long","type":"exceed_context_size_error"}\n\n'
    answer, _ = ask(raw(line))
    assert answer.truncated


def test_a_web_page_is_named_as_such() -> None:
    """HTML with status 200 is another program's page; asking again would not help."""
    page = "<html><head><style>p {}</style></head><body><p>Welcome to nginx</p></body></html>"
    answer, server = ask(lambda turn: turn.status(200, page))
    assert answer.failure is not None
    assert "web page" in answer.failure
    assert "Welcome to nginx" in answer.failure
    assert len(server.bodies) == 1


@pytest.mark.parametrize("broken", [b"data: {broken\n\n", b"data: [1, 2]\n\n", b"data: \xff\xfe\n\n"])
def test_broken_json_in_the_stream_is_a_failure(broken: bytes) -> None:
    """What is no JSON object fails the question after a second try, in one line."""
    answer, server = ask(raw(broken))
    assert answer.failure is not None
    assert "stream holds" in answer.failure
    assert "\n" not in answer.failure
    assert len(server.bodies) == 2


def test_broken_json_as_a_whole_reply_is_a_failure() -> None:
    """The same for a reply that is no stream."""
    answer, _ = ask(lambda turn: turn.status(200, '{"choices": [{"mess'))
    assert answer.failure is not None
    assert "broken JSON" in answer.failure


@pytest.mark.parametrize(
    "event",
    [
        {"choices": [{"message": {"content": None}, "finish_reason": "stop"}]},
        {"choices": [{"delta": None, "finish_reason": "stop"}]},
        {"choices": [{"delta": {"content": 7}, "finish_reason": "stop"}], "usage": None, "timings": "none"},
    ],
)
def test_a_null_content_is_an_empty_answer(event: dict[str, object]) -> None:
    """A model that says nothing has answered, with nothing."""
    answer, _ = ask(stream(event))
    assert (answer.failure, answer.response, answer.finish_reason) == (None, "", "stop")


@pytest.mark.parametrize("event", [{"choices": []}, {"choices": 3}, {}, {"choices": None}])
def test_an_empty_choice_list_is_a_failure(event: dict[str, object]) -> None:
    """Without any choice there is no answer."""
    answer, _ = ask(stream(event))
    assert answer.failure == "the reply holds no choice, 2 times"


def test_a_cut_stream_is_asked_again() -> None:
    """Half an answer is no answer: the next try gives the whole."""

    def half(turn: Turn) -> None:
        turn.begin()
        turn.delta("def add(a")
        turn.cut()

    answer, server = ask(in_order(half, good))
    assert answer.response == "def add(a, b): return a + b"
    assert (answer.tries, len(server.bodies)) == (2, 2)


def test_a_stream_that_just_ends_is_asked_again() -> None:
    """A stream closed properly, but before the model's end, is cut too."""
    answer, _ = ask(in_order(stream({"choices": [{"delta": {"content": "def"}}]}), good))
    assert answer.response == "def add(a, b): return a + b"


def test_a_stream_cut_after_the_last_token_is_whole() -> None:
    """Once the server said why it ended, nothing after that matters."""

    def do(turn: Turn) -> None:
        turn.begin()
        turn.delta("a + b", finish="stop")
        turn.cut()

    answer, server = ask(do)
    assert (answer.response, len(server.bodies)) == ("a + b", 1)


def test_silence_is_a_stall() -> None:
    """No byte for the stall limit ends the request, not the run."""
    given_up = threading.Event()

    def do(turn: Turn) -> None:
        turn.begin()
        turn.delta("def")
        given_up.wait(60)

    answer, server = ask(do, patience=HASTY)
    given_up.set()
    assert answer.failure == "no token for 1 s, 2 times"
    assert len(server.bodies) == 2


def test_signs_of_life_without_tokens_are_a_stall() -> None:
    """Comments that keep a connection alive do not count as tokens."""

    given_up = threading.Event()

    def do(turn: Turn) -> None:
        turn.begin()
        with suppress(OSError):  # it hangs up
            while not given_up.wait(0.02):
                turn.send(b": PROCESSING\n\n")

    answer, _ = ask(do, patience=HASTY)
    given_up.set()
    assert answer.failure == "no token for 1 s, 2 times"


def test_a_slow_answer_is_no_stall() -> None:
    """The stall limit is between tokens, however long the whole takes."""
    answer, _ = ask(lambda turn: turn.answer("a b c d e f g h", pause_s=0.5), patience=Patience(stall_s=3.5))
    assert (answer.response, answer.tries) == ("a b c d e f g h", 1)


def test_an_answer_without_end_hits_the_total_limit() -> None:
    """Tokens that never end are stopped by the limit of the whole request."""

    given_up = threading.Event()

    def do(turn: Turn) -> None:
        turn.begin()
        with suppress(OSError):  # it hangs up
            while not given_up.wait(0.01):
                turn.delta("la")

    answer, _ = ask(do, patience=Patience(retries=3, total_s=0.3))
    given_up.set()
    assert answer.failure == "no end of the answer after 0.3 s"


def test_bytes_that_are_no_utf8_become_replacements() -> None:
    """A torn token is shown as U+FFFD; the rest of the answer stays."""
    first = b'data: {"choices": [{"delta": {"content": "caf\xc3"}}]}\n\n'
    second = b'data: {"choices": [{"delta": {"content": " + 1"}, "finish_reason": "stop"}]}\n\n'
    answer, _ = ask(raw(first, second))
    assert answer.response == "caf� + 1"


def test_a_character_split_over_reads_and_tokens_is_joined() -> None:
    """UTF-8 split between two reads and an escaped surrogate pair split between two tokens come out whole."""
    line = 'data: {"choices": [{"delta": {"content": "é\\ud83d"}}]}\n\n'.encode()
    cut = line.index(b"\xc3") + 1
    rest = b'data: {"choices": [{"delta": {"content": "\\ude00 \\ud83d"}, "finish_reason": "stop"}]}\n\n'
    answer, _ = ask(raw(line[:cut], line[cut:], rest))
    assert answer.response == "é😀 �"


def test_windows_line_ends_and_event_names_are_read() -> None:
    """The stream's other fields and line ends are no trouble."""
    event = b'data:{"choices":[{"delta":{"content":"x"},"finish_reason":"stop"}]}\r\n\r\n'
    answer, _ = ask(raw(b"event: message\r\nid: 4\r\n", event, b"data: [DONE]\r\n\r\n"))
    assert answer.response == "x"


@pytest.mark.parametrize("at_once", [True, False], ids=["one event", "an event a token"])
def test_five_megabytes_of_one_token_are_read_in_linear_time(at_once: bool) -> None:
    """A model caught in a loop costs time in proportion: 5 MB within seconds, kept whole."""
    token, times = " loop", 1_000_000

    def do(turn: Turn) -> None:
        turn.begin()
        if at_once:
            turn.delta(token * times)
        else:
            event = b'data: {"choices":[{"delta":{"content":"%s"}}]}\n\n' % (token * 100).encode()
            for _ in range(100):
                turn.send(event * 100)
        turn.delta(finish="length")
        turn.end()

    begun = time.process_time()  # of both sides: what others take of the machine does not count
    answer, _ = ask(do, sampling=Sampling(max_tokens=times))
    assert (len(answer.response), answer.truncated) == (5_000_000, True)
    assert time.process_time() - begun < 20


def test_a_lost_server_ends_the_run() -> None:
    """When nobody takes connections any more, no further question is tried."""
    with chat_server(good) as server:
        endpoint = Endpoint(server.base_url)
    asker = Client(endpoint, "m", Sampling(), Patience(retries=2, first_pause_s=0.01))
    with pytest.raises(EndpointError, match=r"nobody answers at .* any more"):
        asker.ask(CHAT, threading.Event())


def test_an_interrupt_ends_the_waiting() -> None:
    """Between two tries the event that stops the run is seen at once."""
    stopping = threading.Event()
    with chat_server(lambda turn: turn.error(503, "busy")) as server:
        asker = Client(Endpoint(server.base_url), "m", Sampling(), Patience(first_pause_s=30))
        threading.Timer(0.2, stopping.set).start()
        begun = time.monotonic()
        assert asker.ask(CHAT, stopping).failure
    assert time.monotonic() - begun < 20


def test_an_interrupt_ends_an_answer_that_is_being_written() -> None:
    """The event that stops the run is seen at the next token, not at the answer's end."""
    stopping = threading.Event()

    def do(turn: Turn) -> None:
        turn.begin()
        for _ in range(3000):  # a minute, unless somebody hangs up
            turn.delta("la")
            stopping.set()
            time.sleep(0.02)

    begun = time.monotonic()
    with chat_server(do) as server:
        answer = Client(Endpoint(server.base_url), "m", Sampling(), Patience()).ask(CHAT, stopping)
    assert answer.failure == "the run ended before the answer did"
    assert time.monotonic() - begun < 30


def test_a_connection_is_kept_alive() -> None:
    """Twenty questions of one thread travel over one connection."""
    with chat_server(good) as server:
        asker = Client(Endpoint(server.base_url), "m", Sampling(), QUICK)
        for _ in range(20):
            assert asker.ask(CHAT, threading.Event()).failure is None
        assert (len(server.bodies), server.connections) == (20, 1)


def test_a_connection_closed_between_two_questions_is_opened_again() -> None:
    """llama.cpp may close a kept-alive connection at any time: that costs no try, let alone an answer."""
    quiet = Patience(retries=0)

    def close_unsaid(turn: Turn) -> None:
        if turn.number == 2:
            turn.cut()  # before a single byte
        else:
            good(turn)

    with chat_server(close_unsaid) as server:
        asker = Client(Endpoint(server.base_url), "m", Sampling(), quiet)
        answers = [asker.ask(CHAT, threading.Event()) for _ in range(3)]
    assert [answer.failure for answer in answers] == [None, None, None]
    assert (len(server.bodies), server.connections) == (4, 2)
