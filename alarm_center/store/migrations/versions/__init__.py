"""Revisions of the database in order: a module each, and a folder of the same name with its SQL."""
