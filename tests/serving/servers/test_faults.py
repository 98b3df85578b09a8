"""Servers that misbehave: each fault ends in one clear line, and in no process left (see conftest)."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import threading
import time
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from benchkit.errors import (
    EngineMissing,
    ModelFileError,
    NotAsAsked,
    OutOfVRAM,
    PortTaken,
    ServerDied,
    ServerError,
    ServerHangs,
    StartTimeout,
    WrongModel,
)
from benchkit.records import ServerRequest
from benchkit.serving.gguf import layers_that_fit, read_model_facts
from benchkit.serving.servers import RunningServer, life, llama_server, local, process, serve, watchdog
from benchkit.serving.servers.http import prove_token
from benchkit.serving.servers.llama_cpp_python import LlamaCppPython
from benchkit.serving.servers.llama_server import LlamaServer
from benchkit.serving.servers.ports import free_port
from benchkit.serving.servers.watchdog import HangLimits
from tests.serving.servers.conftest import Ask, installed_engine, model_file
from tests.serving.servers.tiny_gguf import write_tiny_gguf
from tests.support import wait_until

HASTY = HangLimits(every_s=0.1, quiet_s=0.3, probe_s=1.0)


def started(request: ServerRequest) -> list[str]:
    """Start and stop it, and return what was reported meanwhile."""
    said: list[str] = []
    with serve(request, said.append):
        pass
    return said


def test_a_missing_program(ask: Ask, tmp_path: Path) -> None:
    """The program that was named is not there: the line names it, and nothing is started."""
    with pytest.raises(EngineMissing, match="no-such-llama-server"):
        started(ask("llama-server", llama_server=tmp_path / "no-such-llama-server"))


def test_a_missing_file(ask: Ask) -> None:
    """A model file that vanished after the plan was made."""
    request = ask("xllamacpp")
    assert request.model is not None
    request.model.path.unlink()
    with pytest.raises(ModelFileError, match=r"tiny\.gguf does not exist"):
        started(request)


def test_another_model_behind_a_healthy_face(stand_in: Ask) -> None:
    """/health says 200, and /v1/models names another model: that is not our server."""
    with pytest.raises(WrongModel, match="serves other, not tiny"):
        started(stand_in("alias=other"))


def test_accepts_and_never_answers(stand_in: Ask) -> None:
    """Connections are taken and nothing comes back: the start's time runs out."""
    with pytest.raises(StartTimeout, match="not ready within 2 s"):
        started(stand_in("mute", start_timeout_s=2))


