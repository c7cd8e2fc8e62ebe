"""Revisions of the memory in plain SQL; each is safe while the version before it is still running."""
