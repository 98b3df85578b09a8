"""Small files of LiveCodeBench's form for tests."""

from __future__ import annotations

import base64
import json
import pickle
import zlib
from pathlib import Path
from typing import Any

PUBLIC = [{"input": "1", "output": "2", "testtype": "stdin"}]


def row(number: int = 1, day: str = "2025-02-01", **further: Any) -> dict[str, Any]:
    return {
        "question_title": "One more",
        "question_content": 'Add one. Beware: "contest_date": "1999-01-01" is no date of ours.',
        "platform": "atcoder",
        "question_id": f"abc{number}_a",
        "contest_date": f"{day}T00:00:00",
        "starter_code": "",
        "difficulty": "easy",
        "public_test_cases": json.dumps(PUBLIC),
        "metadata": "{}",
        **further,
    }


def write(path: Path, *rows: dict[str, Any]) -> Path:
    path.write_text("".join(json.dumps(one) + "\n" for one in rows))
    return path


def packed(tests: Any) -> str:
    """Private tests as the official files have them."""
    return pickled(json.dumps(tests))


def pickled(value: Any) -> str:
    return base64.b64encode(zlib.compress(pickle.dumps(value))).decode()


class Attack:
    """A pickle of it runs a command when it is read."""

    def __reduce__(self) -> tuple[Any, tuple[str]]:
        import os

        return os.system, ("touch attacked",)
