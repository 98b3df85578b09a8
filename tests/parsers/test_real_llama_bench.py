"""llama-bench itself, on a demo model."""

from __future__ import annotations

import subprocess

import pytest

from parsers import get_parser
from tests.support import QUANTIZED
from tests.wrapping.harness_tasks import installed


@pytest.mark.parametrize("form", ["md", "json", "jsonl", "csv"])
def test_what_llama_bench_prints_now_is_read(form: str) -> None:
    """In each of its forms, standard error mixed in."""
    program = installed("llama-bench")
    command = [program, "-m", str(QUANTIZED), "-p", "16", "-n", "4", "-r", "2", "-t", "1", "-o", form]
    ran = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=True)
    results = get_parser("llama_bench").parse(ran.stdout)
    assert [test["test"] for test in results.metrics["tests"]] == ["pp16", "tg4"]
    assert results.metrics["tokens_per_second"] > 0
