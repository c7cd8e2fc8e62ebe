"""Revisions of the database in plain SQL; each is safe while the version before it is still running."""
