"""The composite score: quality and efficiency of passing answers, beside the verdicts.

base.py        Answered, the input of a measurement; Measured and MeasuredPart, its results
quality.py     counts of passing answers against the reference's: findings, complexity, layout, dead code
canonical.py   Python without comments, chosen names and line wraps, which say nothing of quality
lint.py        ruff's findings and its formatter's changes; complexity.py: complexipy and lizard
formatters.py  lines that gofmt and rustfmt would change; tokens.py: what is layout and what is comment there
checkers/      linters that compile: go vet and clippy, in the sandbox
dead.py        code that is never run
efficiency.py  processor time on a heavy input against the reference's; heavy.py: the inputs of known problems
figures.py     figures of other tools (radon), shown in columns of their own and never weighed
record.py      all parts as summary.json holds them, and measures.jsonl
problems.py    what is measured of a problem set's answers; tasks.py: of a catalogue's

To count something else in a language, write its counter and its line in `quality._COUNTERS`; a linter that
compiles goes into checkers/.
"""
