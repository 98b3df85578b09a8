"""The commands whose output is frozen: the folder of the data, then what is typed there."""

from __future__ import annotations

import re
from typing import NamedTuple

ELSEWHERE = "two_eval_results.json --model elsewhere-7b"
PROBLEMS = "--problems-file /opt/bench_runner/demo/problems.jsonl"
OWN = "--benchmark mine --score-pattern '(?P<score>1)' --script 'sh {model}'"
SERVED = (
    "--model models/demo-f16.gguf --server xllamacpp --gpu-layers 3 --context 700 --parallel 2"
    " --server-arg=--cache-type-k --server-arg=q8_0 --temperature 0.3 --max-tokens 222"
    " --timeout 100 --name given"
)


class Case(NamedTuple):
    folder: str
    command: str

    @property
    def name(self) -> str:
        """Its file in `expected/`."""
        words = (
            self.command.replace(SERVED, "SERVED")
            .replace(PROBLEMS, "PROBLEMS")
            .replace("bench_runner.py ", "")
        )
        return re.sub(r"[^\w.+]+", "-", f"{self.folder} {words}").strip("-")


CASES = (
    Case("history", "bench_runner.py list"),
    Case("history", "bench_runner.py show 20261125-193536-d796"),
    Case("history", "bench_runner.py show 20261125-193602"),
    Case("history", "bench_runner.py show 20261125-193603 --json"),
    Case("history", "bench_runner.py show imported-bdf"),
    Case("history", "bench_runner.py show 2026112"),
    Case("history", "bench_runner.py show 2025"),
    Case("history", "bench_runner.py compare"),
    Case("history", "bench_runner.py compare --benchmark demo"),
    Case("history", "bench_runner.py compare demo-f16 demo-q2_k --benchmark demo"),
    Case("history", "bench_runner.py compare demo-q2_k demo-f16 --benchmark human_eval"),
    Case("history", "bench_runner.py compare demo-f16 copy-of-f16 --benchmark demo --margin 50"),
    Case("history", "bench_runner.py compare --benchmark demo --baseline demo-q2_k"),
    Case("history", "bench_runner.py compare --benchmark demo --repeats"),
    Case("history", "bench_runner.py compare --benchmark demo --anyway --sort tokens_per_second"),
    Case("history", "bench_runner.py compare --benchmark demo --columns model,run,runs,gpu,vram,command"),
    Case("history", "bench_runner.py compare --benchmark demo --columns model,score,no-such"),
    Case("history", "bench_runner.py compare warm demo-f16 --benchmark demo"),
    Case("history", "bench_runner.py compare 20261125-193525-efd1 20261125-193530-46d6"),
    Case("history", "bench_runner.py compare demo-f17"),
    Case("history", "bench_runner.py compare slow"),
    Case("history", "bench_runner.py compare --benchmark mbpp"),
    Case("history", "bench_runner.py compare --benchmark demo --format json"),
    Case("history", "bench_runner.py compare --benchmark demo --format markdown"),
    Case("history", "bench_runner.py compare --benchmark demo --format html"),
    Case("history", "bench_runner.py compare --benchmark demo --format csv"),
    Case("history", "bench_runner.py compare --benchmark demo --format tsv"),
    Case("history", "bench_runner.py compare --benchmark demo --format latex"),
    Case("history", "bench_runner.py leaderboard list"),
    Case("history", "bench_runner.py leaderboard list --json"),
    Case("history", "bench_runner.py leaderboard list --tag twin"),
    Case("history", "bench_runner.py leaderboard list --benchmark human_eval"),
    Case("history", "bench_runner.py leaderboard models"),
    Case("history", "bench_runner.py leaderboard history demo-f16"),
    Case("history", "bench_runner.py leaderboard visualize"),
    Case("history", "bench_runner.py leaderboard add demo-q2_k --note small --tag q2"),
    Case("history", "bench_runner.py leaderboard delete 20261125-193558-dfd8 --yes"),
    Case("history", "bench_runner.py noise warm"),
    Case("history", "bench_runner.py noise demo-f16 --benchmark demo"),
    Case("history", "bench_runner.py noise slow"),
    Case("history", "bench_runner.py power --problems 164"),
    Case("history", "bench_runner.py power --problems 20 --flips 0.3 --models 3"),
    Case("history", "bench_runner.py report --output -"),
    Case("history", "bench_runner.py report --format markdown --output - --benchmark demo"),
    Case("history", "bench_runner.py report --format text --output - --anyway"),
    Case("history", "bench_runner.py report --format csv --output -"),
    Case("history", "bench_runner.py report --format jsonl --output -"),
    Case("history", "bench_runner.py report warm --format csv --attempts --output -"),
    Case("history", "bench_runner.py status"),
    Case("history", f"bench_runner.py import {ELSEWHERE} --benchmark human_eval_plus"),
    Case("history", "bench_runner.py import two_eval_results.json --model another"),
    Case("history", f"run_eval.py --rejudge runs/20261125-193554-470e {PROBLEMS} --output-dir again"),
    Case("history", "run_eval.py --rejudge runs/20261125-193554-470e --output-dir again"),
    Case("night", "bench_runner.py list"),
    Case("night", "bench_runner.py status"),
    Case("night", "bench_runner.py status --json"),
    Case("night", "bench_runner.py compare"),
    Case("night", "bench_runner.py batch plan.yaml --dry-run"),
    Case("night", "bench_runner.py report --format markdown --output -"),
    Case("night", f"bench_runner.py {SERVED} --benchmark demo --top-p 0.5 --dry-run"),
    Case("night", f"bench_runner.py {SERVED} {OWN} --dry-run"),
    Case("everything", "bench_runner.py list"),
    Case("everything", "bench_runner.py status --json"),
    Case("everything", "bench_runner.py batch plan.yaml --dry-run"),
    Case("everything", "bench_runner.py batch plan.yaml"),
    Case("everything", "bench_runner.py batch folder --dry-run"),
    Case("everything", "bench_runner.py batch --models models --benchmarks demo,lcb --dry-run --top-p 1"),
)  # fmt: skip

# Whose options may become more, never less.
COMMANDS = (
    "bench_runner.py",
    "bench_runner.py batch",
    "bench_runner.py status",
    "bench_runner.py list",
    "bench_runner.py show",
    "bench_runner.py compare",
    "bench_runner.py leaderboard list",
    "bench_runner.py leaderboard models",
    "bench_runner.py leaderboard history",
    "bench_runner.py leaderboard add",
    "bench_runner.py leaderboard delete",
    "bench_runner.py leaderboard visualize",
    "bench_runner.py import",
    "bench_runner.py report",
    "bench_runner.py power",
    "bench_runner.py noise",
    "bench_runner.py doctor",
    "run_eval.py",
    "run_lcb.py",
    "evaluate_lcb.py",
)
