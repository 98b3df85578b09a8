"""Keep it, compare it, show it.

history/     runs in a store, and what people note about them
comparison/  which model is better, by honest statistics
tables/      columns of text, whatever stands in them
reports/     files to show: HTML, Markdown, charts
"""
