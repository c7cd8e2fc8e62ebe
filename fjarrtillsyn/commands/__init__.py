"""Subcommands of the one command; each module is loaded only when one of its own is asked for."""
