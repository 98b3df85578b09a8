"""What the page, or a program with its token, can do: JSON over HTTP, described in docs/api.md.

It takes choices alone: models that were found, benchmarks that are known, values of a few settings, runs by
their id. Never a script, a text for a shell, a path of a server, a server's arguments or a history's path.

application.py  the application that is mounted at /api, and its errors as JSON
answers.py      what every route shares: how it refuses, and the site
choices.py      what a launch can choose, checked field by field, and the plan that it becomes
launching.py    checking and starting a batch; launches
models.py       what a launch can choose, and whether it fits
runs.py         one run: stop, notes, delete
files.py        one run's files, by range
exchange.py     a result file in, reports out
preferences.py  the page's settings
reference.py    docs/api.md, made from the routes

To add a route: in the file of its subject, with the types of what it takes and answers; a new file is a line
of ROUTERS in application.py. Then `python -m benchkit.dashboard.api.reference > docs/api.md`.
"""
