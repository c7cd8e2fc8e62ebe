"""Devices in the homes: what is published to them, what they report, and which of them are there."""
