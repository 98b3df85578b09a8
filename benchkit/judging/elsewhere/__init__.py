"""Answers that are judged on other boxes of a cluster: whole checks go there, verdicts come back.

forms.py    what is sent, as bytes and back
frames.py   messages between a box and its judging process
session.py  one box that judges for this run
boxes.py    all of them: who judges what, and what becomes of the answers of one that is lost
judges.py   the judges that a script uses in place of its own

The other end is benchkit/judging/service.py: a process on the box with the box's own sandbox, toolchains and
time limits, started by its part of the cluster, which passes messages on and reads none of them.
"""
