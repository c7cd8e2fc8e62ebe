"""Pages by which people change what is decided by day: pauses, and a camera that is stopped."""
