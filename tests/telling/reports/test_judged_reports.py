"""What judges said, in reports: beside the code of every answer, also where only one model ran."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from benchkit.telling.comparison.catalog import Catalog
from benchkit.telling.history import open_store
from benchkit.telling.reports.html import MOST_BYTES, Html
from benchkit.telling.reports.material import Material
from tests.telling.comparison.nights import HISTORY, a_history, a_run, with_files
from tests.telling.history.runs import a_run as any_run

EVIL = "</details><script>alert('x')</script>"


def judged(folder: Path, tasks: dict[str, tuple[str, float | None]], reason: str = EVIL) -> str:
    """The report of one model's run, each answer of which was judged with these points."""
    rows = [(task, verdict) for task, (verdict, _) in tasks.items()]
    answers = {task: f"```python\ndef {task}():\n    return 1\n```" for task in tasks}
    run = with_files(folder, a_run("qwen-7b", id="a"), rows, answers)
    further = {"judge": {"points": 60.0, "interval": [20.0, 100.0], "dimensions": {"security": 60.0}}}
    judging = any_run(
        "j", benchmark="judge", model=f"judge{EVIL}", config={"base_url": "http://box:8000/v1"},
        problem_set={"name": "judge of a"}, results={"further": further},
        artifacts=str(folder / "runs" / "j"),
    )  # fmt: skip
    lines: list[dict[str, Any]] = [
        {
            "task_id": task,
            "sample": 0,
            "points": points,
            "items": [
                {"item": "names", "dimension": "code quality", "answer": "no", "reasons": [reason]},
                {"item": "held", "dimension": "performance", "answer": None, "why": "split vote"},
            ],
        }
        for task, (_, points) in tasks.items()
    ]
    (folder / "runs" / "j").mkdir()
    text = "".join(json.dumps(line) + "\n" for line in lines)
    (folder / "runs" / "j" / "rationales.jsonl").write_text(text)
    a_history(folder, run, judging)
    return Html().render(Material(Catalog(open_store(folder / HISTORY)))).decode()


def test_each_answer_stands_with_what_the_judge_said_of_it(tmp_path: Path) -> None:
    """The worst first; reasons, evidence and abstentions below the code, and nobody's text becomes HTML."""
    page = judged(tmp_path, {"good": ("passed", 90.0), "bad": ("wrong", 30.0), "none": ("empty", None)})
    assert "What judges said of 3 single answers" in page
    heads = re.findall(r"<details><summary><b>(\w+)</b> qwen-7b \((\w+)\): ([^<]+)</summary>", page)
    assert heads == [
        ("bad", "wrong", "30 points"),
        ("good", "passed", "90 points"),
        ("none", "empty", "nothing was decided"),
    ]
    bad = page.partition("<b>bad</b>")[2].partition("</details>")[0]
    assert "def bad():\n    return 1" in bad
    assert "code quality: names: no – &lt;/details&gt;&lt;script&gt;" in bad
    assert "performance: held: abstained (split vote)" in bad
    assert "at box:8000, which is uncalibrated" in bad
    assert EVIL not in page


def test_a_night_of_long_reasons_stays_under_a_megabyte(tmp_path: Path) -> None:
    """What has no place is named."""
    page = judged(tmp_path, {f"t{number}": ("wrong", 1.0) for number in range(300)}, reason="so " * 3000)
    assert MOST_BYTES // 2 < len(page.encode()) < 1_000_000
    assert "Not shown here, to keep this file small: qwen-7b t" in page
