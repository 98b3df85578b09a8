"""Which model is better, and is it true? From runs of the history to rows, verdicts and tiers.

catalog.py     all runs by name, read whole only where they are chosen
facts.py       one fact of a run, None where nobody knows it
speeds.py      whose speed stands for a run that has none
outcomes.py    which problems a run solved, as far as that is known
conditions.py  what may be compared with what
engines.py     which engine answered, in which build; toolchains.py: with what its answers were judged
selection.py   from words on the command line to contestants
verdicts.py    pairs of contestants: better, worse, equivalent, inconclusive
columns.py     what a table can show; to add a column, add its line there
parts.py       the composite of one contestant; composite.py: how its parts follow from the runs compared
response_times.py  speed as a part of it
judgements.py  what judges said of a run, and whether their word counts; judge_identity.py: who a judge is,
               families.py: who is related to whom
part_table.py  the parts as a table, and what must be known to read it
groups.py      scores by language, area and difficulty of tasks
page.py        a whole comparison: table, verdict lines, how to make it again
tiers.py       models that cannot be distinguished, under one promise for the whole list
standings.py   Pareto front, quantization ladder, best that fits
models.py      every model that was ever run, and the history of one
narrowing.py   a part of the leaderboard: some models, or the problems of one kind
board.py       the leaderboard in words
noise.py       how many answers change by themselves

The numbers come from `benchkit.statistics`.
"""
