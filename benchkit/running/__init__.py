"""One run, and a night of them: runner (serve, run the script, record), batch (many models, unattended)."""
