"""What run_lcb.py and evaluate_lcb.py leave: the form of run_eval.py, with scores by difficulty."""

from __future__ import annotations

from parsers.human_eval import HumanEvalParser


class LcbParser(HumanEvalParser):
    """Reads that form; its difficulties are easy, medium and hard."""
