"""Speeds are measured over any server, by its own timings and by our clock, and kept in the history."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click
import pytest

from benchkit.commands.speed import Numbers
from benchkit.errors import ServerDied, ServerError, UsageError
from benchkit.rerun import words_of_run
from benchkit.running.runner.host import ModelHost
from benchkit.running.tuning.speed import Report, Wanted, measure_speed
from benchkit.running.tuning.tables import speed_table
from benchkit.serving.speed import slots as slot_choice
from benchkit.serving.speed.measuring import Load, Meter
from benchkit.serving.speed.prompts import Wording
from benchkit.serving.speed.slots import best_of, choose_slots, still_grows
from benchkit.serving.speed.streaming import Streamed, StreamingServer, ask_for_tokens
from benchkit.settings import RunSettings
from tests.running.batch.kills import prove
from tests.stand_ins.chat_server import Turn, chat_server
from tests.support import F16, Bench, runs_in


@dataclass
class Server:
    """Answers 16 tokens, 5 ms each; may refuse what is not OpenAI's, or prompts that are too long."""

    strict: bool = False
    longest: int = 10**9
    claims: float = 150.0
    usage: Any = None  # in the place of the true one
    draft: tuple[int, int] | None = None
    bodies: list[dict[str, object]] = field(default_factory=list)
    took_s: list[float] = field(default_factory=list)  # of each answer

    def __call__(self, turn: Turn) -> None:
        if not turn.body.get("stream"):
            return prove(turn)
        self.bodies.append(turn.body)
        if self.strict and "ignore_eos" in turn.body:
            return turn.error(400, "Unrecognized request argument: ignore_eos", "invalid_request_error")
        words = len(turn.question.split())
        if words > self.longest:
            return turn.error(400, f"the context has only {self.longest} tokens", "invalid_request_error")
        tokens = min(16, turn.body["max_tokens"])
        timings = {"predicted_per_second": self.claims, "prompt_per_second": 4000.0}
        if self.draft is not None:
            timings |= {"draft_n": self.draft[0], "draft_n_accepted": self.draft[1]}
        usage = self.usage or {"prompt_tokens": words + 10, "completion_tokens": tokens}
        began = time.monotonic()
        turn.answer(" ".join(["word"] * tokens), pause_s=0.005, timings=timings, usage=usage)
        self.took_s.append(time.monotonic() - began)
        return None


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def measured(folder: Path, server: Server, wanted: Wanted) -> tuple[Report, list[str]]:
    lines: list[str] = []
    with chat_server(server) as running:
        settings = RunSettings(
            name="stand-in", server="endpoint", base_url=running.base_url,
            history=folder / "benchmark_results.json", runs_dir=folder / "runs",
        )  # fmt: skip
        return measure_speed(settings, wanted, lines.append), lines


def test_an_endpoint_is_measured_and_recorded(tmp_path: Path) -> None:
    """Depths and slots as asked, the record whole, and the command that measures it again."""
    server = Server()
    report, _ = measured(tmp_path, server, Wanted((0, 400), (1, 2), 16))
    assert [(one.load.at_once, one.load.prompt_tokens) for one in report.speeds] == [
        (1, 32), (1, 400), (2, 32), (2, 400),
    ]  # fmt: skip
    deep = report.speeds[1]
    assert deep.prompt_tokens == pytest.approx(400, abs=12)
    assert deep.of_one is not None
    assert 8 / max(server.took_s) < deep.of_one < 210  # 16 tokens at 5 ms, or as the server got to it
    (run,) = runs_in(tmp_path)
    assert (run["benchmark"], run["status"], run["results"]["score"]) == ("speed", "ok", None)
    assert len(run["results"]["speeds"]) == 4
    assert run["telemetry"]["tokens_per_second"] == report.speeds[0].tokens_per_second
    again = words_of_run(report.run)
    assert again[:3] == ["bench_runner.py", "speed", "stand-in"]
    assert again[-6:] == ["--depth", "0,400", "--slots", "1,2", "--tokens", "16"]


