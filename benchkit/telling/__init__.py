"""Keep it, compare it, show it: history (runs on disk), comparison (honest statistics), reports (files)."""
