"""Rows as tables, whatever the rows are: a comparison's, a batch's, a list's.

columns.py  what a column is, its cells for people and for programs
width.py    how wide text is on a terminal, shortening it, removing what would move the cursor
text.py     aligned text that fits the terminal
formats.py  Markdown, HTML, CSV, TSV, JSON, LaTeX

To add a format, write its function and its line in `formats.FORMATS`.
"""
