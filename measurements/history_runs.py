"""A run as long as real ones are: some 2.4 kB."""

from __future__ import annotations

from benchkit.records import Run, Status
from benchkit.runs import run_of

MODEL = "qwen2.5-coder-7b-instruct-q4_k_m"


def realistic_run(number: int) -> Run:
    return run_of(
        id=f"20261121-093000-{number:06x}",
        timestamp="2026-11-21T09:30:00+01:00",
        benchmark="human_eval",
        model=MODEL,
        status=Status.OK,
        config={
            "path": f"/models/{MODEL}.gguf",
            "gpu_layers": 40,
            "context": 4096,
            "parallel": 4,
            "temperature": 0.0,
            "max_tokens": 1000,
            "script": ["run_eval.py", "--problems-file", "humaneval.jsonl"],
            "layers_offloaded": 29,
            "layers_total": 29,
        },
        results={
            "score": 70.12,
            "time_taken": 123.4,
            "total_passed": 115,
            "total_problems": 164,
            "difficulty_scores": {},
            "failed_tasks": [f"HumanEval/{task}" for task in range(49)],
            "pass_at_k": {"1": 70.12},
            "interval": [62.7, 76.6],
            "counts": {"passed": 115, "wrong": 40, "error": 5, "timeout": 4},
        },
        telemetry={
            "vram_peak_mb": 6012.3,
            "vram_before_mb": 512.0,
            "ram_peak_mb": 1500.2,
            "energy_wh": 12.3,
            "prompt_tokens": 30123,
            "completion_tokens": 40123,
            "tokens_per_second": 81.2,
            "time_to_first_token_s": 0.12,
            "server_start_s": 4.5,
        },
        problem_set={"name": "humaneval+", "version": "0.1.10", "sha256": "a" * 64},
        model_file={
            "sha256": "b" * 64,
            "quantization": "Q4_K_M",
            "parameters": 7_615_616_512,
            "size_bytes": 4_683_073_184,
        },
        server={
            "kind": "llama-server",
            "version": "b6000",
            "command": ["llama-server", "-m", f"{MODEL}.gguf"],
        },
        machine={"gpu": "RTX 3090", "driver": "550.1", "cpu": "AMD Ryzen 9", "os": "Linux 6.8"},
        artifacts=f"runs/20261121-093000-{number:06x}",
    )
