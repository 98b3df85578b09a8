"""What a model's name says: its family and its quantization."""

from __future__ import annotations

import re
from functools import cache

from benchkit.records import Run

QUANTIZATION = re.compile(
    r"[-_. ]?(?<![A-Z0-9])(?:UD-)?(?:I?Q\d(?:_[A-Z0-9]+)*|TQ\d_\d|MXFP4(?:_MOE)?|BF16|F16|FP16|F32|FP32)\b",
    re.IGNORECASE,
)


def family_of(run: Run) -> str:
    """The model's name without its quantization."""
    return _family(run.model, run.model_file.quantization)


def quantization_of(run: Run) -> str | None:
    """As the file says, else as the name says."""
    return run.model_file.quantization or _named_quantization(run.model)


@cache  # a history of thousands of runs has few models
def _family(model: str, quantization: str | None) -> str:
    name = re.sub(r"\.gguf$", "", model, flags=re.IGNORECASE)
    if quantization:
        name = re.sub(
            rf"[-_. ]?(?:UD-)?{re.escape(quantization)}(?![A-Za-z0-9])", "", name, flags=re.IGNORECASE
        )
    return QUANTIZATION.sub("", name).strip("-_. ") or model


@cache
def _named_quantization(model: str) -> str | None:
    named = QUANTIZATION.search(model)
    return named.group().strip("-_. ").upper() if named else None
