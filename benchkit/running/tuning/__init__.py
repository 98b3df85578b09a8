"""How fast a model is served on this box, and with which flags it is fastest.

bench.py     a model served for measuring: its settings, its server, its record in the history
speed.py     prompt and generation speed at depths and slots, with llama-bench's own beside it
tune.py      the search as a whole: settings.py what can be set and what fits, search.py stage by stage,
             finals.py in turns between those that come near, deadline.py the end of its budget
tables.py    what is shown of both
"""
