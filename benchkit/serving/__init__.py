"""A model on this box, and what it costs.

servers/    started, proved ready, watched, stopped: one file a kind
telemetry/  VRAM, RAM, energy and what other programs take
speed/      how fast a server answers, and how many requests at once are worth it
gguf/       model files: their metadata, their hash, the memory they need
"""
