"""Run the code, say what it is worth.

sandbox/             runs code nobody trusts
judges/              one for each form of problem: what a piece of code is worth
tasks/               whole tasks: build, test, proof
scoring/             what a model's answers are worth, and what they add up to
own_faults.py        what a bug of ours leaves of an answer's verdict
kept.py              verdicts that hold for the next round of a race
evaluation.py        what the benchmark scripts do with all of it: judge while asking, or judge saved answers
task_evaluation.py   the same for whole tasks; task_rows.py how they are asked and what becomes of a sample,
                     task_replays.py answers that are there already, task_bench.py what tasks are judged with
problem_judging.py   with what answers to problem sets are judged: this machine, or boxes of a cluster
elsewhere/           answers that go to such boxes; service.py is the process there that judges them
judge_evaluation.py  what a model as a judge says of a run's answers; judge_check.py whether its word counts,
                     judge_tuning.py a better prompt for it,
                     judge_pairing.py two runs' answers beside one another
polyglot_figures.py  what a run over Aider's polyglot benchmark comes to in its own figures
"""
