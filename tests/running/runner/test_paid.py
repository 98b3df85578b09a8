"""What the answers of a run that did not end have cost."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchkit.running.runner.record import paid_for


@pytest.mark.parametrize(
    "damage", ["5\n", "null\n", '["cost"]\n', "[" * 100_000 + "\n", "\ud83d", '{"cost": 1']
)
def test_a_damaged_line_hides_no_costs_and_ends_nothing(tmp_path: Path, damage: str) -> None:
    """A line that was no object ended the batch as a bug of ours."""
    answers = tmp_path / "answers.jsonl"
    lines = f'{{"cost": 0.25, "cost_source": "reply"}}\n{damage}\n{{"cost": 0.5, "cost_source": "reply"}}\n'
    answers.write_bytes(lines.encode("utf-8", "surrogatepass"))
    assert paid_for(answers) == (0.75, "reply")
    assert paid_for(tmp_path / "none.jsonl") == (None, "")
