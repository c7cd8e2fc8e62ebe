"""Verification of who somebody is: passwords, one-time codes, tokens. No SQL and no page."""
