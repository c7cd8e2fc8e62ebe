"""What a town runs the service with, and the scripts that prepare it."""
