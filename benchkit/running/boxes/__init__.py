"""A cluster's own processes: the head, and a box that takes groups of runs.

head.py           knows the boxes that are there
box.py            a box from joining to leaving
inventory.py      what a box has: GPUs, engines, toolchains, model files
offers.py         whether a group could run here, or why not
groups.py         the groups at work here, each a process of its own, and what became of them
cleaning.py       what becomes of a group's folder once its results are taken
group_process.py  that process: one group of runs, recorded in its own folder
judging.py        answers of runs elsewhere that are judged here
membership.py     which process is this box, and how it ends
units.py          systemd's units for a head and a box

A batch sends groups by benchkit.running.executors.dask; head.py and box.py need the extra `cluster`.
"""
