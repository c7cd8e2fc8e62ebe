"""Pages of the demo: its phones."""
