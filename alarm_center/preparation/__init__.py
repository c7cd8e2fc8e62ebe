"""Preparations for the night: the checks that are owed, musters, reconciliation, and reserve lists."""
