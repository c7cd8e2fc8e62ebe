"""Answers to SMS and calls: the provider's status callbacks, and the carers' replies."""
