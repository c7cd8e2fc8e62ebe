"""Pages of training: the course of each role, and exercises."""
