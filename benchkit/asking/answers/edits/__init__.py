"""An answer that changes files: whole files, SEARCH/REPLACE blocks, unified diffs, or a mix of them.

base.py      Change and its three makes, Malformed with its reason; the Workspace that is changed
whole.py     whole files: which fence is which file
blocks.py    SEARCH/REPLACE blocks
diffs.py     unified diffs as models write them
matching.py  where lines of an answer stand in a file, leniently
guard.py     what no answer may write: outside paths, protected files, binary and huge ones
patch.py     the patch that an answer comes to, as `git apply` takes it

applying.py  all of it: `apply_answer(response, workspace)` gives the files afterwards, or raises Malformed.
"""

from benchkit.asking.answers.edits.applying import Applied, apply_answer, apply_blocks
from benchkit.asking.answers.edits.base import Malformed, Workspace, decoded
from benchkit.asking.answers.edits.guard import is_inside
from benchkit.asking.answers.edits.patch import patch_of

__all__ = [
    "Applied",
    "Malformed",
    "Workspace",
    "apply_answer",
    "apply_blocks",
    "decoded",
    "is_inside",
    "patch_of",
]
