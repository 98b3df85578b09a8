"""What a script tells: events for the runner, verdicts and summary on disk, tokens and times added up."""

from __future__ import annotations

import json
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import pytest

from benchkit.asking.script import Answer, ScriptOutput, say, usage_text
from benchkit.asking.script.events import EventLog, Heartbeat
from benchkit.asking.script.usage import LIVE_WINDOW_S, LiveSpeed, UsageTotals
from benchkit.errors import BenchError, EndpointError
from benchkit.records import Verdict
from tests.support import wait_until


@dataclass(frozen=True)
class Row:
    task_id: str
    verdict: Verdict = Verdict.PASSED
    detail: str = ""
    sample: int = 0
    tokens: int | None = 5

    def as_record(self) -> dict[str, Any]:
        return {"task_id": self.task_id, "verdict": str(self.verdict)}


def answer(started: float, seconds: float = 2.0, **further: Any) -> Answer:
    facts: dict[str, Any] = {"first_token_s": 0.5, "completion_tokens": 31, "prompt_tokens": 10} | further
    return Answer("x", started=started, seconds=seconds, finish_reason="stop", **facts)


def test_events_have_the_contracts_form(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """start, one line a verdict, end: as the runner reads them."""
    monkeypatch.setenv("BENCH_EVENTS", str(tmp_path / "events"))
    output = ScriptOutput(tmp_path / "out", 2, time.monotonic())
    output.add(Row("T/0"), answer(time.time()))
    output.add(Row("T/1", Verdict.WRONG), answer(time.time()))
    output.finish({"score": 50.0})
    events = [json.loads(line) for line in (tmp_path / "events").read_text().splitlines()]
    assert events[0] == {"event": "start", "total": 2, "done": 0}
    assert events[1] == {
        "event": "problem",
        "id": "T/0",
        "done": 1,
        "of": 2,
        "verdict": "passed",
        "passed": 1,
        "tokens": 5,
        "tokens_per_second": 15.5,
    }
    assert (events[2]["done"], events[2]["passed"], events[2]["verdict"]) == (2, 1, "wrong")
    assert events[3] == {"event": "end", "score": 50.0}


def test_verdicts_and_summary_are_written(tmp_path: Path) -> None:
    """verdicts.jsonl has a line a sample; summary.json has the tally, the usage and the time together."""
    began = time.monotonic() - 3
    output = ScriptOutput(tmp_path, 1, began)
    output.add(Row("T/0"), answer(time.time()))
    output.finish({"score": 100.0, "further": {"flips": []}})
    assert json.loads((tmp_path / "verdicts.jsonl").read_text()) == {"task_id": "T/0", "verdict": "passed"}
    summary = json.loads((tmp_path / "summary.json").read_text())
    assert (summary["score"], summary["completion_tokens"], summary["tokens_per_second"]) == (100.0, 31, 15.5)
    assert 3 <= summary["time_taken"] <= time.monotonic() - began + 0.01  # it is rounded
    assert summary["further"]["flips"] == []
    assert summary["further"]["asking"]["tokens_per_second_of_one_request"] == 20.0


def test_nothing_but_infrastructure_is_no_result(tmp_path: Path) -> None:
    """When no sample could be judged the command fails with the cause, and the verdicts stay."""
    output = ScriptOutput(tmp_path, 1, time.monotonic())
    output.add(Row("T/0", Verdict.INFRASTRUCTURE, "the server answers 500 (no)"), Answer(failure="…"))
    with pytest.raises(EndpointError, match=r"not one of 1 samples .* 500 \(no\)"):
        output.finish({"score": None})
    assert "infrastructure" in (tmp_path / "verdicts.jsonl").read_text()


def test_a_folder_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    """A file in the folder's place is named."""
    (tmp_path / "out").write_text("")
    output = ScriptOutput(tmp_path / "out", 1, time.monotonic())
    with pytest.raises(BenchError, match="cannot write"):
        output.add(Row("T/0"))


def test_an_earlier_runs_files_stay_until_there_is_a_verdict(tmp_path: Path) -> None:
    """A command that never gets going spoils nothing; one that does leaves no stale summary."""
    for name in ("summary.json", "verdicts.jsonl"):
        (tmp_path / name).write_text("old")
    output = ScriptOutput(tmp_path, 1, time.monotonic())
    assert (tmp_path / "verdicts.jsonl").read_text() == "old"
    output.add(Row("T/0"))
    assert not (tmp_path / "summary.json").exists()


def test_pauses_between_sessions_are_no_generation_time() -> None:
    """Requests at once count once, and an hour between two sessions not at all."""
    usage = UsageTotals()
    for started in (1000.0, 1001.0, 5000.0):
        usage.add(answer(started))
    assert usage.generation_s == pytest.approx(5.0)
    assert usage.tokens_per_second == pytest.approx(93 / 5)
    assert usage.before(4000.0) == pytest.approx(3.0)


def test_an_unknown_number_of_tokens_stays_unknown() -> None:
    """Where one answer has no count, no sum is invented."""
    usage = UsageTotals()
    usage.add(answer(1000.0))
    usage.add(answer(1002.0, completion_tokens=None))
    record = usage.as_record()
    assert (record["completion_tokens"], record["tokens_per_second"]) == (None, None)
    assert record["time_to_first_token_s"] == 0.5


@pytest.mark.parametrize(("claimed", "agree"), [(21.0, True), (60.0, False)])
def test_the_servers_speed_is_checked_by_our_clock(claimed: float, agree: bool) -> None:
    """A server that claims three times the speed that arrives here is found out."""
    usage = UsageTotals()
    usage.add(answer(1000.0, server={"predicted_per_second": claimed, "prompt_per_second": 400.0}))
    record = usage.as_record()
    assert record["prompt_tokens_per_second"] == 400.0
    assert record["asking"]["clocks_agree"] is agree


def test_memory_is_flat_in_the_number_of_samples(tmp_path: Path) -> None:
    """10,000 long answers leave some 100 bytes each behind, not their text."""
    import tracemalloc

    output = ScriptOutput(tmp_path, 10_000, time.monotonic())
    tracemalloc.start()
    for number in range(10_000):
        output.add(Row(f"T/{number % 164}"), Answer("x" * 5000, started=float(number), seconds=1.0))
    grown, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert grown < 10_000 * 100


def test_the_live_speed_of_answers_that_arrive_in_one_bundle() -> None:
    """Tokens that came all at once took the wall time until then, and not the instant in which they came."""
    live = LiveSpeed()
    assert live.tokens_per_second is None
    for number in range(4):
        live.add(answer(100.0 + number, 1.0, first_token_s=0.9999, completion_tokens=640))
    assert live.tokens_per_second == pytest.approx(640)


def test_the_live_speed_of_several_requests_at_once() -> None:
    """Four requests side by side count together, in whatever order their judgements end."""
    live = LiveSpeed()
    for number in (1, 0, 3, 2):
        live.add(answer(100.0, 10.0 + number / 10, completion_tokens=100))
    assert live.tokens_per_second == pytest.approx(400 / 10.3)


def test_the_live_speed_follows_a_change() -> None:
    """What lies longer back than the window counts no more; an answer without a count tells nothing."""
    live = LiveSpeed()
    for number in range(100):
        live.add(answer(100.0 + number, 1.0, completion_tokens=1000))
    for number in range(int(LIVE_WINDOW_S) + 1):
        live.add(answer(200.0 + number, 1.0, completion_tokens=10))
    live.add(answer(216.0, completion_tokens=None))
    assert live.tokens_per_second == pytest.approx(10)


def test_answers_that_a_content_filter_ended_are_told() -> None:
    """Also where the server told no tokens."""
    output = ScriptOutput(None, 2, time.monotonic())
    for filtered in (True, False):
        finish = "content_filter" if filtered else "stop"
        output.add(Row("T/0"), Answer("x", seconds=1.0, finish_reason=finish))
    told = usage_text(output.finish({"score": 0.0}))
    assert told == "1 answer was ended by the server's content filter"


def test_a_heartbeat_tells_what_has_changed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """That a request is under way, that a token came, that none is under way any more; and nothing twice."""
    monkeypatch.setenv("BENCH_EVENTS", str(tmp_path / "events"))
    now = [10.0]
    heartbeat, log = Heartbeat(clock=lambda: now[0]), EventLog()
    with heartbeat.request():
        now[0] = 12.0
        heartbeat.tell(log)
        heartbeat.tell(log)
        with heartbeat.request():  # one more waits no longer than the first
            now[0] = 13.0
            heartbeat.note_token()
            now[0] = 13.5
            heartbeat.tell(log)
        now[0] = 20.0
    heartbeat.tell(log)
    events = [json.loads(line) for line in (tmp_path / "events").read_text().splitlines()]
    assert [(one["event"], one["under_way"], one["token_age_s"]) for one in events] == [
        ("heartbeat", 1, 2.0),
        ("heartbeat", 2, 0.5),
        ("heartbeat", 0, 7.0),
    ]


def test_a_heart_beats_while_all_is_asked_and_no_longer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its last line says that nothing is under way, even where a request was left behind."""
    monkeypatch.setenv("BENCH_EVENTS", str(tmp_path / "events"))
    heartbeat, events = Heartbeat(every_s=0.01), tmp_path / "events"
    with heartbeat.beating():
        left_behind = heartbeat.request()
        left_behind.__enter__()
        wait_until(lambda: '"under_way": 1' in events.read_text())
    told = [json.loads(line)["under_way"] for line in events.read_text().splitlines()]
    assert told[-2:] == [1, 0]
    heartbeat.note_token()
    assert len(events.read_text().splitlines()) == len(told)


def test_a_run_goes_on_when_its_terminal_takes_no_progress_any_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody sees the lines then, which is no reason to lose a night's answers."""
    output = ScriptOutput(tmp_path, 1, time.monotonic())
    with Path("/dev/full").open("w") as stream, click.Context(click.Command("x"), info_name="run_eval.py"):
        monkeypatch.setattr(stream, "isatty", lambda: True)
        monkeypatch.setattr(sys, "stderr", stream)
        say("20 questions")
        output.add(Row("T/0"), answer(time.time()))
        output.finish({"score": 100.0})
    assert json.loads((tmp_path / "summary.json").read_text())["score"] == 100.0


def test_words_of_a_problem_file_do_not_steer_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    with click.Context(click.Command("x"), info_name="run_eval.py"):
        say("no sample, such as \x1b[31mred")
    assert "\x1b" not in capsys.readouterr().err
