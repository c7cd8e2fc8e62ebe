"""Measurements against a bare baseline; run by ``make bench``."""
