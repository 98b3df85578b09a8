"""All of bench_runner that is no script: serve, run, ask, judge, tell. Each folder's opening names its files.

serving/   a model on this box, and what it costs: servers, telemetry, gguf
running/   one run and a night of them: runner, batch
asking/    what is asked, how, and the code in the answer: problems, client, answers, script
judging/   run the code, say what it is worth: sandbox, judges, scoring, evaluation
telling/   keep it, compare it, show it: history, comparison, reports
commands/  the shell's way in, one file a subcommand
dashboard/ the browser's way in: pages, live updates, the API behind them

The ground, which every floor stands on:

contract.py          what the runner and a script share: flags, variables, events, files, exit codes
settings.py          the settings of a run, as setting_facts.py and setting_kinds.py have them
benchmarks.py        the benchmarks by name
runs.py              a run as the history keeps it, of run_parts.py; json_values.py: its values by type
records.py           what stages hand to each other
rerun.py             the command that makes a run again
statistics.py        what a score tells
racing.py            which models can be stopped early; race_forecast.py: what that may save
prices.py            what an answer costs; spending.py: what the runs of a batch spend together
reuse.py             the answers that runs have kept
weights.py           how much each part of the composite counts
verdict.py           what an answer can come to; endings.py: why an answer ended
replies.py           what a reply's status says of asking again
languages/           programming languages
providers/           of models that are asked over the network: names, addresses, what a reply tells
link/                how the boxes of a cluster talk
environment.py       which Python; pip_commands.py: what brings what is missing
env_file.py          variables of a .env
addresses.py         what is a server's address
files.py             what survives a crash
strict_documents.py  YAML and JSON without surprises
numbers.py           what a flag takes for one; literals.py: values that are one of a few words
repeating.py         what is done again and again meanwhile
terminal.py          what a person sees; masking.py: no key in a log
errors.py            every error a person can meet

Two wings never import each other and meet only at the script contract: the runner's (commands, dashboard,
running, telling, serving, parsers) knows nothing of prompts and sandboxes; a script's (asking, judging) knows
nothing of servers and histories. Only commands.doctor looks at both.
"""

__version__ = "0.1.0"
