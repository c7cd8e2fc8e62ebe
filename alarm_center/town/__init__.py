"""A town's file: read with every error at its line, and applied to the database in one transaction."""
