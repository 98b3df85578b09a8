"""llama-bench itself, on a demo model."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from parsers import get_parser

MODEL = Path(__file__).parents[2] / "demo" / "demo-q2_k.gguf"


def llama_bench() -> str:
    """Where it is: as LLAMA_BENCH says, beside the llama-server that LLAMA_SERVER names, or on the PATH."""
    beside = (
        Path(os.environ.get("LLAMA_SERVER", "")).with_name("llama-bench")
        if "LLAMA_SERVER" in os.environ
        else None
    )
    cached = Path.home() / ".cache" / "bench_runner" / "llama-bench"
    named = [os.environ.get("LLAMA_BENCH"), beside, shutil.which("llama-bench"), cached]
    found = next((str(path) for path in named if path and Path(path).is_file()), None)
    if found is None:
        pytest.skip("llama-bench is not installed: set LLAMA_BENCH or put it on the PATH")
    return found


@pytest.mark.parametrize("form", ["md", "json", "jsonl", "csv"])
def test_what_llama_bench_prints_now_is_read(form: str) -> None:
    """In each of its forms, standard error mixed in."""
    command = [llama_bench(), "-m", str(MODEL), "-p", "16", "-n", "4", "-r", "2", "-t", "1", "-o", form]
    ran = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=True)
    results = get_parser("llama_bench").parse(ran.stdout)
    assert [test["test"] for test in results.metrics["tests"]] == ["pp16", "tg4"]
    assert results.metrics["tokens_per_second"] > 0
