"""Servers that run inside the demo and the tests without Docker, root or an account."""
