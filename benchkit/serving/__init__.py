"""A model on this box, and what it costs: servers (started, proved ready, stopped), telemetry, gguf."""
