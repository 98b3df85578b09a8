"""One run, and many of them.

runner/           one run: serve, run the script, record
batch/            many models and benchmarks, unattended
executors/        where its runs are carried out
boxes/            the processes of a cluster
orders.py         a group of runs as it is sent to a box
judging.py        a model as a judge of other runs' answers
tuning/           how fast a model is served, and with which flags it is fastest
live/             what is going on now, for any onlooker
display.py        where a run shows what it does
plan.py           a run as asked for, checked, its script and parser known
command_line.py   a benchmark's command: a script file, or words with placeholders
"""
