"""One part against a real PostgreSQL or a real broker."""