class Dying(Server):
    """At the first long question nobody is there any more."""

    def __call__(self, turn: Turn) -> None:
        if len(turn.question.split()) > 200:
            return turn.vanish()
        return super().__call__(turn)


def test_what_was_measured_before_the_server_died_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a failed run's record, with the cause: not that an answer broke off, but why."""
    monkeypatch.setattr(ModelHost, "failure", lambda _host: ServerDied("it is gone"))
    with pytest.raises(ServerDied, match="it is gone"):
        measured(tmp_path, Dying(), Wanted((0, 400, 800), tokens=16))
    (run,) = runs_in(tmp_path)
    assert (run["benchmark"], run["status"]) == ("speed", "failed")
    assert run["error"] == "server died: it is gone"
    assert len(run["results"]["speeds"]) == 1


def test_nothing_is_recorded_of_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    """Nothing was started."""
    (tmp_path / "runs").touch()
    with pytest.raises(UsageError, match="name another place with --runs-dir"):
        measured(tmp_path, Server(), Wanted(tokens=16))
    assert not (tmp_path / "benchmark_results.json").exists()


def test_a_server_that_claims_too_much_is_found_out(tmp_path: Path) -> None:
    """The table warns where the server's own speed is not what arrives."""
    report, _ = measured(tmp_path, Server(claims=5000.0), Wanted(tokens=16))
    assert report.speeds[0].clocks_agree is False
    assert "trust the clock" in speed_table(report, None)


def test_a_strict_server_is_asked_in_openais_words(tmp_path: Path) -> None:
    """Where it refuses llama.cpp's fields, the same is asked without them."""
    server = Server(strict=True)
    measured(tmp_path, server, Wanted(tokens=16))
    assert "ignore_eos" not in server.bodies[-1]


def talk_on(turn: Turn) -> None:
    """Heeds no limit, until nobody listens any more."""
    turn.begin()
    with suppress(OSError):
        while True:
            turn.delta("word ")


def cut_off(turn: Turn) -> None:
    turn.begin()
    turn.delta("word ")
    turn.cut()


def say_nonsense(turn: Turn) -> None:
    turn.begin()
    for choices in ("x", [5], [{"delta": "x"}], None, [{"delta": {"content": 7}, "finish_reason": "stop"}]):
        turn.event({"choices": choices, "usage": {"completion_tokens": 10**14}})
    turn.end()


@pytest.mark.parametrize(
    ("answer", "why"),
    [(talk_on, "goes on after 260 tokens, and 16 were asked for"), (cut_off, "broke off an answer")],
)
def test_half_an_answer_and_an_endless_one_have_no_speed(answer: Callable[[Turn], None], why: str) -> None:
    """Neither what a server said before it died, nor what it would say for ever."""
    with chat_server(answer) as running, pytest.raises(ServerError, match=why):
        ask_for_tokens(StreamingServer(running.base_url, "stand-in"), "hello", 16)


def test_events_of_nonsense_are_passed_over() -> None:
    """Of five only one holds text; a count that is ten times as large as what was asked for is none."""
    with chat_server(say_nonsense) as running:
        assert ask_for_tokens(StreamingServer(running.base_url, "stand-in"), "hello", 16).tokens == 1


@pytest.mark.parametrize("usage", [[1], "many", {"prompt_tokens": "x", "completion_tokens": 10**400}])
def test_usage_of_nonsense_is_counted_by_its_pieces(usage: object) -> None:
    """Where the usage is none, the pieces of the stream are counted."""
    with chat_server(Server(usage=usage)) as running:
        assert ask_for_tokens(StreamingServer(running.base_url, "stand-in"), "hello", 16).tokens == 16


