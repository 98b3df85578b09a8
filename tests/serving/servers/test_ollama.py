"""Ollama, by a stand-in of its program and API: our file with our settings, or one line why not."""

from __future__ import annotations

import hashlib
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from benchkit.errors import (
    EngineMissing,
    ModelFileError,
    ModelRefused,
    NotAsAsked,
    OutOfRAM,
    OutOfVRAM,
    ServerDied,
    ServerHangs,
    StartTimeout,
    UnknownArchitecture,
    WrongModel,
)
from benchkit.records import ModelFile, ServerFacts, ServerRequest
from benchkit.serving.gguf import read_model_file
from benchkit.serving.servers import http, life, ollama, ollama_api, running, serve
from benchkit.serving.servers.ollama import Ollama
from benchkit.serving.servers.ollama_api import OllamaApi, address
from benchkit.serving.servers.ports import free_port
from tests.serving.gguf.writing import Shape, metadata_of, tensors_of, write
from tests.serving.servers.tiny_gguf import write_tiny_gguf
from tests.support import wait_until

STAND_IN = Path(__file__).parents[2] / "stand_ins" / "ollama.py"
Running = Callable[..., OllamaApi]


@pytest.fixture(autouse=True)
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An `ollama` on PATH; none runs."""
    program = tmp_path / "bin" / "ollama"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -S "{STAND_IN}" "$@"\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(program.parent), prepend=":")
    monkeypatch.setenv("OLLAMA_HOST", f"127.0.0.1:{free_port()}")
    monkeypatch.delenv("OLLAMA_FAULTS", raising=False)


@pytest.fixture
def model(tmp_path: Path) -> ModelFile:
    return read_model_file(write_tiny_gguf(tmp_path / "Mine.gguf"))


@pytest.fixture
def somebodys(monkeypatch: pytest.MonkeyPatch) -> Iterator[Running]:
    """Starts an Ollama that is not ours, with faults."""
    started: list[subprocess.Popen[bytes]] = []

    def start(*faults: str) -> OllamaApi:
        while (api := start_once(faults)) is None:
            pass  # somebody was quicker on that port
        return api

    def start_once(faults: tuple[str, ...]) -> OllamaApi | None:
        monkeypatch.setenv("OLLAMA_HOST", f"127.0.0.1:{free_port()}")
        environment = {**os.environ, "OLLAMA_FAULTS": ",".join(faults)}
        process = subprocess.Popen([sys.executable, "-S", STAND_IN, "serve"], env=environment)
        started.append(process)
        api = OllamaApi(address())
        wait_until(lambda: api.version() is not None or process.poll() is not None)
        return api if process.poll() is None else None

    yield start
    for process in started:
        process.kill()
        process.wait()


def _request(tmp_path: Path, model: ModelFile, **changes: Any) -> ServerRequest:
    known: dict[str, Any] = {"context": 512, "parallel": 1, "name": "My Model"}
    return ServerRequest(kind="ollama", log=tmp_path / "server.log", model=model, **(known | changes))


def _facts(request: ServerRequest) -> ServerFacts:
    with serve(request, lambda _: None) as server:
        return server.facts


def test_an_ollama_of_our_own(tmp_path: Path, model: ModelFile) -> None:
    """Where none runs, one is started with the slots asked for, and it is gone afterwards."""
    with serve(_request(tmp_path, model, parallel=3), lambda _: None) as server:
        facts = server.facts
        assert server.failure() is None
        assert facts.pids
    assert facts.model == f"bench-runner-my-model:{os.getpid()}"
    assert (facts.context_per_slot, facts.slots, facts.version) == (512, 3, "0.12.0")
    assert (facts.layers_offloaded, facts.layers_total, facts.device) == (3, 3, "GPU")
    template = b"<|user|>{{ .Prompt }}<|assistant|>"
    assert facts.chat_template_sha256 == hashlib.sha256(template).hexdigest()
    assert facts.warnings == ()
    assert OllamaApi(facts.base_url.removesuffix("/v1")).version() is None


def test_an_ollama_that_runs(tmp_path: Path, model: ModelFile, somebodys: Running) -> None:
    """One that runs is used and stays; our model is unloaded and removed, others stay in memory."""
    api = somebodys()
    theirs = tmp_path / "theirs"
    theirs.write_bytes(b"theirs")
    digest = hashlib.sha256(b"theirs").hexdigest()
    api.upload(theirs, digest)
    api.create("theirs:latest", {"theirs": digest}, {"num_ctx": 8})
    api.load("theirs:latest", 5)
    with serve(_request(tmp_path, model, gpu_layers=2), lambda _: None) as server:
        facts = server.facts
        assert facts.model in api.names()
        assert facts.further["parameters"] == {"num_ctx": 512, "num_gpu": 2}
        assert facts.pids
    assert any("holds theirs:latest in memory too" in warning for warning in facts.warnings)
    assert api.names() == ["theirs:latest"]
    assert [one["name"] for one in api.running()] == ["theirs:latest"]


def test_slots_of_an_ollama_that_runs(tmp_path: Path, model: ModelFile, somebodys: Running) -> None:
    """How many requests at once it takes is not known, and the record says so."""
    somebodys()
    facts = _facts(_request(tmp_path, model, parallel=4))
    assert facts.slots is None
    assert any("OLLAMA_NUM_PARALLEL" in warning for warning in facts.warnings)


@pytest.mark.parametrize(
    ("layers", "baked"), [("auto", {}), ("all", {"num_gpu": 999}), (0, {"num_gpu": 0}), (7, {"num_gpu": 7})]
)
def test_layers_are_baked_in(tmp_path: Path, model: ModelFile, layers: Any, baked: dict[str, int]) -> None:
    """The layers asked for go into the model with the context; "auto" leaves them to Ollama."""
    facts = _facts(_request(tmp_path, model, gpu_layers=layers))
    assert facts.further["parameters"] == {"num_ctx": 512, **baked}
    assert (facts.layers_offloaded == 0) == (layers == 0)


@pytest.mark.parametrize(
    ("fault", "changes", "said"),
    [
        ("small context", {}, "512 tokens of context for each slot were asked for, 256 are there"),
        ("half on the GPU", {"gpu_layers": "all"}, "only 50% of the model is in VRAM"),
        ("on the CPU", {"gpu_layers": "all"}, "the server runs on the CPU"),
        ("no template", {}, "no chat template"),
    ],
)
def test_what_is_not_as_asked(
    tmp_path: Path, model: ModelFile, somebodys: Running, fault: str, changes: dict[str, Any], said: str
) -> None:
    """What Ollama did otherwise in silence is a warning."""
    somebodys(fault)
    facts = _facts(_request(tmp_path, model, **changes))
    assert any(said in warning for warning in facts.warnings)


def test_strict(tmp_path: Path, model: ModelFile, somebodys: Running) -> None:
    """With --strict less context is no start, and nothing is left."""
    api = somebodys("small context")
    with pytest.raises(NotAsAsked, match="512 tokens"):
        _facts(_request(tmp_path, model, strict=True))
    assert api.names() == []


@pytest.mark.parametrize(
    ("fault", "error", "said"),
    [
        ("out of memory", OutOfRAM, r"Mine\.gguf does not fit in memory: .*14\.1 GiB"),
        ("out of VRAM", OutOfVRAM, r"Mine\.gguf needs 9,000 MB of VRAM"),
        ("unknown architecture", UnknownArchitecture, "'brandnew'.*update Ollama"),
        ("forgets", WrongModel, "/api/ps does not list it"),
        ("never loads", StartTimeout, r"within 1 s \(--start-timeout\)"),
        ("never answers", ServerHangs, r"did not answer within 0\.5 s"),
        ("dies", ServerDied, "cannot be reached"),
    ],
)
def test_refusals(
    tmp_path: Path,
    model: ModelFile,
    somebodys: Running,
    monkeypatch: pytest.MonkeyPatch,
    fault: str,
    error: type[Exception],
    said: str,
) -> None:
    """Each way of not starting is one line, and our model is not left in Ollama."""
    answers_within_s = 0.5 if fault == "never answers" else 60
    monkeypatch.setattr(
        ollama, "prove_token", lambda url, name: http.prove_token(url, name, timeout=answers_within_s)
    )
    api = somebodys(fault)
    patience = 1 if error is StartTimeout else 30
    request = _request(tmp_path, model, gpu_layers="all", start_timeout_s=patience)
    with pytest.raises(error, match=said) as caught:
        _facts(request)
    assert "\n" not in str(caught.value)
    if fault != "dies":
        assert api.names() == []
        assert api.running() == []


def test_a_serve_that_ends_at_once(tmp_path: Path, model: ModelFile, monkeypatch: pytest.MonkeyPatch) -> None:
    """An Ollama of ours that does not come up is told in its own words, at once."""
    monkeypatch.setenv("OLLAMA_FAULTS", "refuses to start")
    with pytest.raises(ServerDied, match=r"ollama serve ended with exit code 1: .*permission denied"):
        _facts(_request(tmp_path, model))


def test_one_that_is_slow_to_answer_once_is_taken_for_no_other(
    tmp_path: Path, model: ModelFile, somebodys: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A machine that stood still for a moment got a second Ollama beside the one that runs."""
    api = somebodys()
    late = [TimeoutError("timed out")]

    def ask_slowly(url: str, *details: Any, **named: Any) -> http.HttpReply:
        if late:
            raise late.pop()
        return http.ask(url, *details, **named)

    monkeypatch.setattr(ollama_api, "ask", ask_slowly)
    assert _facts(_request(tmp_path, model)).base_url == f"{api.url}/v1"
    assert late == []


