"""The one command, the embedded servers and the simulated town."""
