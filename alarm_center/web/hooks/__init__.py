"""Webhooks of the SMS providers, for SMS and calls; a request without its provider's proof is refused."""