def test_the_port_is_taken_between_pick_and_bind(
    tmp_path: Path, model: ModelFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody is quicker on the port that our own Ollama was to have: another is tried, and that is said."""
    said: list[str] = []
    with socket.socket() as quicker:
        quicker.bind(("127.0.0.1", 0))
        ports = iter([quicker.getsockname()[1], free_port()])
        monkeypatch.setattr(ollama, "free_port", lambda: next(ports))
        with serve(_request(tmp_path, model), said.append) as server:
            assert server.failure() is None
    assert [line for line in said if "took the port" in line and "trying another" in line]


def test_a_serve_that_dies_in_use(tmp_path: Path, model: ModelFile) -> None:
    """An Ollama of ours that is killed in the middle of a run is noticed."""
    with serve(_request(tmp_path, model), lambda _: None) as server:
        for pid in server.facts.pids:
            os.kill(pid, signal.SIGKILL)
        wait_until(lambda: server.failure() is not None)
        assert isinstance(server.failure(), ServerDied)


def test_a_running_one_that_goes_away(
    tmp_path: Path, model: ModelFile, somebodys: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So is one that somebody else ends."""
    monkeypatch.setattr(running, "LOOKS_EVERY_S", 0.0)
    somebodys()
    with serve(_request(tmp_path, model), lambda _: None) as server:
        assert server.failure() is None
        os.kill(server.facts.pids[0], signal.SIGKILL)
        wait_until(lambda: server.failure() is not None)
        assert isinstance(server.failure(), ServerDied)


def test_vram_that_is_kept(
    tmp_path: Path, model: ModelFile, somebodys: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A model that stays in memory though it was unloaded is told, with what it holds."""
    monkeypatch.setattr(ollama, "UNLOADS_WITHIN_S", 0.2)
    monkeypatch.setattr(life, "SETTLES_WITHIN_S", 0.2)
    api = somebodys("keeps")
    lines: list[str] = []

    def vram() -> float:
        return float(sum(one["size_vram"] for one in api.running())) / 2**20

    with serve(_request(tmp_path, model), lines.append, vram) as server:
        pass
    assert any("still holds bench-runner-my-model" in line for line in lines)
    assert server.stop_report is not None
    assert server.stop_report.residue_mb == 1000


def test_leftovers_of_a_killed_runner(tmp_path: Path, model: ModelFile, somebodys: Running) -> None:
    """A model that a dead runner made is removed at the next start; a living one's stays."""
    api = somebodys()
    digest = hashlib.sha256(model.path.read_bytes()).hexdigest()
    api.upload(model.path, digest)
    dead = subprocess.Popen(["true"])
    dead.wait()
    left, living = f"bench-runner-old:{dead.pid}", f"bench-runner-other:{os.getppid()}"
    for name in (left, living):
        api.create(name, {"m.gguf": digest}, {"num_ctx": 8})
        api.load(name, 5)
    _facts(_request(tmp_path, model))
    assert api.names() == [living]
    assert [one["name"] for one in api.running()] == [living]


def _split(folder: Path) -> ModelFile:
    tensors = list(tensors_of(Shape()).items())
    for number in (0, 1):
        metadata = {"split.no": number, "split.count": 2} | (metadata_of(Shape()) if not number else {})
        write(folder / f"s-{number + 1:05}-of-00002.gguf", metadata, dict(tensors[number::2]))
    return read_model_file(folder / "s-00001-of-00002.gguf")


def test_split_files(tmp_path: Path, somebodys: Running) -> None:
    """All parts are uploaded; an Ollama that cannot join them says so in one line."""
    facts = _facts(_request(tmp_path, _split(tmp_path)))
    assert facts.layers_total == 3
    somebodys("no split files")
    with pytest.raises(ModelRefused, match=r"make a model of s-00001-of-00002\.gguf.*update Ollama"):
        _facts(_request(tmp_path, _split(tmp_path)))


def test_not_installed(tmp_path: Path, model: ModelFile, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither running nor installed: where to get it, and `doctor` shows it as missing."""
    monkeypatch.setenv("PATH", str(tmp_path))
    assert Ollama.engine().version is None
    with pytest.raises(EngineMissing, match=r"no Ollama answers at .*ollama\.com/download"):
        _facts(_request(tmp_path, model))


def test_installed_and_running(somebodys: Running) -> None:
    """`doctor` asks the server for its version, or the program where none runs."""
    assert Ollama.engine().version == "0.12.0"
    somebodys()
    assert Ollama.engine().version == "0.12.0"


def test_without_a_model(tmp_path: Path) -> None:
    """Ollama is asked for with a file."""
    with pytest.raises(ModelFileError, match="--model"):
        Ollama(ServerRequest(kind="ollama", name="x", log=tmp_path / "log"), lambda _: None)


@pytest.mark.parametrize(
    ("given", "used"),
    [
        (None, "http://127.0.0.1:11434"),
        ("0.0.0.0", "http://127.0.0.1:11434"),
        ("box", "http://box:11434"),
        ("box:8080", "http://box:8080"),
        ("http://box", "http://box:80"),
        ("https://box:444", "https://box:444"),
        ("[::]:5", "http://127.0.0.1:5"),
    ],
)
def test_its_address(monkeypatch: pytest.MonkeyPatch, given: str | None, used: str) -> None:
    """OLLAMA_HOST is read as Ollama reads it."""
    monkeypatch.delenv("OLLAMA_HOST", raising=False)
    if given:
        monkeypatch.setenv("OLLAMA_HOST", given)
    assert address() == used
