"""Tests for undo_text.py."""
