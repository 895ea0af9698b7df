"""Experiment files, one folder a question; data only, no code."""
