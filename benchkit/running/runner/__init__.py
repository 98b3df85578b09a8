"""One run's whole life: check, serve, watch, run, parse, record.

stages.py       the order of it all
check.py        the script's own --check, before any server starts
host.py         the model's server, for as many runs as share it
slots.py        --parallel auto: how many requests at once are worth it
length.py       how long a run will be, before it starts
work.py         one run under way, and what it is done with
script.py       the script: started, followed, its result read
child.py        … as a child process
watch.py        its events, its server's health, its time
interrupts.py   Ctrl-C, once and twice
part_ending.py  … and the end of a part that is to be asked no further
rounds.py       a run in several starts: when it is whole, what it cost in all
record.py       what became known -> one line of the history
preview.py      --dry-run: what would be started
"""

from benchkit.running.runner.preview import preview
from benchkit.running.runner.stages import EndedRun, execute, execute_all

__all__ = ["EndedRun", "execute", "execute_all", "preview"]
