"""What every benchmark script shares; independent of a problem's form and of how code is judged.

base.py      Prompt, Question, Answer and the row that judging gives back
flags.py     the flags of all scripts, as one Settings
journal.py   every finished answer on disk at once; resume asks nothing twice
pipeline.py  asks and judges side by side: answers are judged while others are being written
usage.py     tokens and time, added up
output.py    progress, verdicts.jsonl, summary.json
events.py    events for the runner, and a heartbeat while requests are under way

A script reads its problems, makes Questions of them, and hands these with a judge of its own to
`benchkit.asking.client.asking.Asking.run`; each row that comes back goes to its tally and its `ScriptOutput`.
"""

from benchkit.asking.script.base import Answer, Prompt, Question, VerdictRow
from benchkit.asking.script.flags import RandomPart, Sampling, Settings, asking_flags
from benchkit.asking.script.journal import AnswerJournal, open_answer_journal
from benchkit.asking.script.output import ScriptOutput, say, speaker, usage_text
from benchkit.asking.script.pipeline import Pipeline

__all__ = [
    "Answer",
    "AnswerJournal",
    "Pipeline",
    "Prompt",
    "Question",
    "RandomPart",
    "Sampling",
    "ScriptOutput",
    "Settings",
    "VerdictRow",
    "asking_flags",
    "open_answer_journal",
    "say",
    "speaker",
    "usage_text",
]