def test_a_depth_that_the_server_refuses_is_left_out(tmp_path: Path) -> None:
    """It is told in a line, and the other depths are measured all the same."""
    report, lines = measured(tmp_path, Server(longest=300), Wanted((0, 1000), tokens=16))
    assert [one.load.prompt_tokens for one in report.speeds] == [32]
    assert any(line.startswith("depth 1000 with 1 at once: ") and "only 300 tokens" in line for line in lines)


def test_draft_acceptance_is_measured(tmp_path: Path) -> None:
    """Of 10 guessed tokens an answer takes 7: in the table and in the record."""
    report, _ = measured(tmp_path, Server(draft=(10, 7)), Wanted(tokens=16))
    assert report.speeds[0].draft_acceptance_percent == 70.0
    assert "draft %" in speed_table(report, None)
    assert runs_in(tmp_path)[0]["telemetry"]["draft_acceptance_percent"] == 70.0


def test_a_depth_beyond_the_models_context_is_refused(bench: Bench, tmp_path: Path) -> None:
    """Before anything is started, with the most that would do."""
    done = bench("speed", str(F16), "--depth", "0,32k")
    assert (done.returncode, done.stdout) == (2, "")
    assert "--depth 32768: demo-f16.gguf was trained for 2,048 tokens, so that at most 1,728" in done.stderr
    assert runs_in(tmp_path) == []


@pytest.mark.parametrize("text", ["", "x", "4m", "-1", "1,,2", "1.5k"])
def test_what_is_no_depth_is_refused(text: str) -> None:
    """With what would be one."""
    with pytest.raises(click.BadParameter, match="such as 4096 or 4k"):
        Numbers(0).convert(text, None, None)
    assert Numbers(0).convert("0,4k,4096", None, None) == (0, 4096)


def test_a_file_that_is_none_is_refused(tmp_path: Path) -> None:
    """In the words of every other command."""
    with pytest.raises(UsageError, match="no such file"):
        measure_speed(RunSettings(model=tmp_path / "no.gguf"), Wanted(), print)


@pytest.mark.parametrize(
    ("curve", "slots"),
    [
        ([(1, 100.0), (2, 190.0), (4, 300.0), (8, 310.0), (16, 305.0)], 4),
        ([(1, 100.0), (2, 101.0), (4, 99.0)], 1),
        ([(1, 100.0), (2, 95.0), (4, 180.0), (8, 320.0)], 8),
        ([(1, 100.0)], 1),
    ],
)
def test_slots_are_chosen_where_speed_stops_growing(curve: list[tuple[int, float]], slots: int) -> None:
    """The first number that no larger one beats by a tenth; one bad step does not end the search."""
    assert best_of(curve) == slots
    assert still_grows([(1, 100.0), (2, 95.0)])
    assert not still_grows([(1, 100.0), (2, 101.0), (4, 99.0)])


class Fast(Meter):
    """Answers a hundred tokens a second to each request, however many there are."""

    def once(self, load: Load) -> tuple[float, list[Streamed]]:
        return 1.0, [Streamed(10, 100, 0.1, 1.0)] * load.at_once


def test_slots_are_not_measured_for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a slow machine the curve ends where the next step would cost more than it brings."""
    monkeypatch.setattr(slot_choice, "MOST_S", 0.0)
    assert choose_slots(Fast(StreamingServer("", ""), Wording(0, 1), tuple), 4, 100, 16).curve == (
        (1, 100.0),
    )


def test_a_server_that_breaks_off_is_the_servers_failure() -> None:
    """No error of the network reaches those who measure."""
    with pytest.raises(ServerError, match="cannot be reached"):
        ask_for_tokens(StreamingServer("http://127.0.0.1:1/v1", "m"), "hello", 4)


def test_no_more_slots_are_tried_than_fit() -> None:
    """The curve ends with the most that there is memory for."""
    choice = choose_slots(Fast(StreamingServer("", ""), Wording(0, 1), tuple), 4, 100, 16)
    assert choice.curve == ((1, 100.0), (2, 200.0), (4, 400.0))
    assert choice.slots == 4
