"""LM Studio, by a stand-in of `lms` and its REST API: our file under our name, or one line why not."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from threading import Timer
from typing import Any

import pytest

from benchkit.errors import (
    EngineMissing,
    Interrupted,
    ModelFileError,
    NotAsAsked,
    OutOfRAM,
    OutOfVRAM,
    ServerDied,
    ServerError,
    StartTimeout,
    UnknownArchitecture,
    WrongModel,
)
from benchkit.records import ModelFile, ServerRequest
from benchkit.serving.gguf import read_model_file
from benchkit.serving.servers import life, lm_studio, lms, running, serve
from benchkit.serving.servers.lm_studio import LmStudio, gpu_ratio
from tests.serving.servers.tiny_gguf import write_tiny_gguf
from tests.support import wait_until

MINE = f"bench-runner-mine-{os.getpid()}"
STAND_IN = Path(__file__).parents[2] / "stand_ins" / "lms.py"


class Studio:
    """The stand-in's folder, and what a test wants to know of it."""

    def __init__(self, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.home = home
        self._monkeypatch = monkeypatch
        (home / "models").mkdir(parents=True)
        monkeypatch.setenv("LMS_HOME", str(home))

    def faults(self, *names: str) -> None:
        self._monkeypatch.setenv("LMS_FAULTS", ",".join(names))

    def loaded(self) -> list[dict[str, Any]]:
        path = self.home / "loaded.json"
        return json.loads(path.read_text()) if path.exists() else []

    def names(self) -> list[str]:
        return [one["identifier"] for one in self.loaded()]

    def files(self) -> list[str]:
        return [path.name for path in (self.home / "models").rglob("*") if path.is_file()]

    def own(self, name: str = "theirs") -> ModelFile:
        """A model that the person has in LM Studio."""
        path = self.home / "models" / "somebody" / "repo" / f"{name}.gguf"
        path.parent.mkdir(parents=True, exist_ok=True)
        return read_model_file(write_tiny_gguf(path))

    def call(self, *arguments: str) -> None:
        subprocess.run([sys.executable, str(STAND_IN), *arguments], check=True, capture_output=True)

    def vram_mb(self) -> float:
        """Each instance takes 1000 MB."""
        return 300.0 + 1000.0 * len(self.loaded())


@pytest.fixture
def studio(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Studio:
    """An `lms` on PATH, nothing loaded, the HTTP server off."""
    program = tmp_path / "bin" / "lms"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -S "{STAND_IN}" "$@"\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(program.parent), prepend=":")
    lms.version.cache_clear()
    return Studio(tmp_path / "studio", monkeypatch)


@pytest.fixture
def outside(tmp_path: Path) -> ModelFile:
    """A model that LM Studio does not know yet."""
    return read_model_file(write_tiny_gguf(tmp_path / "Mine.Q8_0.gguf"))


def _request(tmp_path: Path, model: ModelFile, **changes: Any) -> ServerRequest:
    known: dict[str, Any] = {"context": 512, "parallel": 2, "name": "mine"}
    return ServerRequest(kind="lm-studio", log=tmp_path / "server.log", model=model, **(known | changes))


def _served(request: ServerRequest) -> Any:
    with serve(request, lambda _: None) as server:
        return server.facts


def _refused(error: type[Exception], said: str, request: ServerRequest) -> Exception:
    with pytest.raises(error, match=said) as caught, serve(request, lambda _: None):
        pass
    assert "\n" not in str(caught.value)
    return caught.value


def test_a_file_from_anywhere(studio: Studio, tmp_path: Path, outside: ModelFile) -> None:
    """A file outside is shown to LM Studio by a link, served under our name, and leaves no trace."""
    lines: list[str] = []
    with serve(_request(tmp_path, outside), lines.append, studio.vram_mb) as server:
        facts = server.facts
        assert studio.names() == [MINE]
        assert studio.loaded()[0]["path"].endswith("/Mine.Q8_0.gguf")
        assert server.failure() is None
    assert (facts.model, facts.kind, facts.device) == (MINE, "lm-studio", "cuda")
    assert (facts.context_per_slot, facts.slots) == (512, 2)
    assert facts.version == "llama.cpp-linux-x86_64-nvidia-cuda12-avx2 1.50.0"
    assert facts.base_url.startswith("http://127.0.0.1:")
    assert facts.base_url.endswith("/v1")
    assert studio.names() == []
    assert studio.files() == []
    assert list((studio.home / "models").iterdir()) == []
    assert outside.path.exists()
    assert server.stop_report is not None
    assert server.stop_report.residue_mb == 0
    assert any("through a link" in line for line in lines)


def test_a_file_that_is_there_already(studio: Studio, tmp_path: Path) -> None:
    """A file in LM Studio's own folder is loaded by its exact path and stays there, beside similar names."""
    studio.own("theirs-mini")
    model = studio.own("theirs")
    facts = _served(_request(tmp_path, model))
    assert facts.command[2] == "somebody/repo/theirs.gguf"
    assert "--exact" in facts.command
    assert facts.further["model_key"] == "theirs"
    assert sorted(studio.files()) == ["theirs-mini.gguf", "theirs.gguf"]


def test_ctrl_c_while_its_server_starts(
    studio: Studio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server that was just being started is stopped again."""
    run = lms.run

    def interrupted(program: Path, *arguments: str) -> str:
        said = run(program, *arguments)
        if arguments == ("server", "start"):
            raise Interrupted
        return said

    monkeypatch.setattr(lms, "run", interrupted)
    with pytest.raises(Interrupted):
        _served(_request(tmp_path, studio.own()))
    assert lms.server_port(lms.require_lms()) is None


def test_the_servers_own_life(studio: Studio, tmp_path: Path) -> None:
    """A server that we had to start is stopped again; one that ran stays."""
    model = studio.own()
    _served(_request(tmp_path, model))
    assert lms.server_port(lms.require_lms()) is None
    studio.call("server", "start")
    _served(_request(tmp_path, model))
    assert lms.server_port(lms.require_lms()) is not None
    studio.call("server", "stop")


def test_what_the_person_has_loaded_is_left_alone(studio: Studio, tmp_path: Path, outside: ModelFile) -> None:
    """Other models in memory stay there, and the record says that they are."""
    studio.own()
    studio.call("load", "somebody/repo/theirs.gguf", "--exact", "--identifier", "chat", "-y")
    facts = _served(_request(tmp_path, outside))
    assert any("LM Studio holds chat in memory too: left alone" in warning for warning in facts.warnings)
    assert studio.names() == ["chat"]


def test_no_second_instance(studio: Studio, tmp_path: Path) -> None:
    """A model that is loaded already is refused, and nothing is changed."""
    model = studio.own()
    path = "somebody/repo/theirs.gguf"
    studio.call("load", path, "--exact", "--identifier", "chat", "-y")
    _refused(ServerError, "already, .*`lms unload chat` first", _request(tmp_path, model))
    assert studio.names() == ["chat"]


def test_leftovers_of_a_killed_runner(studio: Studio, tmp_path: Path, outside: ModelFile) -> None:
    """What a dead runner had loaded and linked is taken away; a living one's stays."""
    left = LmStudio(_request(tmp_path, outside), lambda _: None)
    left.start()
    left.ready()
    dead = subprocess.Popen(["true"])
    dead.wait()
    living = f"bench-runner-other-{os.getppid()}"
    found = studio.loaded()
    found[0]["identifier"] = f"bench-runner-mine-{dead.pid}"
    other = {**found[0], "identifier": living, "path": "somebody/repo/other.gguf"}
    (studio.home / "loaded.json").write_text(json.dumps([*found, other]))
    assert len(studio.files()) == 1
    _served(_request(tmp_path, outside))
    assert studio.names() == [living]
    assert studio.files() == []
    left.stop()


def test_a_name_that_got_a_number(studio: Studio, tmp_path: Path, outside: ModelFile) -> None:
    """An instance under another name than ours is unloaded and refused."""
    studio.faults("second")
    _refused(WrongModel, rf"loaded .*Mine\.Q8_0\.gguf as {MINE}:2 in place of", _request(tmp_path, outside))
    assert studio.names() == []
    assert studio.files() == []


def test_a_fuzzy_match(studio: Studio, tmp_path: Path, outside: ModelFile) -> None:
    """Another file under our name is found out, unloaded and refused."""
    studio.own("mine-too")
    studio.faults("fuzzy")
    _refused(WrongModel, rf"loaded somebody/repo/mine-too\.gguf as {MINE}", _request(tmp_path, outside))
    assert studio.names() == []


def test_less_context_than_asked(studio: Studio, tmp_path: Path, outside: ModelFile) -> None:
    """Context that was reduced in silence is a warning, and with --strict no start."""
    studio.faults("small context")
    facts = _served(_request(tmp_path, outside, context=4096))
    assert facts.context_per_slot == 512
    assert any("4096 tokens of context" in warning for warning in facts.warnings)
    _refused(NotAsAsked, "4096 tokens", _request(tmp_path, outside, context=4096, strict=True))
    assert studio.names() == []


def test_an_older_lm_studio(studio: Studio, tmp_path: Path, outside: ModelFile) -> None:
    """Before 0.4 the context is read from the older API, the slots from `lms ps`."""
    studio.faults("before 0.4")
    facts = _served(_request(tmp_path, outside))
    assert (facts.context_per_slot, facts.slots) == (512, 2)


@pytest.mark.usefixtures("studio")
def test_layers_as_a_ratio(tmp_path: Path, outside: ModelFile) -> None:
    """Layers become a ratio of the model's, and the record says so."""
    facts = _served(_request(tmp_path, outside, gpu_layers=1))
    assert facts.further["gpu_ratio"] == 0.5
    assert any("1 of 2 layers were asked for as 0.5" in warning for warning in facts.warnings)
    assert facts.command[facts.command.index("--gpu") + 1] == "0.5"


@pytest.mark.parametrize(
    ("layers", "total", "ratio"),
    [("auto", 32, None), ("all", 32, 1), (0, 32, 0), (8, 32, 0.25), (99, 32, 1), (8, None, 1)],
)
def test_ratios(layers: Any, total: int | None, ratio: float | None) -> None:
    """All is 1, none is 0, and what nobody chose is left to LM Studio."""
    assert gpu_ratio(layers, total) == ratio


def test_a_runtime_without_a_gpu(studio: Studio, tmp_path: Path, outside: ModelFile) -> None:
    """A runtime for the CPU is told by its name."""
    studio.faults("on the CPU")
    facts = _served(_request(tmp_path, outside))
    assert (facts.device, facts.layers_offloaded) == ("CPU", 0)


def test_vram_that_is_kept(
    studio: Studio, tmp_path: Path, outside: ModelFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An instance that stays in memory though it was unloaded is told, with what it holds."""
    monkeypatch.setattr(lm_studio, "UNLOADS_WITHIN_S", 0.3)
    monkeypatch.setattr(life, "SETTLES_WITHIN_S", 0.3)
    studio.faults("keeps")
    lines: list[str] = []
    with serve(_request(tmp_path, outside), lines.append, studio.vram_mb) as server:
        pass
    assert any(f"still holds {MINE}" in line for line in lines)
    assert server.stop_report is not None
    assert server.stop_report.residue_mb == 1000
    assert server.stop_report.warnings


@pytest.mark.parametrize(
    ("fault", "error", "said"),
    [
        ("guardrails", OutOfVRAM, "needs too much memory: take fewer --gpu-layers"),
        ("unknown architecture", UnknownArchitecture, "'brandnew'.*update the llama.cpp runtime"),
        ("forgets", WrongModel, "does not list it"),
        ("hidden", WrongModel, "does not list .*move the file"),
        ("garbled", ServerError, "printed no JSON"),
    ],
)
def test_refusals(
    studio: Studio,
    tmp_path: Path,
    outside: ModelFile,
    monkeypatch: pytest.MonkeyPatch,
    fault: str,
    error: type[Exception],
    said: str,
) -> None:
    """Each way of not starting is one line with the next step, and leaves nothing in LM Studio."""
    monkeypatch.setattr(lm_studio, "SEES_A_NEW_FILE_S", 0.5)
    studio.faults(fault)
    _refused(error, said, _request(tmp_path, outside, gpu_layers="all"))
    studio.faults()
    assert studio.names() == []
    assert studio.files() == []
    assert lms.server_port(lms.require_lms()) is None or fault == "garbled"


def test_out_of_memory_on_the_cpu(studio: Studio, tmp_path: Path, outside: ModelFile) -> None:
    """Without GPU layers it is the computer's memory that does not suffice."""
    studio.faults("guardrails")
    _refused(OutOfRAM, "too much memory", _request(tmp_path, outside, gpu_layers=0))


def test_a_load_that_never_ends(studio: Studio, tmp_path: Path, outside: ModelFile) -> None:
    """A load without an end is given up after --start-timeout, and its process is gone."""
    studio.faults("never loads")
    _refused(StartTimeout, r"within 1 s \(--start-timeout\)", _request(tmp_path, outside, start_timeout_s=1))
    assert studio.files() == []


def test_an_interrupted_load(studio: Studio, tmp_path: Path, outside: ModelFile) -> None:
    """Stopped while it loads, nothing is left."""
    studio.faults("never loads")
    server = LmStudio(_request(tmp_path, outside), lambda _: None)
    server.start()
    Timer(0.3, server.stop).start()
    with pytest.raises(ServerError):
        server.ready()
    server.stop()
    assert (studio.names(), studio.files()) == ([], [])


def test_a_server_that_goes_away(
    studio: Studio, tmp_path: Path, outside: ModelFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    """LM Studio closed in the middle of a run is noticed."""
    monkeypatch.setattr(running, "LOOKS_EVERY_S", 0.0)
    with serve(_request(tmp_path, outside), lambda _: None) as server:
        assert server.failure() is None
        studio.call("server", "stop")
        wait_until(lambda: server.failure() is not None)
        assert isinstance(server.failure(), ServerDied)


def test_not_installed(tmp_path: Path, outside: ModelFile, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without `lms` the error says where to get it, and `doctor` that it is not there."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))
    assert LmStudio.engine().version is None
    _refused(EngineMissing, "lmstudio.ai/download", _request(tmp_path, outside))


def test_installed(studio: Studio) -> None:
    """`doctor` shows the version of `lms`; nothing is started for it."""
    assert LmStudio.engine().version == "lms 0123456789ab"
    assert not (studio.home / "server.json").exists()


def test_without_a_model(tmp_path: Path) -> None:
    """LM Studio is asked for with a file."""
    with pytest.raises(ModelFileError, match="--model"):
        LmStudio(ServerRequest(kind="lm-studio", name="x", log=tmp_path / "log"), lambda _: None)
