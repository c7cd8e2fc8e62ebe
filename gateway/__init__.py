"""The program in the home: it wakes for a check that is owed, sends one session and goes dark."""
