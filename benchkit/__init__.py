"""All of bench_runner that is no script; each folder's own opening names its files.

The runner's wing: commands, batch, runner, servers, telemetry, gguf, history, comparison, reports; and the
files plan.py (the benchmarks by name), command_line.py (a benchmark's command), masking.py (no key in a log),
statistics.py (what a score tells).

The scripts' wing: script, problems, client, answers, sandbox, scoring; and evaluation.py (what the scripts
share).

Below both: terminal.py (what a person sees), files.py (what survives a crash), environment.py (which Python),
addresses.py (what is a server's address), numbers.py (what a flag takes for one), records.py (what stages
hand to each other), verdict.py (what an answer can come to), errors.py (every error a person can meet).
"""
