"""The page in the browser: launch, watch, rank and look into every answer.

site.py     what the page is about
app.py      the application: routes, static files, errors
server.py   the socket, and what serves it
access.py   the address and the token
bugs.py     what is said of a bug of ours
guard.py    who may look: every request, before anything else; checks.py: what it must be
api/        what a page or a program can do; launches.py: batches that were started from the page
page_settings.py  what was set on the page, in the user's config folder
found_models.py  the models in the folders that the page looks into
at_work.py  the runs in progress
live.py     what is going on now, over a WebSocket; watching.py: looked up once for all
patience.py  while the index of a long history is made
pages/      the pages, one file each, made into HTML on the server
templates/  their HTML; static/: style and small ES modules

To add a page: its file in pages/ with a router, its template, its line in `pages.ROUTERS`, and in
`pages.rendering.MENU` where the menu shall show it. Every number comes from the function that the shell uses.
"""
