"""The real engines, from start to stop."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from benchkit.errors import (
    BadServerFlag,
    ModelRefused,
    NotAsAsked,
    ServerDied,
    ServerError,
    UnknownArchitecture,
)
from benchkit.serving.servers import serve
from benchkit.serving.servers.http import ask as get
from benchkit.serving.servers.http import prove_token
from tests.serving.servers.conftest import Ask, installed_engine, model_file, survivors
from tests.serving.servers.tiny_gguf import write_tiny_gguf
from tests.support import wait_until

Damage = Callable[[bytes], bytes]
DAMAGED: dict[str, tuple[Damage, type[ServerError], str]] = {
    "empty": (lambda _: b"", ModelRefused, "is not a GGUF file"),
    "text": (lambda _: b"hello, I am not a model\n", ModelRefused, "is not a GGUF file"),
    "other magic": (lambda data: b"GGML" + data[4:], ModelRefused, "is not a GGUF file"),
    "cut in its header": (lambda data: data[:10], ModelRefused, "is not a GGUF file"),
    "cut in its metadata": (lambda data: data[:3000], ModelRefused, "is truncated or damaged"),
    "cut in its tensors": (lambda data: data[:50_000], ModelRefused, "is truncated or damaged"),
    "of a later version": (lambda data: data[:4] + b"\x63\0\0\0" + data[8:], ModelRefused, "version 99"),
    "without a tensor": (
        lambda data: data.replace(b"blk.0.attn_q", b"blk.0.attn_Q"),
        ModelRefused,
        "tensor 'blk.0.attn_q.weight' not found",
    ),
}
REFUSALS = [
    *((kind, damage) for kind in ("llama-server", "xllamacpp") for damage in DAMAGED),
    # Its loader is the same and it takes two seconds to start: one case shows that its words are read too.
    ("llama-cpp-python", "cut in its tensors"),
]


def test_a_server_proves_itself_says_what_it_did_and_ends(engine: str, ask: Ask, tmp_path: Path) -> None:
    """Every engine answers under our name, tells layers, context and device, and leaves no process."""
    with serve(ask(engine), print) as server:
        facts = server.facts
        prove_token(facts.base_url, facts.model)
        assert server.failure() is None
        assert (facts.kind, facts.model, facts.context_per_slot, facts.slots) == (engine, "tiny", 512, 1)
        assert (facts.layers_offloaded, facts.layers_total, facts.device) == (0, 3, "CPU")
        assert facts.kv_types == ("f16", "f16")
        assert facts.version
        assert facts.start_s
        assert len(facts.pids) == 1
    assert server.stop_report is not None
    assert not server.stop_report.killed
    assert survivors(tmp_path) == []


@pytest.mark.parametrize("kind", ["llama-server", "xllamacpp"])
def test_context_is_for_each_slot(kind: str, ask: Ask) -> None:
    """Three slots of 512 tokens are asked for, and the server itself says that it has them."""
    with serve(ask(installed_engine(kind), parallel=3), print) as server:
        assert (server.facts.slots, server.facts.context_per_slot) == (3, 512)
        assert server.facts.warnings == ()


@pytest.mark.parametrize(("kind", "damage"), REFUSALS)
def test_a_damaged_file_is_refused_in_one_line(kind: str, damage: str, ask: Ask, tmp_path: Path) -> None:
    """Whatever is wrong with a file, the engine's own words become one line that names it."""
    spoil, error, words = DAMAGED[damage]
    path = write_tiny_gguf(tmp_path / "broken.gguf")
    path.write_bytes(spoil(path.read_bytes()))
    request = ask(installed_engine(kind), model=model_file(path))
    with pytest.raises(error, match=words) as caught, serve(request, print):
        pass
    assert "broken.gguf" in str(caught.value)
    assert "\n" not in str(caught.value)
    assert caught.value.log


def test_an_architecture_too_new_for_the_engine(engine: str, ask: Ask, tmp_path: Path) -> None:
    """The line names the architecture and the build, and says to update."""
    path = write_tiny_gguf(tmp_path / "new.gguf", architecture="llama9")
    request = ask(engine, model=model_file(path))
    with pytest.raises(UnknownArchitecture, match=r"\d.* 'llama9' of new.gguf: update llama.cpp"):  # noqa: SIM117
        with serve(request, print):
            pass


def test_a_flag_the_engine_does_not_know(engine: str, ask: Ask) -> None:
    """The engine's complaint comes back with the flag in it."""
    with (
        pytest.raises(BadServerFlag, match="no-such-flag"),
        serve(ask(engine, extra_args=("--no-such-flag",)), print),
    ):
        pass


def test_a_flag_is_passed_on(engine: str, ask: Ask) -> None:
    """A KV cache of f32, asked for in the engine's own words, is in the facts."""
    words = {
        "llama-server": ("-ctk", "f32"),
        "xllamacpp": ("--cache-type-k", "f32"),
        "llama-cpp-python": ("--type_k", "0"),
    }
    with serve(ask(engine, extra_args=words[engine]), print) as server:
        assert server.facts.kv_types == ("f32", "f16")


def test_layers_on_a_gpu_that_is_not_there(engine: str, ask: Ask) -> None:
    """Asked for all layers on a box without a GPU: a warning, or with --strict a failed start."""
    request = ask(engine, gpu_layers="all")
    with serve(request, print) as server:
        assert any("runs on the CPU" in warning for warning in server.facts.warnings)
    with pytest.raises(NotAsAsked, match="runs on the CPU"), serve(replace(request, strict=True), print):
        pass


def test_a_death_in_use_is_noticed(engine: str, ask: Ask) -> None:
    """Killed from outside while it serves: failure() says so, with the log's tail."""
    with serve(ask(engine), print) as server:
        os.kill(server.facts.pids[0], signal.SIGKILL)
        wait_until(lambda: server.failure() is not None)
        failure = server.failure()
        assert isinstance(failure, ServerDied)
        assert "signal 9" in str(failure)
        assert failure.log
        with pytest.raises(OSError, match="refused"):
            get(f"{server.facts.base_url}/models")


def test_two_servers_at_once(ask: Ask, tmp_path: Path) -> None:
    """Two runners side by side: each has its own port and its own model, and ends alone."""
    one = ask(installed_engine("llama-server"), name="one", log=tmp_path / "one.log")
    two = ask("xllamacpp", name="two", log=tmp_path / "two.log")
    with serve(one, print) as first:
        with serve(two, print) as second:
            assert first.facts.base_url != second.facts.base_url
            assert (first.facts.model, second.facts.model) == ("one", "two")
        assert first.failure() is None
