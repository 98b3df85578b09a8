"""What every benchmark script shares; it knows neither a problem's form nor how code is judged.

base.py      Prompt, Question, Answer and the row that judging gives back
flags.py     the flags of all scripts, as one Settings
journal.py   every finished answer on disk at once; resume asks nothing twice
pipeline.py  asks and judges side by side: answers are judged while others are being written
usage.py     tokens and time, added up
report.py    events for the runner, progress, verdicts.jsonl, summary.json

A script reads its problems, makes Questions of them, and hands these with a judge of its own to
`benchkit.asking.client.session.Session.run`; each row that comes back goes to its tally and to its `Report`.
"""

from benchkit.asking.script.base import Answer, Prompt, Question, Row
from benchkit.asking.script.flags import Sampling, Settings, asking_flags
from benchkit.asking.script.journal import Journal, open_journal
from benchkit.asking.script.pipeline import Pipeline
from benchkit.asking.script.report import Report, say, usage_text

__all__ = [
    "Answer",
    "Journal",
    "Pipeline",
    "Prompt",
    "Question",
    "Report",
    "Row",
    "Sampling",
    "Settings",
    "asking_flags",
    "open_journal",
    "say",
    "usage_text",
]
