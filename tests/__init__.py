"""Tests; a package so that a vendor's stray top-level `tests` can't shadow it."""
