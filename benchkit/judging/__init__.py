"""Run the code, say what it is worth: sandbox, scoring, and evaluation.py, which does both while asking."""
