"""The part that runs in the home: wakes for a check, captures, sends and goes dark."""
