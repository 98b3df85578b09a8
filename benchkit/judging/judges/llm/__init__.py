"""A model as a judge of what no run can tell, after everything that runs was run.

rubrics.py    the questions by area, from rubrics/*.yaml: what a judge is asked, and what runs answer
subjects.py   what is judged: a task, an answer's code, and what running it showed; read from a run's folder
parallel.py   several threads that ask
engine.py     our own client as the engine behind DSPy's LM; program.py the DSPy program of an area
votes.py      several votes on one answer to one decision an item; evidence.py whether a quoted line is there
pairs.py      two answers beside one another, in both orders
tuning.py     a better prompt, from answers whose truth is known
checking/     whether a judge's word is worth anything
points.py     what the decisions on an answer, and all answers of a run, add up to

DSPy is an extra (pip install -r locks/judge.lock), imported by engine.py and program.py alone, and only when
somebody judges. To ask other questions edit a rubric; for a new area add a file there and its line in AREAS.
"""
