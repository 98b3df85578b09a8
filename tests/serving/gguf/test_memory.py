"""The memory estimate, against the buffer sizes that a real llama-server prints."""

import re
import subprocess
import threading
from pathlib import Path

import pytest

from benchkit.serving.gguf import layers_that_fit, memory_needed, read_model_facts
from benchkit.serving.gguf.memory import DRIVER_BYTES
from benchkit.serving.servers.llama_server import find_llama_server
from tests.serving.gguf.writing import Shape, write_model

MIB = 1 << 20
PLAIN = Shape(layers=6, embedding=512, heads=8, kv_heads=4, feed_forward=1408, vocabulary=4000)
TIED = Shape(layers=3, embedding=256, heads=4, kv_heads=4, feed_forward=2048, vocabulary=1000, tied=True)
WINDOWED = Shape("gemma3", layers=12, embedding=256, heads=4, kv_heads=2, feed_forward=512, tied=True)


def _llama_server() -> str:
    found = find_llama_server()
    if not found:
        pytest.skip("no llama-server: `make llama-server` builds one")
    return str(found)


def _printed_buffers(model: Path, *arguments: str) -> dict[str, float]:
    """MiB by purpose; the last word counts: the server measures once before it allocates."""
    command = [_llama_server(), "-m", str(model), "--port", "0", "-v", "--no-warmup", "-nr", *arguments]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    deadline = threading.Timer(60, server.kill)
    deadline.start()
    lines = []
    try:
        for line in server.stdout or ():
            lines.append(line)
            if "listening on" in line:
                break
    finally:
        deadline.cancel()
        server.kill()
        server.communicate()
    found = re.findall(r"(model|KV|compute) buffer size = +([\d.]+) MiB", "".join(lines))
    assert found, "".join(lines[-20:])
    last = dict(found)
    caches = sum(float(size) for purpose, size in found if purpose == "KV")  # the measured ones are zero
    return {"weights": float(last["model"]), "kv_cache": caches, "compute": float(last["compute"])}


@pytest.mark.parametrize(
    ("shape", "context", "slots", "kv"),
    [
        (PLAIN, 4096, 1, "f16"),
        (PLAIN, 1000, 3, "f16"),
        (PLAIN, 2048, 2, "q8_0"),
        (TIED, 8192, 1, "f16"),
        (WINDOWED, 4096, 2, "f16"),
    ],
)
def test_estimate_is_what_a_server_takes(
    tmp_path: Path, shape: Shape, context: int, slots: int, kv: str
) -> None:
    """Weights and KV cache to a hundredth of a MiB, compute buffers within a tenth."""
    window = {"gemma3__attention__sliding_window": 512} if shape.architecture == "gemma3" else {}
    model = write_model(tmp_path / "m.gguf", shape, **window)
    total = -(-context // 256) * 256 * slots
    printed = _printed_buffers(model, "-c", str(total), "-np", str(slots), "-ctk", kv, "-ctv", kv)
    estimate = memory_needed(read_model_facts(model), context, slots, (kv, kv), gpu_layers=0)
    assert estimate.gpu == 0
    assert estimate.weights / MIB == pytest.approx(printed["weights"], abs=0.01)
    assert estimate.kv_cache / MIB == pytest.approx(printed["kv_cache"], abs=0.01)
    assert estimate.compute / MIB == pytest.approx(printed["compute"], rel=0.1)


def test_layers_move_from_the_end(tmp_path: Path) -> None:
    """One GPU layer is the output alone; all of them leave only the embeddings in memory."""
    facts = read_model_facts(write_model(tmp_path / "m.gguf", PLAIN))
    one, everything = (memory_needed(facts, 4096, gpu_layers=layers) for layers in (1, "all"))
    assert one.gpu == facts.output_bytes + one.compute
    assert everything.ram == facts.input_bytes
    assert everything.gpu + everything.ram == everything.weights + everything.kv_cache + everything.compute


def test_a_tied_matrix_is_copied_to_the_gpu(tmp_path: Path) -> None:
    """Where the embeddings serve at both ends, a GPU takes a second copy of them."""
    facts = read_model_facts(write_model(tmp_path / "m.gguf", TIED))
    without, on_gpu = (memory_needed(facts, 4096, gpu_layers=layers) for layers in (0, 1))
    assert on_gpu.weights - without.weights == 256 * 1000 * 2


def test_layers_that_fit_is_the_edge(tmp_path: Path) -> None:
    """So many layers fit, one more does not; nothing fits into nothing, everything into plenty."""
    facts = read_model_facts(write_model(tmp_path / "m.gguf", PLAIN))
    needs = [memory_needed(facts, 4096, 2, gpu_layers=layers).gpu for layers in range(8)]
    assert needs == sorted(needs)
    for layers in (1, 4, 7):
        assert layers_that_fit(needs[layers] + DRIVER_BYTES, facts, 4096, 2) == layers
        assert layers_that_fit(needs[layers] + DRIVER_BYTES - 1, facts, 4096, 2) == layers - 1
    assert layers_that_fit(0, facts, 4096) == 0
    assert layers_that_fit(1 << 40, facts, 4096) == 7


def test_recurrent_layers_keep_a_state(tmp_path: Path) -> None:
    """A layer without attention costs the same for any context."""
    recurrent = {
        "llama__ssm__state_size": 16,
        "llama__ssm__inner_size": 128,
        "llama__ssm__conv_kernel": 4,
        "llama__attention__head_count_kv": [0, 2],
    }
    facts = read_model_facts(write_model(tmp_path / "m.gguf", Shape(), **recurrent))
    assert [layer.key_values for layer in facts.layers] == [0, 32]
    assert facts.layers[0].state_values == 3 * 128 + 16 * 128
    short, long = (memory_needed(facts, context) for context in (256, 512))
    assert long.kv_cache - short.kv_cache == 256 * (32 + 32) * 2
