"""How far the memory estimate is from what a llama-server really took, in a processor's memory.

    python measurements/memory_estimate.py

For each case a server is started on a file written for it, asked for an answer to a prompt of a whole
micro-batch, and its resident memory compared with the estimate. What a server takes beside any model is the
same in all cases, and taken off: it is measured with a model that needs next to nothing.
"""
# ruff: noqa: E402 - the root is known only after the first imports

from __future__ import annotations

import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import psutil

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from benchkit.records import ServerRequest
from benchkit.running.batch.estimate import expected_memory
from benchkit.running.batch.expand import Entry
from benchkit.serving.gguf import read_model_file
from benchkit.serving.servers import serve
from benchkit.serving.speed.measuring import Load, Meter
from benchkit.serving.speed.prompts import learn_wording
from benchkit.serving.speed.streaming import StreamingServer
from benchkit.serving.telemetry.room import Room
from benchkit.settings import RunSettings
from tests.serving.gguf.writing import Shape, write_model

MB = 1 << 20
MICRO_BATCH = 512
SMALLEST = Shape(layers=1, embedding=64, heads=1, kv_heads=1, feed_forward=64)
DENSE = Shape(
    layers=8, embedding=1024, heads=16, kv_heads=8, feed_forward=2816, vocabulary=4000, context=16384
)
MIXTURE = Shape(
    layers=8, embedding=512, heads=8, kv_heads=4, feed_forward=1024, vocabulary=4000, context=16384, experts=8
)
DRAFT = Shape(
    layers=4, embedding=512, heads=8, kv_heads=8, feed_forward=1408, vocabulary=4000, context=1 << 14
)
DRAFTING = ("--model-draft", "draft.gguf", "--spec-type", "draft-simple")


@dataclass(frozen=True)
class Case:
    shape: Shape
    context: int
    slots: int
    arguments: tuple[str, ...] = ()


CASES = {
    "dense": Case(DENSE, 4096, 2),
    "dense, many slots": Case(DENSE, 4096, 8),
    "K q8_0, V q4_0": Case(DENSE, 8192, 4, ("-fa", "on", "-ctk", "q8_0", "-ctv", "q4_0")),
    "K f16, V q8_0": Case(DENSE, 8192, 4, ("-fa", "on", "-ctv", "q8_0")),
    "K q4_0, V f16": Case(DENSE, 8192, 4, ("-fa", "on", "-ctk", "q4_0")),
    "experts": Case(MIXTURE, 4096, 2),
    "experts of 3 layers in RAM": Case(MIXTURE, 4096, 2, ("--n-cpu-moe", "3")),
    "all experts in RAM": Case(MIXTURE, 4096, 4, ("--cpu-moe",)),
    "draft model": Case(DENSE, 4096, 2, DRAFTING),
    "draft model, K q8_0, V q8_0": Case(
        DENSE, 8192, 2, (*DRAFTING, "-fa", "on", "-ctk", "q8_0", "-ctv", "q8_0")
    ),
}


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_model(folder / "draft.gguf", DRAFT)
        alone = Case(SMALLEST, 512, 1)
        beside = taken(folder, alone) - estimated(folder, alone)
        print(f"beside any model: {beside:.0f} MB")
        errors = []
        for title, case in CASES.items():
            took, expected = taken(folder, case) - beside, estimated(folder, case)
            errors.append(abs(expected / took - 1))
            off = expected / took - 1
            print(f"{title}: took {took:.0f} MB, estimated {expected:.0f} MB ({off:+.1%})", flush=True)
    print(f"median error {median(errors):.1%}, largest {max(errors):.1%}")


def words_of(folder: Path, case: Case) -> tuple[str, ...]:
    return tuple(str(folder / word) if word.endswith(".gguf") else word for word in case.arguments)


def model_of(folder: Path, case: Case) -> Path:
    return write_model(folder / f"{case.shape.embedding}-{case.shape.experts}.gguf", case.shape)


def estimated(folder: Path, case: Case) -> float:
    """MB, as the batch's preview tells it."""
    model = read_model_file(model_of(folder, case))
    settings = RunSettings(
        benchmark="demo", model=model.path, gpu_layers=0, context=case.context, parallel=case.slots,
        server_args=words_of(folder, case),
    )  # fmt: skip
    _, ram_mb, _ = expected_memory(Entry("", settings, model), Room(None, 1e9))
    assert ram_mb is not None
    return ram_mb


def taken(folder: Path, case: Case) -> float:
    """MB of the server, with the file itself in its memory and not in the page cache alone."""
    model = read_model_file(model_of(folder, case))
    words = (*words_of(folder, case), "--load-mode", "none", "--threads", "1")
    request = ServerRequest(
        "llama-server", "model", folder / "log", model, 0, case.context, case.slots, words
    )
    with serve(request, lambda _line: None) as server:
        target = StreamingServer(server.facts.base_url, server.facts.model, server.api_key)
        Meter(target, learn_wording(target), lambda: server.facts.pids).once(Load(MICRO_BATCH * 3 // 4, 4))
        return max(psutil.Process(pid).memory_info().rss for pid in server.facts.pids) / MB


if __name__ == "__main__":
    main()
