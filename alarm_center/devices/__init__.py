"""The devices in the homes: the way to them, what is carried to them, and whether they and the detectors are there."""
