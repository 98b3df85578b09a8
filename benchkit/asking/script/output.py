"""What a script reports while it runs and when it ends: events, progress, verdicts.jsonl, summary.json."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TextIO

from benchkit import terminal
from benchkit.asking.script.base import Answer, VerdictRow
from benchkit.asking.script.events import EventLog
from benchkit.asking.script.journal import explained, make_folder
from benchkit.asking.script.usage import LiveSpeed, UsageTotals
from benchkit.contract import Event, EventKey, RunFile
from benchkit.errors import EndpointError
from benchkit.files import atomic_write
from benchkit.terminal import counted, whoever_reads
from benchkit.verdict import Verdict

PROGRESS_EVERY_S = 0.5


class ScriptOutput:
    """The verdicts of one command; without a folder it only prints."""

    def __init__(self, folder: Path | None, total: int, begun: float) -> None:
        self.usage, self.passed, self.done = UsageTotals(), 0, 0
        self._folder, self._total, self._begun = folder, total, begun
        self._begun_epoch = time.time() - (time.monotonic() - begun)
        self._ended: float | None = None
        self._verdicts: TextIO | None = None
        self._live = LiveSpeed()
        self._failures = 0
        self._last_failure = ""
        self._shown = 0.0
        self._events = EventLog()
        self._events.write(Event.START, {EventKey.TOTAL: total, EventKey.DONE: 0})

    def add(self, row: VerdictRow, answer: Answer | None = None) -> None:
        """Write down one more verdict."""
        self.done += 1
        self.passed += row.verdict is Verdict.PASSED
        if row.verdict is Verdict.INFRASTRUCTURE:
            self._failures, self._last_failure = self._failures + 1, row.detail
        if answer is not None:
            self.usage.add(answer)
            if answer.started >= self._begun_epoch:  # others were kept from an earlier command
                self._live.add(answer)
        self._write(row)
        self._report_row(row, answer)
        self._show()

    def _write(self, row: VerdictRow) -> None:
        if self._folder is None:
            return
        with explained(self._folder):
            if self._verdicts is None:  # not before: until then the folder may be another run's
                make_folder(self._folder)
                (self._folder / RunFile.SUMMARY).unlink(missing_ok=True)
                self._verdicts = (self._folder / RunFile.VERDICTS).open("w", encoding="utf-8")
            self._verdicts.write(json.dumps(row.as_record()) + "\n")

    def stop_clock(self) -> None:
        """What is measured from now on is no part of the time that the benchmark took."""
        self._ended = time.monotonic()

    def finish(self, summary: Mapping[str, Any]) -> dict[str, Any]:
        """Write summary.json; raises where not a single answer came. Returns the whole summary."""
        self._clear()
        self._close_verdicts()
        whole = self._with_usage(summary) | {"time_taken": round(self.time_taken, 3)}
        if self._folder is not None:
            with explained(self._folder):
                atomic_write(self._folder / RunFile.SUMMARY, json.dumps(whole, indent=1) + "\n")
        if self.done and self._failures == self.done:
            raise EndpointError(f"not one of {self.done} samples could be judged: {self._last_failure}")
        self._events.write(Event.END, {EventKey.SCORE: whole.get("score")})
        return whole

    def _with_usage(self, summary: Mapping[str, Any]) -> dict[str, Any]:
        usage = self.usage.as_record()
        further = {**summary.get("further", {}), "asking": usage.pop("asking")}
        return {**summary, **usage, "further": further}

    @property
    def time_taken(self) -> float:
        """This command's wall time, and the generation time of the sessions that it continued."""
        ended = time.monotonic() if self._ended is None else self._ended
        return ended - self._begun + self.usage.before(self._begun_epoch)

    def _close_verdicts(self) -> None:
        if self._verdicts is not None and self._folder is not None:
            with explained(self._folder):
                self._verdicts.close()

    def _report_row(self, row: VerdictRow, answer: Answer | None) -> None:
        speed = self._live.tokens_per_second if answer is not None else None
        self._events.write(
            Event.PROBLEM,
            {
                EventKey.ID: row.task_id,
                EventKey.DONE: self.done,
                EventKey.OF: self._total,
                EventKey.VERDICT: row.verdict,
                EventKey.PASSED: self.passed,
                EventKey.TOKENS: row.tokens,
                EventKey.TOKENS_PER_SECOND: speed and round(speed, 2),
            },
        )

    def _show(self) -> None:
        """A progress line for a person at a terminal."""
        now = time.monotonic()
        if not sys.stderr.isatty() or now - self._shown < PROGRESS_EVERY_S:
            return
        self._shown = now
        speed = self._live.tokens_per_second
        rate = f", {speed:.0f} tokens/s" if speed else ""
        state = f"{self.done}/{self._total} judged, {self.passed} passed{rate}"
        with whoever_reads(sys.stderr):
            print(f"\r\x1b[K{state}", end="", file=sys.stderr, flush=True)

    def _clear(self) -> None:
        if self._shown:
            with whoever_reads(sys.stderr):
                print("\r\x1b[K", end="", file=sys.stderr, flush=True)


def usage_text(summary: Mapping[str, Any]) -> str:
    """Tokens and speed as lines of text; empty where nothing was asked or the server reported nothing."""
    asking = summary["further"]["asking"]
    lines = _speed_lines(summary)
    if lines and asking["at_token_budget"]:
        cut = counted(asking["at_token_budget"], "answer was", "answers were")
        lines.append(f"{cut} cut off at the token budget or the context's end")
    if asking["ended_by_content_filter"]:
        ended = counted(asking["ended_by_content_filter"], "answer was", "answers were")
        lines.append(f"{ended} ended by the server's content filter")
    if summary.get("cost") is not None:
        from benchkit.prices import in_dollars  # with all providers; a script's help needs none

        lines.append(f"Cost: {in_dollars(summary['cost'])} dollars ({summary['cost_source']})")
    if summary.get("reused_answers"):
        taken = counted(summary["reused_answers"], "answer was", "answers were")
        lines.append(f"{taken} taken from earlier runs: no speed is theirs")
    if asking["clocks_agree"] is False:
        lines.append("The server's own tokens per second are not what arrived here: ours are shown")
    return "\n".join(lines)


def _speed_lines(summary: Mapping[str, Any]) -> list[str]:
    if summary.get("tokens_per_second") is None:
        return []
    first = summary["time_to_first_token_s"]
    tail = f", the first after {first:.2f} s" if first is not None else ""
    return [
        f"Tokens: {summary['prompt_tokens']} in prompts, {summary['completion_tokens']} in answers; "
        f"{summary['tokens_per_second']:.1f} a second in all{tail}"
    ]


def say(line: str) -> None:
    """Print a line of progress to stderr; stdout is for the result alone."""
    speaker()(line)


def speaker() -> Callable[[str], None]:
    """`say` for threads, which do not know the command that started them."""
    import click

    name = click.get_current_context().info_name
    return lambda line: terminal.say(f"{name}: {line}")
