"""Webhooks of Twilio, for SMS and calls; an unsigned request is refused."""
