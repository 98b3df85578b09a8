"""Tests for versions.py."""
