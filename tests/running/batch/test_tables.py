"""What a person reads: the dry run, the live table, the plain lines and the morning's summary."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
import sys
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from benchkit.records import Progress
from benchkit.running.batch.display import PlainLines, batch_table
from benchkit.running.batch.estimate import Estimator
from benchkit.running.batch.expand import Entry, expand
from benchkit.running.batch.planfile import make_plan
from benchkit.running.batch.state import EntryState
from benchkit.running.live import Snapshot
from benchkit.running.live.pace import ScriptPace
from benchkit.serving.telemetry import room
from benchkit.serving.telemetry.room import Room
from benchkit.settings import RunSettings
from benchkit.telling.tables.width import shown_width
from tests.running.batch.support import COMMAND, SUMMARY, good, script, until_released, write_plan
from tests.support import F16, QUANTIZED, ROOT, Bench, runs_in, wait_until


def entry_of(**model: object) -> Entry:
    raw = {"models": [{"path": str(F16), **model}], "benchmarks": ["demo"]}
    return expand(make_plan(raw, "plan.yaml"), RunSettings(benchmark="")).entries[0]


@pytest.mark.parametrize(
    ("asked", "vram_mb", "ram_mb", "mark"),
    [
        ("all", 24_000, 24_000, ""),
        ("all", 400, 24_000, "VRAM too small"),
        ("auto", 24_000, 24_000, ""),
        ("auto", 100, 24_000, "0 of"),
        (0, 100, 24_000, ""),
        (0, 100, 1, "RAM too small"),
        ("all", None, 24_000, ""),
        ("all", None, 1, "RAM too small"),
    ],
)
def test_what_does_not_fit_is_marked(asked: object, vram_mb: float | None, ram_mb: float, mark: str) -> None:
    """The need by the file's metadata is compared with what is free, of the memory where it will lie."""
    expected = Estimator([], {}).expect(entry_of(gpu_layers=asked), Room(vram_mb, ram_mb))
    assert expected.mark.startswith(mark)
    assert bool(expected.mark) == bool(mark)
    assert (expected.vram_mb is None) == (vram_mb is None)
    if asked == "all" and vram_mb:
        assert (expected.vram_mb or 0) > 2


