"""batch --init: a first plan for the GGUF files that are here."""

from __future__ import annotations

import json
import shlex
from collections.abc import Sequence
from pathlib import Path

from benchkit.errors import UsageError

TEMPLATE = """\
# A batch's plan: every model below with every benchmark. Try it first: bench_runner.py batch {name} --dry-run
defaults:
  gpu_layers: auto        # auto, all, or a number
  temperature: 0.0
  max_tokens: 1000
  timeout: 7200           # seconds one run may take

models:
{models}
benchmarks:
  - human_eval
  # - name: lcb
  #   args: [--problems-file, test5.jsonl, --start-date, "2025-02-01"]

# Every combination of these is run for every model and benchmark:
# matrix:
#   cache_type: [f16, q8_0]
"""


def write_starter_plan(files: Sequence[Path], path: Path) -> None:
    """Never over a file that is there."""
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(starter_plan(files, str(path)))
    except FileExistsError:
        raise UsageError(f"{path} exists already: name another file") from None
    except OSError as error:
        raise UsageError(f"cannot write {path}: {error.strerror}") from None


def starter_plan(files: Sequence[Path], name: str) -> str:
    lines = [f"  - {_quoted(str(file))}\n" for file in files]
    return TEMPLATE.format(
        models="".join(lines) or "  - models/*.gguf   # no GGUF file was found here\n", name=shlex.quote(name)
    )


def _quoted(text: str) -> str:
    """JSON's quotes are YAML's as well; what cannot be shown is written by its number."""
    return json.dumps(text, ensure_ascii=not text.isprintable())
