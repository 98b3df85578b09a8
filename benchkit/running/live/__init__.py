"""What is going on now: every run tells it in a small file, which any onlooker may follow.

An onlooker imports this folder and nothing else of the runner:

    for run in live_runs():                       # of all histories, each by the process that owns it
        print(run.announcement.model, run.snapshot.done, run.snapshot.total)
    follower = Follower(run.path, offset)         # from a byte offset on
    for snapshot in follower.read(): ...

The files lie in the user's cache folder, `live/<run id>-<pid>.jsonl`. The first line is the announcement:
which run, since when, whose process. Each further line is the whole state of one moment, so that the last
whole line is all that a late onlooker needs, and a lost line costs nothing. A line may be cut off (a crash, a
full disk): it is passed over, and what is written later begins a line of its own. Fields of a newer version
are passed over as well, and so is a file of a newer form.

The process that owns a file removes it once the run is in the history. When that process is gone without
having done so, the file is stale: the next run that starts or the next onlooker puts it into the folder
`killed`, where it stays as long as the run's folder does and the history has no record of it.

form.py      the lines as frozen dataclasses: Announcement, Snapshot
owner.py     whose process it is, and whether that still lives
publish.py   the owner's side: writes, a few lines a second at most
look.py      an onlooker's side: which runs there are, following one
lines.py     whole lines of a file that grows
boxes.py     the boxes of a cluster, idle ones too, as their batch tells of them in a file beside its journal
pace.py      from a script's progress to a snapshot, with the time that is left
"""

from benchkit.running.live.boxes import BoxNow
from benchkit.running.live.form import Announcement, Snapshot
from benchkit.running.live.look import Follower, LiveRun, each_once, killed_runs, live_runs
from benchkit.running.live.publish import Publisher, publishing

__all__ = [
    "Announcement",
    "BoxNow",
    "Follower",
    "LiveRun",
    "Publisher",
    "Snapshot",
    "each_once",
    "killed_runs",
    "live_runs",
    "publishing",
]
