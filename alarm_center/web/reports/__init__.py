"""Pages that tell what a night came to, and its months."""
