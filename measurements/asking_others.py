"""evalplus and lm-eval asking the same problems, each by its own means and as fast as it can be told to.

evalplus's OpenAI backend asks one problem after the other and has no flag for the token budget, which is
therefore set on its decoder; lm-eval takes as many requests at once as it is given. Neither judges here.
"""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

EVALPLUS = """
import sys
import evalplus.codegen as codegen
base_url, root, budget, limit = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
make_model = codegen.make_model

def with_budget(*args, **kwargs):
    model = make_model(*args, **kwargs)
    model.max_new_tokens = budget
    return model

codegen.make_model = with_budget
server = {"model": "m", "backend": "openai", "base_url": base_url}
codegen.run_codegen(dataset="humaneval", greedy=True, root=root, id_range=[0, limit], **server)
"""

LM_EVAL_TASK = {
    "task": "same_problems",
    "dataset_path": "json",
    "output_type": "generate_until",
    "test_split": "test",
    "doc_to_text": "Write a solution to the following problem:\n```python\n{{prompt}}\n```",
    "doc_to_target": "",
    "metric_list": [{"metric": "bypass"}],
}


def times(base_url: str, problems: Path, budget: int, limit: int, slots: int) -> Iterator[tuple[str, str]]:
    """Each tool, and the seconds of its whole command; what it said last, where it failed."""
    with tempfile.TemporaryDirectory() as folder:
        commands = {
            "evalplus": [sys.executable, "-c", EVALPLUS, base_url, folder, str(budget), str(limit)],
            f"lm-eval, {slots} at once": _lm_eval(base_url, problems, budget, limit, slots, Path(folder)),
        }
        environment = {
            **os.environ,
            "OPENAI_API_KEY": "none",
            "HUMANEVAL_OVERRIDE_PATH": str(problems.resolve()),
        }
        for name, command in commands.items():
            yield name, _timed(command, environment)


def _lm_eval(base_url: str, problems: Path, budget: int, limit: int, slots: int, folder: Path) -> list[str]:
    prompts = folder / "prompts.jsonl"  # its reader chokes on the great numbers among the inputs
    with gzip.open(problems, "rt") if problems.suffix == ".gz" else problems.open() as lines:
        prompts.write_text(
            "".join(json.dumps({"prompt": json.loads(line)["prompt"]}) + "\n" for line in lines)
        )
    task = LM_EVAL_TASK | {
        "dataset_kwargs": {"data_files": {"test": str(prompts)}},
        "generation_kwargs": {"until": [], "max_gen_toks": budget, "do_sample": False},
    }
    (folder / "task.yaml").write_text(json.dumps(task))  # JSON is YAML
    server = f"model=m,base_url={base_url}/chat/completions,num_concurrent={slots},max_retries=1"
    command = [sys.executable, "-m", "lm_eval", "--model", "local-chat-completions", "--model_args", server]
    command += ["--tasks", "same_problems", "--include_path", str(folder), "--limit", str(limit)]
    return [*command, "--apply_chat_template", "--predict_only", "--output_path", str(folder)]


def _timed(command: list[str], environment: dict[str, str]) -> str:
    begun = time.perf_counter()
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    seconds = f"{time.perf_counter() - begun:.1f} s"
    if done.returncode:
        return f"failed after {seconds}: {' '.join(done.stderr.split())[-200:]}"
    return seconds
