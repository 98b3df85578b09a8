"""What comparing costs: compare and leaderboard list over 10,000 runs, the HTML report of 20 models.

    python measurements/comparison.py

Each figure is the median of five whole commands, from start to end of the process, with its peak memory.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchkit.records import Run, Status  # noqa: E402
from benchkit.runs import run_of  # noqa: E402
from benchkit.telling.history import to_record  # noqa: E402
from benchkit.telling.history.json_file import document  # noqa: E402

RUNS, MODELS, PROBLEMS = 10_000, 40, 164


def a_run(number: int, model: str, failed: list[str], artifacts: str | None = None) -> Run:
    """As full as a real run's record."""
    passed = PROBLEMS - len(failed)
    return run_of(
        id=f"20260101-{number:06d}-abcd",
        timestamp=f"2026-{1 + number // 900 % 12:02d}-{1 + number % 28:02d}T03:04:05+01:00",
        benchmark="human_eval",
        model=model,
        status=Status.OK,
        config={
            "path": f"/home/u/models/{model}.gguf", "gpu_layers": "all", "server": "llama-server",
            "context": 4072, "server_args": [], "parallel": 4, "temperature": 0.0, "max_tokens": 1000,
            "script": "run_eval.py", "prompt_style": "plain", "mode": "chat", "layers_offloaded": 41,
        },
        results={
            "score": 100 * passed / PROBLEMS, "time_taken": 123.4, "total_passed": passed,
            "total_problems": PROBLEMS, "difficulty_scores": {}, "failed_tasks": failed,
            "counts": {"passed": passed, "wrong": len(failed)}, "interval": [60.0, 70.0],
        },
        telemetry={
            "vram_before_mb": 300.0, "vram_peak_mb": 8000.0 + number % 40, "vram_after_mb": 300.0,
            "energy_wh": 3.3, "ram_peak_mb": 900.0, "power_w_mean": 200.0, "temperature_c_max": 70.0,
            "tokens_per_second": 60.0, "prompt_tokens_per_second": 900.0, "time_to_first_token_s": 0.1,
        },
        problem_set={"name": "humaneval", "version": "1", "sha256": "ab" * 32},
        model_file={"size_bytes": 5 << 30, "quantization": "Q4_K_M", "sha256": model},
        server={"kind": "llama-server", "version": "b1", "command": ["llama-server", "-m", model] * 5},
        machine={"gpu": "NVIDIA RTX 3090", "driver": "570", "cpu": "AMD", "os": "Linux"},
        artifacts=artifacts,
    )  # fmt: skip


def write_history(path: Path, runs: list[Run]) -> None:
    path.write_bytes(document.render(document.Document([to_record(run) for run in runs])))


def many_runs(folder: Path, count: int = RUNS) -> None:
    """So many runs of 40 models."""
    generator = random.Random(1)
    tasks = [f"HumanEval/{n}" for n in range(PROBLEMS)]
    runs = [
        a_run(n, f"Model-{n % MODELS}", generator.sample(tasks, generator.randint(30, 100)))
        for n in range(count)
    ]
    write_history(folder / "many.json", runs)


def with_folders(folder: Path, models: int = 20) -> None:
    """20 models with verdicts, answers and telemetry."""
    generator = random.Random(2)
    runs = []
    for number in range(models):
        place = folder / "runs" / str(number)
        place.mkdir(parents=True)
        failed = {f"HumanEval/{n}" for n in range(PROBLEMS) if generator.random() < 0.3}
        tasks = [f"HumanEval/{n}" for n in range(PROBLEMS)]
        verdicts = [
            {"task_id": t, "sample": 0, "verdict": "wrong" if t in failed else "passed"} for t in tasks
        ]
        code = "\n".join(f"    step_{n} = work({generator.randint(0, 3)})" for n in range(25))
        said = f"Here it is:\n```python\ndef f():\n{code}\n```"
        answers = [{"task_id": t, "sample": 0, "prompt": "p" * 1500, "response": said, "started": 1e9 + n,
                    "seconds": 2.0, "completion_tokens": 200} for n, t in enumerate(tasks)]  # fmt: skip
        sampled = [
            {"seconds": n / 2, "vram_used_mb": 8000, "ram_mb": 900, "power_w": 200} for n in range(2000)
        ]
        for name, rows in (("verdicts", verdicts), ("answers", answers), ("telemetry", sampled)):
            (place / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
        runs.append(a_run(number, f"Model-{number}", sorted(failed), f"runs/{number}"))
    write_history(folder / "night.json", runs)


def measured(arguments: list[str], times: int = 5) -> str:
    """Median wall and processor seconds of a whole command, and its peak memory."""
    seconds, busy, peaks = [], [], []
    for _ in range(times):
        start = time.perf_counter()
        pid = os.posix_spawn(
            sys.executable, [sys.executable, str(ROOT / "bench_runner.py"), *arguments], dict(os.environ),
            file_actions=[(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)],
        )  # fmt: skip
        _, status, usage = os.wait4(pid, 0)
        if status:
            raise SystemExit(f"{arguments} failed")
        seconds.append(time.perf_counter() - start)
        busy.append(usage.ru_utime + usage.ru_stime)
        peaks.append(usage.ru_maxrss / 1024)
    return f"{median(seconds):.2f} s ({median(busy):.2f} s of processor), {max(peaks):.0f} MB"


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        # By a process of its own: what this one holds would count as the commands' peak.
        subprocess.run([sys.executable, __file__, name], check=True)
        many, night, page = (str(folder / part) for part in ("many.json", "night.json", "r.html"))
        print(f"for scale, power: {measured(['power', '--problems', '164'])}")
        for words, bar in (
            (["compare", "--history", many], "0.7 s, 200 MB"),
            (["leaderboard", "list", "--history", many], "0.7 s, 200 MB"),
            (["report", "--history", night, "--output", page], "2 s"),
        ):
            print(f"{words[0]}: {measured(words)} (bar: {bar})")
        print(f"report.html of 20 models: {Path(page).stat().st_size / 1e6:.2f} MB (bar: 1 MB)")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        many_runs(Path(sys.argv[1]))
        with_folders(Path(sys.argv[1]))
    else:
        main()
