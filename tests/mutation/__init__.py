"""Mutation testing of the core: `make mutants` draws mutants, runs the unit tests on each, and counts the killed."""
