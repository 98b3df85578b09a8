"""The pages, one file each, with a router of its own.

launch.py       the form that launches a run
now.py          the runs in progress, and what waits; live_runs.py: what is known of each;
                races.py: who is still in a race
leaderboard.py  tiers with intervals, and filters
runs.py         all runs, paged, filtered and searched
run.py          one run: its attempts, and all that is known of the chosen one
compare.py      two or more runs, the flipped problems first
models.py       every model that was ever run, and all runs of one
settings.py     settings of the page, import and export
charts.py       of the leaderboard and of a model, which those pages fetch
choosing.py     runs by their ids, without reading the whole history
rendering.py    templates, what every page shows, numbers and times for people
answers.py      what a run's files tell of its attempts
code.py         code with its words marked for the style sheet
"""

from benchkit.dashboard.pages import charts, compare, launch, leaderboard, models, now, run, runs, settings

ROUTERS = tuple(
    page.router for page in (launch, now, leaderboard, runs, run, compare, models, charts, settings)
)
"""In the order in which paths are tried."""