def test_free_memory_is_what_others_left(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a GPU of 24,000 MB of which others use 4,000 there are 20,000."""
    from benchkit.serving.telemetry.base import DeviceReading
    from benchkit.serving.telemetry.fake import ScriptedReader

    reader = ScriptedReader([(DeviceReading(vram_used_mb=4_000.0),)])
    monkeypatch.setattr(room, "open_reader", lambda: reader)
    assert room.free_room().vram_mb == 20_000
    assert reader.closed


def test_a_dry_run_starts_nothing_and_tells_time_from_the_history(bench: Bench, tmp_path: Path) -> None:
    """A model's own time where it is known, by the file's size where it is not, and the time in all."""
    slow = script(tmp_path, "slow", f"print({SUMMARY.replace('1.0 s', '600.0 s')!r})")
    write_plan(tmp_path, models=[str(F16)], benchmarks=[slow])
    first = bench("batch", "plan.yaml", "--dry-run").stdout
    assert "no time known yet for 1" in first
    assert list(tmp_path.glob("*.json")) == []
    assert bench("batch", "plan.yaml").returncode == 0
    write_plan(tmp_path, models=[str(F16), str(QUANTIZED)], benchmarks=[slow])
    told = bench("batch", "plan.yaml", "--dry-run").stdout
    assert re.search(r"demo-f16 .* 10m00s +ok", told)
    assert re.search(r"demo-q2_k .* 1m59s +waiting", told)
    assert re.search(r"2 runs, 1 to do; server starts: 1: about (1m59s|2m0\ds)", told)


def test_a_dry_run_says_of_bad_files_what_the_run_says(bench: Bench, tmp_path: Path) -> None:
    """Truncated, empty, random, one part of two: the same line at once, and as a failed run."""
    whole = F16.read_bytes()
    files = {
        "cut.gguf": whole[: len(whole) // 2],
        "empty.gguf": b"",
        "random.gguf": os.urandom(4096),
        "part-00001-of-00002.gguf": whole,
    }
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    write_plan(tmp_path, models=[str(tmp_path / "*.gguf"), str(F16)], benchmarks=[good(tmp_path)])
    told = bench("batch", "plan.yaml", "--dry-run")
    assert told.returncode == 0
    assert told.stdout.count("will fail\n") == len(files)
    assert told.stdout.count("waiting\n") == 1
    assert f"5 runs, 5 to do, {len(files)} of them will fail;" in told.stdout
    assert bench("batch", "plan.yaml").returncode == 1
    failed = [run["error"].partition(": ")[2] for run in runs_in(tmp_path) if run["status"] == "failed"]
    assert len(failed) == len(files)
    for line in failed:
        assert line in told.stdout
    assert bench("batch", "plan.yaml", "--dry-run").stdout.count("failed\n") == len(files)


def test_another_machines_times_say_nothing_here(bench: Bench, tmp_path: Path) -> None:
    """Runs of a history that were made with another CPU are no expectation."""
    write_plan(tmp_path, models=[str(F16)], benchmarks=[good(tmp_path)])
    assert bench("batch", "plan.yaml").returncode == 0
    history = tmp_path / "benchmark_results.json"
    content = json.loads(history.read_text())
    history.write_text(json.dumps(content))
    write_plan(tmp_path, models=[str(F16)], benchmarks=[good(tmp_path)], matrix={"temperature": [0.5]})
    assert "server starts: 1: about" in bench("batch", "plan.yaml", "--dry-run").stdout
    content["runs"][0]["machine"]["cpu"] = "another"
    history.write_text(json.dumps(content))
    assert "no time known yet for 1" in bench("batch", "plan.yaml", "--dry-run").stdout


def states(count: int) -> list[EntryState]:
    waiting = [
        EntryState(str(n), f"qwen2.5-coder-{n}b-instruct-q4_k_m", "human_eval_plus", "temp=0.0 kv=q8_0")
        for n in range(count)
    ]
    first = replace(
        waiting[0], state="ok", score=71.3, tokens_per_second=42.0, vram_mb=12_345.0, seconds=4000.0
    )
    second = replace(waiting[1], state="running")
    return [first, second, *waiting[2:]]


@pytest.mark.parametrize("width", [80, 100, 160, None])
def test_the_table_fits_the_terminal(width: int | None) -> None:
    """No line is wider than the terminal; what a person needs most stays, with room everything is there."""
    live = Snapshot(
        state="running",
        done=37,
        total=164,
        score=64.9,
        tokens_per_second=41.0,
        vram_mb=9876.0,
        seconds=60.0,
        seconds_left=200.0,
    )
    lines = batch_table(states(60), lambda _state: live, width).splitlines()
    assert len(lines) == 62
    assert all(shown_width(line) <= (width or 1000) for line in lines)
    assert "running 37/164" in lines[3]
    assert "64.9" in lines[3]
    for told in ("3m20s", "41", "9876", "temp=0.0 kv=q8_0"):
        assert (told in lines[3]) or (width is not None and width < 160)


def test_the_pace_is_that_of_what_is_new() -> None:
    """Answers that a journal brings back in the first second do not make the rest look fast."""
    now = [0.0]
    pace = ScriptPace(lambda: now[0])
    pace.snapshot(Progress(done=1, total=200), None)
    now[0] = 0.5
    pace.snapshot(Progress(done=100, total=200), None)
    now[0] = 10.5
    live = pace.snapshot(Progress(done=110, total=200, passed=55), None)
    assert live.seconds_left == pytest.approx(90.0)
    assert live.score == 50.0


def test_elsewhere_a_plain_line_tells_how_far_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    """Every so often one line names the run at work, also while its server is still starting."""
    running = states(2)[1:]
    with PlainLines(lambda: running, every_s=0.1) as display:
        wait_until(lambda: "temp=0.0 kv=q8_0: its server is starting" in capsys.readouterr().err)
        display.progress("x", ScriptPace().snapshot(Progress(done=3, total=9, passed=1), 512.0))
        wait_until(lambda: "3/9 · 33.3% so far · 512 MB VRAM" in capsys.readouterr().err)


@pytest.mark.parametrize("stays", [True, False])
def test_on_a_terminal_there_is_a_live_table(stays: bool, tmp_path: Path, endpoint: dict[str, Any]) -> None:
    """The run's progress is drawn, and the summary printed; a terminal that is closed ends no night."""
    event = json.dumps({"event": "problem", "done": 3, "of": 9, "passed": 2})
    body = f"open(os.environ['BENCH_EVENTS'], 'w').write({event!r} + '\\n')\n{until_released(SUMMARY)}"
    write_plan(tmp_path, models=[endpoint], benchmarks=[script(tmp_path, "slow", body)])
    ours, theirs = pty.openpty()
    environment = {**os.environ, "TERM": "xterm", "COLUMNS": "80", "LINES": "24"}
    with subprocess.Popen(COMMAND, cwd=tmp_path, env=environment, stdout=theirs, stderr=theirs) as night:
        os.close(theirs)
        shown = b""
        while b"running 3/9" not in shown:
            shown += os.read(ours, 65536)
        if not stays:
            os.close(ours)
        (tmp_path / "released").touch()
        with suppress(OSError):  # Linux's way to say that nobody writes any more
            while stays and (chunk := os.read(ours, 65536)):
                shown += chunk
        assert night.wait(60) == 0
    assert (b"1 run: 1 ran, 0 failed." in shown) == stays
    assert "1 run: 1 ran, 0 failed." in (tmp_path / "benchmark_results.morning.md").read_text()


def test_the_printed_summary_fits_80_columns(bench: Bench, tmp_path: Path) -> None:
    """Only commands, which are there to be copied, may be wider; the Markdown has every column."""
    bad = script(tmp_path, "bad", "print('a long complaint ' * 9); sys.exit(3)")
    write_plan(
        tmp_path,
        models=[{"path": str(F16), "name": "a-model-with-quite-a-long-name-q4_k_m", "context": 4096}],
        benchmarks=[good(tmp_path), bad],
        matrix={"temperature": [0.0, 0.5]},
    )
    done = bench("batch", "plan.yaml", COLUMNS="80")
    lines = done.stdout.splitlines()
    wide = [line for line in lines if shown_width(line) > 80]
    assert all(line.startswith("bench_runner.py ") or line.strip().count(" ") == 0 for line in wide)
    commands = [line for line in lines if line.startswith("bench_runner.py ")]
    assert len(commands) == 2
    assert "--context 4096" in commands[0]
    assert "--temperature 0.5" in commands[1]
    table = (tmp_path / "benchmark_results.morning.md").read_text()
    for title in ("model", "quant", "size GB", "score %", "95%", "time", "tok/s", "VRAM MB", "Wh", "status"):
        assert f" {title} " in table


def test_the_command_for_a_failed_run_does_that_run(bench: Bench, tmp_path: Path) -> None:
    """Typed as it stands, it runs the same model, benchmark and settings again, whatever the file's name."""
    model = tmp_path / "o'dd\\ | `x`\n<b>.gguf"
    model.write_bytes(F16.read_bytes())
    bad = {**script(tmp_path, "bad", "print('<i>'); sys.exit(3)"), "args": ["--limit", "5", "--timeout", "7"]}
    write_plan(tmp_path, models=[{"path": str(model), "context": 512}], benchmarks=[bad])
    told = bench("batch", "plan.yaml", "--history", "nights/h.json", "--runs-dir", "nights/runs").stdout
    (command,) = [line for line in told.splitlines() if line.startswith("bench_runner.py ")]
    ours = f'bench_runner.py() {{ {sys.executable} {ROOT}/bench_runner.py "$@"; }}'
    typed = ["bash", "-c", f"{ours}\n{command}"]
    assert subprocess.run(typed, cwd=tmp_path, capture_output=True, check=False).returncode == 1
    history = json.loads((tmp_path / "nights" / "h.json").read_text())["runs"]
    alike = ("path", "context", "script_args", "parallel", "server", "timeout_s")
    one, other = ({name: run["config"][name] for name in alike} for run in history)
    assert one == other
    assert {run["model"] for run in history} == {model.stem}
    assert {Path(run["artifacts"]).parent for run in history} == {tmp_path / "nights" / "runs"}
    markdown = (tmp_path / "nights" / "h.morning.md").read_text()
    assert f"`` {command} ``" in markdown
    assert "exit code 3: &lt;i>" in markdown
    assert "x`�&lt;b>: script: " in markdown
