"""Many models, many benchmarks, one command, unattended.

planfile.py   a plan as a person wrote it, checked whole; settings.py what it may set
models.py     which GGUF files a path, glob or folder means; plan_models.py the models that a plan names
expand.py     models x benchmarks x matrix -> entries, those that share a server side by side
checks.py     each script's own check, once, before the first server starts
estimate.py   the memory and the time an entry is expected to take; preview.py is --dry-run's table
costs.py      … and the money; the sum that a batch keeps within
run.py        a batch from its start to the summary; options.py how it is to be run, apart from the plan
loop.py       the loop over what is left; keeper.py its limits, and what is noted of each run
disk_space.py … one of these limits
boxes.py      groups of runs on the boxes of a cluster
judgings.py   what judges do once all runs are over
lanes.py      models of providers side by side
prefetch.py   the next model's file is read while another runs
race.py       models that stop as soon as they cannot be wanted any more; race_groups.py who races with whom,
              race_rounds.py how long the first round is, race_answers.py what each has answered
ledger.py     what is known of each entry while the batch runs
state.py      the journal beside the history, from which a later batch goes on
display.py    the live table, or a plain line a minute
overview.py   how far it is, for other shells, and the single runs under way beside it
table.py      how this room's tables are drawn
inhibit.py    keeps the machine awake meanwhile
notify.py     notifications for a user who is away
summary.py    what it came to
starter.py    --init: a plan for the GGUF files that are here

A new setting of a plan is one more field of benchkit.settings.RunSettings.
"""
