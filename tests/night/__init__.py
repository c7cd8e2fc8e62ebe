"""The whole system through one night."""
