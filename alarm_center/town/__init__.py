"""A town as a file: read with every error at its line, and brought into the database in one transaction."""
