"""Helpers of several kinds of tests: real servers, free ports and waiting for a condition."""