def test_healthy_and_never_a_token(stand_in: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    """Healthy, the right name, and no token in the rest of the start's time: not ready."""
    left: list[float] = []

    def prove_sooner(url: str, name: str, key: str | None, *, timeout: float) -> None:
        left.append(timeout)
        prove_token(url, name, key, timeout=0.5)

    monkeypatch.setattr(local, "prove_token", prove_sooner)
    with pytest.raises(ServerHangs, match="did not answer"):
        started(stand_in("no-token", start_timeout_s=200))
    assert local.LAST_REPLY_S <= left[0] < 200


def test_loading_is_shown_and_ended_when_too_slow(stand_in: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    """While it loads the log's last line is shown; when the time is over the start fails."""
    shown = threading.Event()

    def now() -> float:
        """The time is over once the line was seen, however long the stand-in took to print it."""
        return time.monotonic() + 200 * shown.is_set()

    def look(line: str) -> None:
        if re.match(r"loading, \d+ s: common_params_fit_impl", line):
            shown.set()

    monkeypatch.setattr(local, "SHOWS_EVERY_S", 0.1)
    monkeypatch.setattr(local, "time", SimpleNamespace(monotonic=now, sleep=time.sleep))
    with pytest.raises(StartTimeout), serve(stand_in("slow-load=290 gpu", start_timeout_s=200), look):
        pass
    assert shown.is_set()


def test_killed_while_loading(stand_in: Ask) -> None:
    """A kill during the load is noticed at once, and told from the kernel's for memory."""
    request = stand_in("slow-load=280")
    began = time.monotonic()
    server = LlamaServer(request, print)
    server.start()

    def kill_it() -> None:
        wait_until(lambda: bool(server.process.pids()))
        os.kill(server.process.pids()[0], signal.SIGKILL)

    threading.Thread(target=kill_it).start()
    with pytest.raises(ServerDied, match="killed from outside while loading tiny"):
        server.ready()
    server.stop()
    assert time.monotonic() - began < 140


def test_the_port_is_taken_between_pick_and_bind(stand_in: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody is quicker on the port we picked: another is tried, and that is said."""
    with socket.create_server(("127.0.0.1", 0)) as quicker:
        ports = iter([quicker.getsockname()[1], quicker.getsockname()[1], free_port()])
        monkeypatch.setattr(local, "free_port", lambda: next(ports))
        said = started(stand_in())
    assert len([line for line in said if "port" in line and "trying another" in line]) == 2


def test_a_stranger_answers_on_our_port(stand_in: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    """A healthy server of the same name holds the port before ours binds: it is not taken for ours."""
    with serve(stand_in(), print) as stranger:
        port = int(stranger.facts.base_url.rpartition(":")[2].removesuffix("/v1"))
        monkeypatch.setattr(local, "free_port", lambda: port)
        server = LlamaServer(stand_in("bind-late=5"), print)
        server.start()
        with pytest.raises(PortTaken, match=f"port {port} was taken"):
            server.ready()
        server.stop()
        assert stranger.failure() is None


def test_dies_in_the_middle_of_an_answer(stand_in: Ask) -> None:
    """The process is gone mid-answer: failure() has its exit and its last words."""
    with serve(stand_in("dies-answering"), print) as server:
        with pytest.raises(ServerDied):
            prove_token(server.facts.base_url, server.facts.model)
        failure = wait_for_failure(server, within_s=60)
    assert isinstance(failure, ServerDied)
    assert "illegal memory access" in str(failure)


@pytest.mark.skipif(shutil.which("gdb") is None, reason="gdb is not installed: apt install gdb")
@pytest.mark.parametrize(("fault", "debugged"), [("crashes", False), ("crashes-as-of-old", True)])
def test_a_crash_with_gdb_installed(fault: str, debugged: bool, stand_in: Ask) -> None:
    """The failed assertion is the cause that is told, and not the last line of gdb's backtrace."""
    with serve(stand_in(fault), print) as server:
        with pytest.raises(ServerDied):
            prove_token(server.facts.base_url, server.facts.model)
        failure = wait_for_failure(server, within_s=60)
    assert "GGML_ASSERT(ne == 4) failed" in str(failure)
    assert ("detached" in server.log.read_text(errors="replace")) is debugged


def test_a_hang_is_noticed(stand_in: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    """The process lives and /health answers, but nothing is computed and a probe gets no token."""
    monkeypatch.setattr(llama_server, "METRICS_S", 0.3)
    monkeypatch.setattr(LlamaServer, "hang_limits", lambda _: HASTY)
    with serve(stand_in("hangs-later"), print) as server:
        failure = wait_for_failure(server, within_s=60)
    assert isinstance(failure, ServerHangs)


@pytest.mark.parametrize("kind", ["llama-server", "xllamacpp"])
def test_a_real_server_that_is_frozen(kind: str, ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    """Stopped by a signal, it lives and computes nothing: that is a hang, and it is killed in the end."""
    monkeypatch.setattr(process, "TERM_GRACE_S", 0.3)
    monkeypatch.setattr(llama_server, "METRICS_S", 0.3)
    monkeypatch.setattr(LlamaServer, "hang_limits", lambda _: HASTY)
    with serve(ask(installed_engine(kind)), print) as server:
        os.kill(server.facts.pids[0], signal.SIGSTOP)
        assert isinstance(wait_for_failure(server, within_s=60), ServerHangs)
    assert server.stop_report is not None
    assert server.stop_report.killed


NOTICES_STILLNESS = HangLimits(every_s=0.1, quiet_s=0.3, probe_s=1200, still_s=1.0, still_share=0.01)


@pytest.mark.parametrize("kind", ["llama-server", "xllamacpp"])
def test_a_stopped_server_is_told_by_its_processor_time(
    kind: str, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On the CPU a probe may take twenty minutes, but a server that owes one and uses no CPU is stopped."""
    monkeypatch.setattr(process, "TERM_GRACE_S", 0.3)
    monkeypatch.setattr(llama_server, "METRICS_S", 0.3)
    monkeypatch.setattr(llama_server, "ON_CPU_LIMITS", NOTICES_STILLNESS)
    with serve(ask(installed_engine(kind)), print) as server:
        prove_token(server.facts.base_url, "tiny")
        wait_until(lambda: server.silent_s() is not None)
        os.kill(server.facts.pids[0], signal.SIGSTOP)
        wait_until(lambda: (server.silent_s() or 0) > 0.3)
        failure = wait_for_failure(server, within_s=60)
    assert isinstance(failure, ServerHangs)
    assert "it uses no processor time" in str(failure)


def test_a_stopped_server_that_counts_no_work_is_told_as_well(
    ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """llama-cpp-python tells no counters: processor time and a probe show that it stands still."""
    monkeypatch.setattr(process, "TERM_GRACE_S", 0.3)
    monkeypatch.setattr(
        LlamaCppPython, "hang_limits", lambda _: replace(NOTICES_STILLNESS, idle_s=0.5, quiet_s=600)
    )
    with serve(ask(installed_engine("llama-cpp-python")), print) as server:
        prove_token(server.facts.base_url, "tiny")
        assert server.silent_s() is None
        os.kill(server.facts.pids[0], signal.SIGSTOP)
        wait_until(lambda: (server.silent_s() or 0) > 0.8)
        failure = wait_for_failure(server, within_s=60)
    assert isinstance(failure, ServerHangs)
    assert "it uses no processor time" in str(failure)


def test_a_server_that_grinds_is_not_stopped(stand_in: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    """One batch that takes long: nothing is counted meanwhile, but processor time is used."""
    monkeypatch.setattr(LlamaServer, "hang_limits", lambda _: NOTICES_STILLNESS)
    monkeypatch.setattr(watchdog, "OVERSLEPT_S", 0.2)  # of a stillness of 1 s, not of a minute
    with serve(stand_in("grinds=4"), print) as server:
        asking = threading.Thread(target=prove_token, args=(server.facts.base_url, "tiny"))
        asking.start()
        wait_until(lambda: (server.silent_s() or 0) > 2.5 or not asking.is_alive())
        assert server.failure() is None
        asking.join()
        wait_until(lambda: (server.silent_s() or 9) < 1.0)
        assert server.failure() is None


def test_slow_is_no_hang(stand_in: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    """An answer that takes longer than every limit is accepted while batches are counted."""
    monkeypatch.setattr(LlamaServer, "hang_limits", lambda _: replace(HASTY, probe_s=3.0))
    with serve(stand_in("thinks=5"), print) as server:
        asking = threading.Thread(target=prove_token, args=(server.facts.base_url, "tiny"))
        asking.start()
        assert wait_for_failure(server, within_s=4.5) is None
        asking.join()


def wait_for_failure(server: RunningServer, within_s: float) -> ServerError | None:
    deadline = time.monotonic() + within_s
    while (failure := server.failure()) is None and time.monotonic() < deadline:
        time.sleep(0.05)
    return failure


def test_ignores_sigterm(stand_in: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that does not end when asked is killed after its grace, and the report says so."""
    monkeypatch.setattr(process, "TERM_GRACE_S", 0.5)
    with serve(stand_in("ignore-term"), print) as server:
        pass
    assert server.stop_report is not None
    assert server.stop_report.killed
    assert "killed" in server.stop_report.warnings[0]


def test_out_of_vram_says_what_would_fit(stand_in: Ask, tmp_path: Path) -> None:
    """Asked for a number of layers that does not fit: need, free, and the number that would."""
    path = write_tiny_gguf(tmp_path / "deep.gguf", layers=32)
    request = stand_in(
        "gpu free=712 layers-that-fit=1", model=model_file(path, layers=32), context=100_000, gpu_layers=33
    )
    fitting = layers_that_fit(712 << 20, read_model_facts(path), 100_000)
    assert 0 < fitting < 33
    with pytest.raises(
        OutOfVRAM, match=f"needs 21,474 MB of VRAM and 712 MB was free: --gpu-layers {fitting} "
    ):
        started(request)


def test_out_of_vram_with_auto_tries_fewer_layers(stand_in: Ask, tmp_path: Path) -> None:
    """Left to us, fewer layers are tried until it fits; what worked is recorded."""
    deep = model_file(write_tiny_gguf(tmp_path / "deep.gguf", layers=32), layers=32)
    with serve(stand_in("gpu layers-that-fit=5", model=deep), print) as server:
        assert server.facts.layers_offloaded == 4
        assert server.facts.further["gpu_layers_tried"] == ["auto", 16, 8, 4]
        assert "4 GPU layers are used" in server.facts.warnings[-1]


def test_out_of_vram_with_auto_is_bounded(stand_in: Ask) -> None:
    """When not even one layer fits, the start fails: no silent night on the CPU."""
    said: list[str] = []
    with pytest.raises(OutOfVRAM), serve(stand_in("gpu layers-that-fit=0"), said.append):
        pass
    assert 1 <= len(said) <= 4


@pytest.mark.parametrize(
    ("faults", "asked", "warning"),
    [
        ("gpu offloads=10", {"gpu_layers": "all"}, "10 of 33 are on the GPU"),
        ("gpu offloads=10", {"gpu_layers": 20}, "20 GPU layers were asked for, 10 of 33"),
        ("context=100", {}, "512 tokens of context for each slot were asked for, 100 are there"),
    ],
)
def test_not_as_asked(stand_in: Ask, faults: str, asked: dict[str, object], warning: str) -> None:
    """Fewer layers or less context than asked: a warning, or with --strict a failed start."""
    request = stand_in(faults, **asked)
    with serve(request, print) as server:
        assert warning in server.facts.warnings[0]
    with pytest.raises(NotAsAsked, match=warning):
        started(replace(request, strict=True))


def test_vram_is_waited_for_and_what_stays_is_recorded(
    stand_in: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After the stop VRAM falls back in steps, to 300 MB above what it was: that is the residue."""
    now = 0.0

    def sleep(seconds: float) -> None:
        nonlocal now
        now += seconds

    monkeypatch.setattr(life, "time", SimpleNamespace(monotonic=lambda: now, sleep=sleep))
    readings = iter([1000.0, 9000.0, 5000.0])
    with serve(stand_in("gpu"), print, lambda: next(readings, 1300.0)) as server:
        pass
    assert server.stop_report is not None
    assert server.stop_report.residue_mb == 300
    assert "300 MB of VRAM did not come back" in server.stop_report.warnings[0]
