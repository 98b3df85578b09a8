"""The pages, one file each, with a router of its own.

leaderboard.py  tiers with intervals, filters and charts
runs.py         all runs, paged, filtered and searched
run.py          one run: its attempts, and all that is known of the chosen one
compare.py      two or more runs, the flipped problems first
rendering.py    templates, what every page shows, numbers and times for people
answers.py      what a run's files tell of its attempts
code.py         code with its words marked for the style sheet
"""

from benchkit.dashboard.pages import compare, leaderboard, run, runs

ROUTERS = (leaderboard.router, runs.router, run.router, compare.router)
"""In the order in which paths are tried."""
