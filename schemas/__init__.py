"""The contract between the home, the detector and the alarm centre: pure data, no I/O and no clock."""
