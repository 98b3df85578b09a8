"""Whether a judge's word is worth anything: asked about answers whose truth is known before it is asked.

known.py      right and wrong answers to tasks of a catalogue: its references, and mutants of them
variants.py   changes of code that change nothing about it: names, remarks, dead code, claims, orders
cases.py      what a judge is asked in a check, and what came of it
measures.py   from answers to measures: kappa, rates, invariance, order, length
bars.py       what each measure must reach, and the verdict in words

To add a variant: a function in variants.py and its line in VARIANTS; its measure follows from that table.
"""
