#!/usr/bin/env python3
"""How much of a server's speed run_eval.py gets, beside a bare load generator and two other tools.

    python measurements/asking.py --problems-file HumanEval.jsonl.gz [--limit N] [--rounds N] [--others]

Needs llama-server (LLAMA_SERVER, PATH or `make llama-server`) and, in the Python that runs it, `gguf` and
`numpy`; with --others also `evalplus`, `lm-eval[api]` and HumanEval+'s problems file. The model is a llama of
random weights, 65 million of them: big enough to be the bottleneck. Every contestant asks the same problems,
the server never ends an answer before its budget and keeps no prompts, so all do the same work; the rounds
alternate.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from measurements import asking_others  # noqa: E402 — the path to it is set above

PYTHON = ROOT / ".venv" / "bin" / "python"
SLOTS, CONTEXT = 4, 2048
WIDTH, HIDDEN, LAYERS, HEADS = 768, 2304, 8, 12
SPOKEN = b"abcdefghijklmnopqrstuvwxyz \n"  # the only bytes that the model ever chooses


def write_model(path: Path) -> None:
    """A llama of random weights over bytes; greedy answers of letters and spaces."""
    import gguf
    import numpy as np

    dice = np.random.default_rng(1)
    tokens = ["<unk>", "<s>", "</s>", *(f"<0x{byte:02X}>" for byte in range(256))]
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_context_length(CONTEXT)
    writer.add_embedding_length(WIDTH)
    writer.add_block_count(LAYERS)
    writer.add_feed_forward_length(HIDDEN)
    writer.add_head_count(HEADS)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_tokenizer_model("llama")
    writer.add_token_list(tokens)
    writer.add_token_scores([0.0] * len(tokens))
    writer.add_token_types([2, 3, 3] + [6] * 256)
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)

    def add(name: str, *shape: int) -> None:
        writer.add_tensor(
            name, (dice.standard_normal(shape, np.float32) * shape[-1] ** -0.5).astype(np.float16)
        )

    add("token_embd.weight", len(tokens), WIDTH)
    spoken = np.zeros((len(tokens), WIDTH), np.float32)
    spoken[[3 + byte for byte in SPOKEN]] = dice.standard_normal((len(SPOKEN), WIDTH))
    writer.add_tensor("output.weight", spoken.astype(np.float16))
    writer.add_tensor("output_norm.weight", np.ones(WIDTH, np.float32))
    for layer in range(LAYERS):
        for norm in ("attn_norm", "ffn_norm"):
            writer.add_tensor(f"blk.{layer}.{norm}.weight", np.ones(WIDTH, np.float32))
        for part in ("attn_q", "attn_k", "attn_v", "attn_output"):
            add(f"blk.{layer}.{part}.weight", WIDTH, WIDTH)
        add(f"blk.{layer}.ffn_gate.weight", HIDDEN, WIDTH)
        add(f"blk.{layer}.ffn_up.weight", HIDDEN, WIDTH)
        add(f"blk.{layer}.ffn_down.weight", WIDTH, HIDDEN)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def find_server() -> str:
    kept = Path.home() / ".cache" / "bench_runner" / "llama-server" / "llama-server"
    server = os.environ.get("LLAMA_SERVER") or shutil.which("llama-server") or (kept.exists() and str(kept))
    return server or sys.exit("llama-server is missing: set LLAMA_SERVER, or run `make llama-server`")


@contextmanager
def serving(model: Path, threads: int | None) -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    flags = (
        f"--port {port} -np {SLOTS} -c {SLOTS * CONTEXT} --ignore-eos --no-cache-prompt -cram 0 --no-webui"
    )
    command = [find_server(), "-m", str(model), *flags.split(), *(("-t", str(threads)) if threads else ())]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_until_ready(port, process)
        yield f"http://127.0.0.1:{port}/v1"
    finally:
        process.terminate()
        process.wait()


def wait_until_ready(port: int, process: subprocess.Popen[bytes]) -> None:
    while process.poll() is None:
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            connection.request("GET", "/health")
            if connection.getresponse().status == 200:
                return
        except OSError:
            pass
        time.sleep(0.1)
    sys.exit("llama-server ended before it was ready")


def bare_load(base_url: str, bodies: Sequence[bytes]) -> tuple[float, int]:
    """As few lines as ask in parallel: seconds, and tokens as the server counts them."""
    replies: list[bytes] = []
    turns = iter(bodies)

    def ask() -> None:
        connection = http.client.HTTPConnection(urlsplit(base_url).netloc)
        for body in turns:
            for _ in range(2):  # the server may have closed the connection meanwhile
                try:
                    connection.request(
                        "POST", "/v1/chat/completions", body, {"Content-Type": "application/json"}
                    )
                    replies.append(connection.getresponse().read()[-2000:])
                    break
                except ConnectionError:
                    connection.close()

    threads = [threading.Thread(target=ask) for _ in range(SLOTS)]
    begun = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(replies) == len(bodies)
    return time.perf_counter() - begun, sum(tokens_of(reply) for reply in replies)


def tokens_of(reply: bytes) -> int:
    events = [json.loads(line[5:]) for line in reply.splitlines() if line.startswith(b"data: {")]
    return next(int(event["usage"]["completion_tokens"]) for event in events if event.get("usage"))


def bodies_of(prompts: Sequence[str], max_tokens: int) -> list[bytes]:
    """The requests that run_eval.py sends, byte for byte but for their order."""
    from benchkit.asking.client.prompts import find_style
    from benchkit.languages import PYTHON as PYTHON_LANGUAGE

    style = find_style("plain")
    further = {"stream": True, "stream_options": {"include_usage": True}}
    return [
        json.dumps(
            {
                "model": "m",
                "messages": style.chat(p, PYTHON_LANGUAGE).content,
                "temperature": 0.0,
                "max_tokens": max_tokens,
                **further,
            }
        ).encode()
        for p in prompts
    ]


def run_eval(base_url: str, problems: Path, options: argparse.Namespace) -> tuple[float, float, float]:
    """Seconds of the whole command, seconds of generation, tokens a second."""
    with tempfile.TemporaryDirectory() as folder:
        command = [
            str(PYTHON),
            str(ROOT / "run_eval.py"),
            "--base-url",
            base_url,
            "--model",
            "m",
            "--output-dir",
            folder,
        ]
        command += ["--problems-file", str(problems), "--max-tokens", str(options.max_tokens)]
        command += ["--limit", str(options.limit)]
        begun = time.perf_counter()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        wall = time.perf_counter() - begun
        summary = json.loads((Path(folder) / "summary.json").read_text())
    return wall, summary["generation_s"], summary["tokens_per_second"]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--problems-file", type=Path, required=True)
    parser.add_argument("--limit", type=int, default=164)
    parser.add_argument("--max-tokens", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, help="of the server; fewer where the machine is not idle")
    parser.add_argument("--others", action="store_true")
    options = parser.parse_args()
    from benchkit.asking.problems import load

    prompts = [
        problem.prompt for problem in load(file=options.problems_file).select(limit=options.limit).problems
    ]
    with tempfile.TemporaryDirectory() as folder:
        model = Path(folder) / "random.gguf"
        write_model(model)
        with serving(model, options.threads) as base_url:
            bare_load(base_url, bodies_of(prompts[:SLOTS], 16))  # warm up
            compare(base_url, prompts, options)
            if options.others:
                for tool, seconds in asking_others.times(
                    base_url, options.problems_file, options.max_tokens, options.limit, SLOTS
                ):
                    print(f"{tool}: {seconds}", flush=True)


def compare(base_url: str, prompts: Sequence[str], options: argparse.Namespace) -> None:
    shares, overheads = [], []
    for number in range(1, options.rounds + 1):
        bare_s, tokens = bare_load(base_url, bodies_of(prompts, options.max_tokens))
        wall, generation, speed = run_eval(base_url, options.problems_file, options)
        shares.append(speed / (tokens / bare_s))
        overheads.append(wall / generation - 1)
        bare = f"bare {tokens / bare_s:.1f} tokens/s in {bare_s:.1f} s"
        ours = f"run_eval.py {speed:.1f} tokens/s, {generation:.1f} s of generation, {wall:.1f} s in all"
        print(f"round {number}: {bare}; {ours}", flush=True)
    print(f"tokens/s beside the bare load: {statistics.median(shares):.1%} (at least 97% is wanted)")
    print(f"wall time beyond generation: {statistics.median(overheads):.1%} (at most 3% is wanted)")


if __name__ == "__main__":
    main()
